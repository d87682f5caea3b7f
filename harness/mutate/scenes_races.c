/* Scenes of races: operations that have to do with each other run concurrently, at the end of a program. */
#include "harness/mutate/mutation.h"

#include "harness/program/operands.h"

/* A GPU looks on. */
static struct program_op some_dma(struct mutation *m) {
    return mutate_op_sensible(m, random_one_in(&m->random, 4) ? OP_DMA_WRITE : OP_DMA_READ);
}

/* The driver of another chain fails its start in the race: mostly not for the first time, so that there is a
 * handle in whose place it gets the next. */
static bool failing_start(struct mutation *m, uint32_t *at, uint8_t chain, struct program_op *start) {
    uint8_t other = chain;
    for (unsigned tries = 0; m->model.devices[other].chain == chain; tries++) {
        other = (uint8_t)random_below(&m->random, m->program->machine.adapters);
        if (tries == 4)
            return false;
    }
    m->program->adapters[other].miniport |= PROGRAM_MP_FAIL_START;
    *start = (struct program_op){.opcode = OP_START, .adapter = other};
    if (!random_one_in(&m->random, 4))
        mutation_insert(m, (*at)++, start, 1);
    dry_run(&m->model, m->program, *at);
    return true;
}

/* Another chain stops before the race, and starts in it. */
static bool second_start(struct mutation *m, uint32_t *at, uint8_t chain, struct program_op *start) {
    uint8_t other = chain;
    for (unsigned tries = 0; m->model.devices[other].chain == chain; tries++)
        if (tries == 4 || !mutate_pick_chain(m, &other))
            return false;
    const struct program_op stop = {.opcode = OP_STOP, .adapter = other};
    mutation_insert(m, (*at)++, &stop, 1);
    *start = (struct program_op){.opcode = OP_START, .adapter = other};
    if (random_one_in(&m->random, 2))
        mutate_op_fault(m, start);
    return true;
}

static bool some_start(struct mutation *m, uint32_t *at, uint8_t chain, struct program_op *start) {
    if (!mutation_may(m, OP_START) || !mutation_may(m, OP_STOP))
        return false;
    return random_one_in(&m->random, 2) ? failing_start(m, at, chain, start)
                                        : second_start(m, at, chain, start);
}

/* A handle that is dead, or about to be issued. The dry run issues none in a start that fails: mostly there
 * is one of those, or two. */
static void name_late_handle(struct mutation *m, struct program_op *op) {
    uint32_t issued = m->model.handle_count;
    op->handle = HANDLE_ISSUED;
    op->value = random_one_in(&m->random, 2) ? (int64_t)issued + random_below(&m->random, 3)
                                             : (int64_t)random_below(&m->random, issued + 2);
}

static uint8_t some_call(struct mutation *m) {
    static const uint8_t calls[] = {OP_PIN2,  OP_PIN2, OP_UNPIN, OP_UNPIN, OP_MAP,
                                    OP_UNMAP, OP_PIN,  OP_STOP,  OP_STOP,  OP_PRESSURE};
    static const uint8_t rare[] = {OP_REMOVE, OP_SURPRISE_REMOVE, OP_POWER, OP_RESET};
    uint8_t opcode;
    do {
        opcode =
            random_one_in(&m->random, 12) ? RANDOM_PICK(&m->random, rare) : RANDOM_PICK(&m->random, calls);
    } while (!mutation_may(m, opcode));
    return opcode;
}

/* On one save area, mostly; sometimes calls of one kind, which want the same, and sometimes a GPU looks on.
 */
static void some_calls(struct mutation *m, struct program_op *made, uint32_t ops, uint8_t chain) {
    uint8_t index = mutate_pick_index(m, chain);
    bool watched = m->model.pins > 0 && random_one_in(&m->random, 4) && mutation_may(m, OP_DMA_READ) &&
                   mutation_may(m, OP_DMA_WRITE);
    bool alike = random_one_in(&m->random, 4);
    bool apart = alike && random_one_in(&m->random, 2); /* nothing but what all chains share orders them */
    for (uint32_t i = 0; i < ops; i++) {
        uint8_t opcode = alike && i > 0 ? made[0].opcode : some_call(m);
        uint8_t before = chain;
        bool elsewhere = random_one_in(&m->random, 6) || (apart && i > 0);
        for (unsigned tries = 0; elsewhere && chain == before && tries < 3; tries++)
            if (mutate_pick_chain(m, &chain))
                index = mutate_pick_index(m, chain);
        made[i] = mutate_op_on(m, opcode, chain, index);
        if (watched && i > 0 && random_one_in(&m->random, 2))
            made[i] = some_dma(m);
        if (made[i].opcode == OP_UNMAP)
            made[i].view = (uint8_t)random_below(&m->random, m->model.view_count + 2);
    }
}

