/* Scenes of races in which a GPU looks on: DMA to a pin of a chain while something is done to the chain. */
#include "harness/mutate/mutation.h"

#include "harness/program/operands.h"

#define GRANULE      UINT64_C(65536) /* which a view takes whole ones of */
#define GRANULES_MAX 64u /* of an area, as many as may be shown: with one that both maps show 4.1 MiB */
_Static_assert((GRANULES_MAX + 1) * GRANULE < PROGRAM_VIEWS_MAX, "both maps find room");

/* A pin of each of these that has none. False: the target does not pin. */
static bool pin_each(struct mutation *m, uint32_t *at, uint8_t chain, const uint8_t *indexes,
                     unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (m->model.chains[chain].areas[indexes[i]].pin.live)
            continue;
        if (!mutation_may(m, OP_PIN2))
            return false;
        const struct program_op pin = mutate_op_on(m, OP_PIN2, chain, indexes[i]);
        mutation_insert(m, (*at)++, &pin, 1);
        dry_run(&m->model, m->program, *at);
    }
    return true;
}

static struct program_op show(struct mutation *m, uint8_t chain, uint8_t index, uint32_t from,
                              uint32_t granules) {
    struct program_op op = mutate_op_on(m, OP_MAP, chain, index);
    op.offset_form = op.size_form = FORM_RAW;
    op.arg.map.Offset = from * GRANULE;
    op.arg.map.Size = (ULONG)(granules * GRANULE);
    return op;
}

/* DMA to the index of a chain, which has been pinned, while this call is made. Written first, so that what is
 * read says whose memory it was. */
static void look_on(struct mutation *m, uint32_t at, uint8_t chain, uint8_t index, struct program_op call) {
    struct program_op made[4] = {mutate_op_on(m, OP_DMA_WRITE, chain, index), {.opcode = OP_RACE}, call};
    made[3] = made[0];
    made[3].opcode = OP_DMA_READ;
    made[3].actor = 1;
    const struct program_race race = {.ops = 2};
    program_race_set(&made[1], &race);
    mutation_insert(m, at, made, 4);
    mutate_race_leave_once(m, at + 1, at + 2);
}

/* One call that moves memory or stops devices. */
bool mutate_race_watched(struct mutation *m) {
    static const uint8_t calls[] = {OP_STOP,  OP_STOP,  OP_STOP,   OP_UNPIN,           OP_UNPIN,   OP_UNPIN,
                                    OP_POWER, OP_RESET, OP_REMOVE, OP_SURPRISE_REMOVE, OP_PRESSURE};
    uint8_t chain;
    uint32_t at = m->program->op_count;
    if (mutation_room(m) < 2 + 4) /* two pins; a write, the race, the call and a read */
        return false;
    dry_run(&m->model, m->program, at);
    if (!mutate_pick_chain(m, &chain))
        return false;
    /* What becomes of one member is seldom what becomes of all. */
    for (unsigned tries = 0; m->model.chains[chain].count < 2 && tries < 3; tries++)
        mutate_pick_chain(m, &chain);
    uint8_t index = mutate_pick_index(m, chain);
    uint8_t call = RANDOM_PICK(&m->random, calls);
    uint8_t other = random_one_in(&m->random, 2) ? index : mutate_another_index(m, chain, index);
    if (!mutation_may(m, call) || !mutation_may(m, OP_DMA_READ) || !mutation_may(m, OP_DMA_WRITE))
        return false;
    const uint8_t wanted[] = {index, other};
    if (!pin_each(m, &at, chain, wanted, call == OP_UNPIN ? 2 : 1))
        return false;
    look_on(m, at, chain, index, mutate_op_on(m, call, chain, other));
    return true;
}

/* Much of an area has been shown, and in the race more of it is: what keeps account of its pages makes way
 * for something larger meanwhile. */
bool mutate_race_shown(struct mutation *m) {
    uint8_t chain;
    uint32_t at = m->program->op_count;
    if (mutation_room(m) < 2 + 4) /* a map and a pin; a write, the race, the map and a read */
        return false;
    dry_run(&m->model, m->program, at);
    if (!mutation_may(m, OP_MAP) || !mutation_may(m, OP_DMA_READ) || !mutation_may(m, OP_DMA_WRITE) ||
        !mutate_pick_chain(m, &chain))
        return false;
    uint8_t index = mutate_pick_index(m, chain);
    uint32_t from = random_below(&m->random, 4);
    uint32_t shown = random_between(&m->random, 2, GRANULES_MAX / 2 - 4);
    uint32_t again = random_below(&m->random, 2);
    uint32_t more = again + random_between(&m->random, 1, GRANULES_MAX / 2);
    struct program_adapter *owner = &m->program->adapters[m->model.chains[chain].members[index]];
    if (owner->maximum_size < GRANULES_MAX * GRANULE)
        owner->maximum_size = GRANULES_MAX * GRANULE;
    m->program->machine.commit_pages = PROGRAM_COMMIT_MAX;
    mutate_world_roomy(m);
    const struct program_op before = show(m, chain, index, from, shown);
    mutation_insert(m, at++, &before, 1);
    dry_run(&m->model, m->program, at);
    if (!pin_each(m, &at, chain, &index, 1))
        return false;
    look_on(m, at, chain, index, show(m, chain, index, from + shown - again, more));
    return true;
}