/* A call that runs out of something on its way, and one of its kind on the same chain or on another. */
static bool short_call(struct mutation *m, uint8_t chain, struct program_op *made) {
    static const uint8_t calls[] = {OP_PIN2, OP_PIN2, OP_PIN, OP_MAP};
    uint8_t call = RANDOM_PICK(&m->random, calls);
    if (!mutation_may(m, call))
        return false;
    uint8_t other = random_one_in(&m->random, 3) ? chain : mutate_another_chain(m, chain);
    made[0] = mutate_op_on(m, call, chain, mutate_pick_index(m, chain));
    made[1] = mutate_op_on(m, call, other, mutate_pick_index(m, other));
    mutate_op_fault(m, &made[0]);
    if (random_one_in(&m->random, 2))
        made[0].fail_nth = 1;
    return true;
}

/* One that fails, and takes back what it has done while another comes by. */
bool mutate_race_failing(struct mutation *m) {
    uint8_t chain;
    uint32_t at = m->program->op_count;
    struct program_op made[3] = {{.opcode = OP_RACE}};
    const struct program_race race = {.ops = 2};
    if (mutation_room(m) < 1 + 3) /* a start before; the race and its two */
        return false;
    dry_run(&m->model, m->program, at);
    if (!mutate_pick_chain(m, &chain))
        return false;
    if (random_one_in(&m->random, 3)) {
        if (!mutation_may(m, OP_START) || !mutation_may(m, OP_UNPIN) ||
            !failing_start(m, &at, chain, &made[1]))
            return false;
        made[2] = mutate_op_on(m, OP_UNPIN, chain, 0);
        name_late_handle(m, &made[2]);
    } else if (!short_call(m, chain, &made[1])) {
        return false;
    }
    made[2].actor = 1;
    program_race_set(&made[0], &race);
    mutation_insert(m, at, made, 3);
    mutate_race_leave_once(m, at, at + 1);
    return true;
}

/* What a driver is to give back in its stop: a pin, a view or both. Returns where the program goes on. */
static uint32_t hold_things(struct mutation *m, uint32_t at, uint8_t chain, uint8_t index) {
    static const uint8_t takes[] = {OP_PIN2, OP_MAP};
    uint32_t which = random_between(&m->random, 1, 3);
    for (uint32_t i = 0; i < 2; i++) {
        bool live = takes[i] == OP_PIN2 && m->model.chains[chain].areas[index].pin.live;
        if (!(which >> i & 1) || live || !mutation_may(m, takes[i]))
            continue;
        const struct program_op take = mutate_op_on(m, takes[i], chain, index);
        mutation_insert(m, at++, &take, 1);
    }
    dry_run(&m->model, m->program, at);
    return at;
}

/* A driver gives back what it has inside its stop, and another caller wants the same, or something new. */
bool mutate_race_releasing(struct mutation *m) {
    static const uint8_t calls[] = {OP_UNPIN, OP_UNPIN, OP_UNMAP, OP_UNMAP, OP_PIN2, OP_MAP, OP_PRESSURE};
    uint8_t chain;
    uint32_t at = m->program->op_count;
    uint32_t ops = random_between(&m->random, 2, 3);
    uint8_t stop = random_one_in(&m->random, 4) && mutation_may(m, OP_REMOVE) ? OP_REMOVE : OP_STOP;
    struct program_op made[1 + 3] = {{.opcode = OP_RACE}};
    if (mutation_room(m) < 2 + 1 + ops || !mutation_may(m, stop))
        return false;
    dry_run(&m->model, m->program, at);
    if (!mutate_pick_chain(m, &chain))
        return false;
    uint8_t index = mutate_pick_index(m, chain);
    at = hold_things(m, at, chain, index);
    m->program->adapters[m->model.chains[chain].members[0]].miniport |= PROGRAM_MP_RELEASE_IN_STOP;
    made[1] = (struct program_op){.opcode = stop, .adapter = chain};
    bool pinned = m->model.chains[chain].areas[index].pin.live;
    for (uint32_t i = 2; i <= ops; i++) {
        uint8_t call = RANDOM_PICK(&m->random, calls);
        if (i == 2 && random_one_in(&m->random, 2))
            call = pinned ? OP_UNPIN : OP_UNMAP;
        made[i] = mutate_op_on(m, mutation_may(m, call) ? call : OP_PIN2, chain, index);
        made[i].actor = 1;
    }
    mutation_insert(m, at, made, ops + 1);
    mutate_race_draw(m, at, ops);
    if (random_one_in(&m->random, 2))
        mutate_race_leave_releases(m, at, at + 1);
    else if (random_one_in(&m->random, 2))
        mutate_race_leave_once(m, at, at + 1 + random_below(&m->random, ops));
    return true;
}

/* Within a member's bounds, at them or behind; of a size also between two pages. */
static uint64_t another_argument(struct mutation *m, uint8_t chain, uint8_t index, uint64_t member) {
    if (random_one_in(&m->random, 16))
        return random_next(&m->random);
    if (member != 1)
        return random_below(&m->random, random_one_in(&m->random, 4) ? 256 : SUT_CHAIN_MAX + 1);
    uint64_t most = m->model.chains[chain].areas[index].maximum / PROGRAM_PAGE + 1;
    uint64_t pages = random_below(&m->random, most < 16 ? (uint32_t)most + 1 : 17);
    uint64_t bytes = random_one_in(&m->random, 2) ? random_below(&m->random, (uint32_t)PROGRAM_PAGE) : 0;
    return pages * PROGRAM_PAGE + bytes;
}

/* A call, and a driver's other thread that writes over its argument on the way. */
bool mutate_race_overwritten(struct mutation *m) {
    static const uint8_t calls[] = {OP_PIN2, OP_PIN, OP_UNPIN, OP_MAP, OP_UNMAP};
    uint8_t chain;
    uint32_t at = m->program->op_count;
    if (mutation_room(m) < 1 + 3) /* what a release needs; the race and its two */
        return false;
    dry_run(&m->model, m->program, at);
    uint8_t call = RANDOM_PICK(&m->random, calls);
    if (!mutate_pick_chain(m, &chain) || !mutation_may(m, call) || !mutation_may(m, OP_OVERWRITE))
        return false;
    uint8_t index = mutate_pick_index(m, chain);
    uint8_t before = call == OP_UNPIN ? OP_PIN2 : call == OP_UNMAP ? OP_MAP : OP_NONE;
    if (before != OP_NONE && mutation_may(m, before)) {
        const struct program_op first = mutate_op_on(m, before, chain, index);
        mutation_insert(m, at++, &first, 1);
        dry_run(&m->model, m->program, at);
    }
    struct program_op made[3] = {
        {.opcode = OP_RACE}, mutate_op_on(m, call, chain, index), {.opcode = OP_OVERWRITE, .actor = 1}};
    made[2].arg.number[0] = random_one_in(&m->random, 2) ? 1 : random_below(&m->random, 3);
    made[2].arg.number[1] = another_argument(m, chain, index, made[2].arg.number[0]);
    /* A call reads its argument at its beginning. */
    bool locks = random_one_in(&m->random, 2);
    const struct program_switch early = {1 + random_below(&m->random, locks ? 4 : 32), 1, locks};
    const struct program_race race = {.ops = 2, .switches = 1, .at = {early}};
    program_race_set(&made[0], &race);
    mutation_insert(m, at, made, 3);
    return true;
}

/* Of up to a granule of pages, in one granule of an area: of none where there is no area. */
static uint64_t small_piece(struct mutation *m, uint8_t call, uint8_t chain, uint8_t index,
                            struct program_op *op) {
    uint64_t most = m->model.chains[chain].areas[index].maximum / PROGRAM_PAGE;
    *op = mutate_op_on(m, call, chain, index);
    if (most == 0)
        return 0;
    uint32_t pages = 1 + random_below(&m->random, most < 16 ? (uint32_t)most : 16);
    op->size_form = op->offset_form = FORM_PAGES;
    op->size_delta = (int8_t)pages;
    op->offset_delta = most >= 32 && random_one_in(&m->random, 2) ? 16 : 0;
    return pages;
}

/* What there is of view space, frames or logical pages is enough for one of two. */
bool mutate_race_last(struct mutation *m) {
    static const uint8_t calls[] = {OP_MAP, OP_PIN2};
    uint8_t chain;
    uint32_t at = m->program->op_count;
    struct program_op made[3] = {{.opcode = OP_RACE}};
    const struct program_race race = {.ops = 2};
    if (mutation_room(m) < 3)
        return false;
    dry_run(&m->model, m->program, at);
    uint8_t first = RANDOM_PICK(&m->random, calls);
    uint8_t second = random_one_in(&m->random, 4) ? RANDOM_PICK(&m->random, calls) : first;
    if (!mutation_may(m, first) || !mutation_may(m, second) || !mutate_pick_chain(m, &chain))
        return false;
    /* Mostly of two chains: nothing but what they share orders them. */
    uint8_t other = random_one_in(&m->random, 4) ? chain : mutate_another_chain(m, chain);
    uint8_t index = mutate_pick_index(m, chain);
    if (other == chain && m->model.chains[chain].count < 2)
        return false;
    uint8_t other_index =
        other == chain ? mutate_another_index(m, chain, index) : mutate_pick_index(m, other);
    uint64_t pages = small_piece(m, first, chain, index, &made[1]);
    uint64_t more = small_piece(m, second, other, other_index, &made[2]);
    pages = pages > more ? pages : more;
    if (first == OP_MAP && second == OP_MAP && !random_one_in(&m->random, 4))
        mutate_world_leave_views(m, pages);
    else if (first == OP_PIN2 && second == OP_PIN2 && m->model.chains[chain].mode == MODE_REMAPPED)
        mutate_world_leave_logical(m, chain, pages);
    else
        mutate_world_leave_frames(m, pages);
    made[2].actor = 1;
    program_race_set(&made[0], &race);
    mutation_insert(m, at, made, 3);
    mutate_race_leave_once(m, at, at + 1);
    return true;
}

/* Two or three calls that have to do with each other, at the end: on one save area, or what happens to its
 * chain. */
bool mutate_race_scene(struct mutation *m) {
    uint8_t chain;
    uint32_t at = m->program->op_count;
    uint32_t ops = random_between(&m->random, 2, random_one_in(&m->random, 4) ? 5 : 3);
    struct program_op made[1 + 5] = {{.opcode = OP_RACE}};
    if (mutation_room(m) < ops + 1 + SUT_ACTORS)
        return false;
    dry_run(&m->model, m->program, at);
    if (!mutate_pick_chain(m, &chain))
        return false;
    bool raised = mutation_may(m, OP_IRQL) && random_one_in(&m->random, 24);
    some_calls(m, &made[1], ops, chain);
    /* What callers above PASSIVE_LEVEL do, they do without a lock. */
    for (uint8_t i = 0; i < SUT_ACTORS && raised; i++) {
        const struct program_op irql = {.opcode = OP_IRQL, .actor = i, .irql = 2};
        mutation_insert(m, at++, &irql, 1);
    }
    /* Where it fails, or where it makes way for what follows. */
    uint32_t left = random_below(&m->random, ops);
    struct program_op *one = &made[1 + left];
    if (program_takes_fault(one->opcode) && random_one_in(&m->random, 2))
        mutate_op_fault(m, one);
    uint32_t restart = random_below(&m->random, ops);
    bool restarts = !raised && random_one_in(&m->random, 5) && some_start(m, &at, chain, &made[1 + restart]);
    if (restarts) {
        one = &made[1 + (restart + random_between(&m->random, 1, ops - 1)) % ops];
        if (!program_has(one->opcode, OPERAND_HANDLE) && mutation_may(m, OP_UNPIN))
            *one = mutate_op_on(m, OP_UNPIN, chain, 0);
        if (program_has(one->opcode, OPERAND_HANDLE))
            name_late_handle(m, one);
    }
    mutation_insert(m, at, made, ops + 1);
    mutate_race_share_out(m, &m->program->ops[at + 1], ops);
    mutate_race_draw(m, at, ops);
    if (random_one_in(&m->random, 2))
        mutate_race_leave_once(m, at, at + 1 + (restarts ? restart : left));
    return true;
}
