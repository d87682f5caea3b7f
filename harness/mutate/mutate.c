/* The mutator: picks what to do to a program, does it, and brings the result into canonical form. */
#include "harness/mutate/mutate.h"

#include <stdio.h>
#include <string.h>

#include "harness/mutate/mutation.h"

/* Mutations stacked on one mutant: 1, and each further one half as likely as the one before. */
#define STACK_MAX 6u
/* Programs grow by themselves, and one of 1024 operations runs as long as thirty of 32 that say as much.
 * Half of the mutants may have so many operations, a quarter twice as many, and so on. */
#define USUAL_OPS 32u

/* ---- cutting and pasting ---- */

/* Where to insert: behind all half of the time, for that is where the state is that took so long. */
static uint32_t some_gap(struct mutation *m) {
    uint32_t count = m->program->op_count;
    return random_one_in(&m->random, 2) ? count : random_below(&m->random, count + 1);
}

static void some_range(struct mutation *m, uint32_t *at, uint32_t *count) {
    uint32_t all = m->program->op_count;
    uint32_t limit = random_one_in(&m->random, 4) ? all : all < 8 ? all : 8;
    *count = 1 + random_below(&m->random, limit);
    *at = random_below(&m->random, all - *count + 1);
}

static uint8_t some_opcode(struct mutation *m) {
    /* What has much to say comes more often than what is said quickly. */
    static const uint8_t often[] = {OP_PIN2,  OP_PIN2,  OP_PIN2,      OP_PIN,      OP_PIN,       OP_UNPIN,
                                    OP_UNPIN, OP_MAP,   OP_MAP,       OP_UNMAP,    OP_DMA_WRITE, OP_DMA_READ,
                                    OP_START, OP_START, OP_CPU_WRITE, OP_CPU_READ, OP_STOP,      OP_LINK};
#define NUMBER(name, ...) OP_##name,
    static const uint8_t any[] = {PROGRAM_CALLBACKS(NUMBER) PROGRAM_ACCESSES(NUMBER) PROGRAM_BUS(NUMBER)
                                      PROGRAM_SELF(NUMBER)};
    uint8_t opcode;
    do {
        opcode = random_one_in(&m->random, 3) ? RANDOM_PICK(&m->random, any) : RANDOM_PICK(&m->random, often);
    } while (!mutation_wants(m, opcode));
    return opcode;
}

/* ---- one mutation each; false: this program has nothing to do it to ---- */

static bool insert_op(struct mutation *m) {
    uint32_t at = some_gap(m);
    dry_run(&m->model, m->program, at);
    struct program_op op = mutate_op_sensible(m, some_opcode(m));
    if (random_one_in(&m->random, 4))
        mutate_op_tweak(m, &op);
    mutation_insert(m, at, &op, 1);
    return true;
}

static bool insert_scene(struct mutation *m) {
    uint32_t at = some_gap(m);
    dry_run(&m->model, m->program, at);
    mutate_scene(m);
    mutation_insert(m, at, m->scene, m->scene_count);
    return m->scene_count != 0;
}

static bool delete_range(struct mutation *m) {
    uint32_t at, count;
    if (m->program->op_count == 0)
        return false;
    some_range(m, &at, &count);
    mutation_cut(m, at, count);
    return true;
}

static bool duplicate_range(struct mutation *m) {
    static struct program_op copy[PROGRAM_OPS];
    uint32_t at, count;
    if (m->program->op_count == 0 || mutation_room(m) == 0)
        return false;
    some_range(m, &at, &count);
    memcpy(copy, &m->program->ops[at], count * sizeof(copy[0]));
    mutation_insert(m, some_gap(m), copy, count);
    return true;
}

/* A few operations again and again: what happens only the 256th time. */
static void repeat_some(struct mutation *m) {
    uint32_t at = random_below(&m->random, m->program->op_count);
    struct program_op op = {.opcode = OP_REPEAT};
    op.arg.repeat.times = (uint16_t)(mutate_some_times(m) - 1);
    program_span_set(&op, 1 + random_below(&m->random, random_one_in(&m->random, 4) ? 8 : 2));
    mutation_insert(m, at, &op, 1);
}

/* The same again and again: what happens only the tenth time. */
static bool repeat_range(struct mutation *m) {
    static struct program_op copy[PROGRAM_OPS];
    uint32_t at, count;
    if (m->program->op_count == 0 || mutation_room(m) == 0)
        return false;
    if (mutation_may(m, OP_REPEAT) && random_one_in(&m->random, 2)) {
        repeat_some(m);
        return true;
    }
    some_range(m, &at, &count);
    count = count < 16 ? count : 16;
    memcpy(copy, &m->program->ops[at], count * sizeof(copy[0]));
    for (uint32_t times = random_between(&m->random, 1, random_one_in(&m->random, 4) ? 32 : 6); times > 0;
         times--)
        mutation_insert(m, at, copy, count);
    return true;
}

static bool swap_ops(struct mutation *m) {
    struct program *p = m->program;
    if (p->op_count < 2)
        return false;
    uint32_t a = random_below(&m->random, p->op_count);
    uint32_t b = random_one_in(&m->random, 2) ? (a + 1) % p->op_count : random_below(&m->random, p->op_count);
    struct program_op op = p->ops[a];
    p->ops[a] = p->ops[b];
    p->ops[b] = op;
    return true;
}

static bool move_range(struct mutation *m) {
    static struct program_op moved[PROGRAM_OPS];
    uint32_t at, count;
    if (m->program->op_count < 2)
        return false;
    some_range(m, &at, &count);
    memcpy(moved, &m->program->ops[at], count * sizeof(moved[0]));
    mutation_cut(m, at, count);
    mutation_insert(m, random_below(&m->random, m->program->op_count + 1), moved, count);
    return true;
}

static bool tweak_op(struct mutation *m) {
    if (m->program->op_count == 0)
        return false;
    uint32_t at = random_below(&m->random, m->program->op_count);
    dry_run(&m->model, m->program, at);
    mutate_op_tweak(m, &m->program->ops[at]);
    return true;
}

static bool repair_op(struct mutation *m) {
    if (m->program->op_count == 0)
        return false;
    uint32_t at = random_below(&m->random, m->program->op_count);
    dry_run(&m->model, m->program, at);
    mutate_op_repair(m, &m->program->ops[at]);
    return true;
}

static bool add_fault(struct mutation *m) {
    struct program *p = m->program;
    uint32_t from = p->op_count ? random_below(&m->random, p->op_count) : 0;
    for (uint32_t i = 0; i < p->op_count; i++) {
        struct program_op *op = &p->ops[(from + i) % p->op_count];
        if (program_takes_fault(op->opcode)) {
            mutate_op_fault(m, op);
            return true;
        }
    }
    return false;
}

static bool tweak_world(struct mutation *m) {
    mutate_world_tweak(m);
    return true;
}

/* Stop and start k times. */
static bool restart(struct mutation *m) {
    uint32_t need = TARGET_OP(OP_STOP) | TARGET_OP(OP_START);
    uint8_t chain;
    if ((m->operations & need) != need || mutation_room(m) < 2)
        return false;
    uint32_t at = some_gap(m);
    dry_run(&m->model, m->program, at);
    if (!mutate_pick_chain(m, &chain))
        return false;
    const struct program_op pair[] = {{.opcode = OP_STOP, .adapter = chain},
                                      {.opcode = OP_START, .adapter = chain}};
    uint32_t times = random_between(&m->random, 1, random_one_in(&m->random, 8) ? 40 : 4);
    for (uint32_t i = 0; i < times && mutation_room(m) >= 2; i++)
        mutation_insert(m, at, pair, 2);
    return true;
}

static bool opens_and_closes(struct mutation *m, struct program_op *opening, struct program_op *closing,
                             uint8_t chain, uint8_t index) {
    static const uint8_t often[] = {OP_PIN2,  OP_PIN2,  OP_PIN,  OP_MAP,  OP_MAP,
                                    OP_RESET, OP_POWER, OP_IRQL, OP_STOP, OP_REMOVE};
    uint8_t opens = RANDOM_PICK(&m->random, often);
    uint8_t closes = program_undone_by(opens);
    if (!mutation_wants(m, opens) || !mutation_may(m, closes))
        return false;
    *opening = mutate_op_on(m, opens, chain, index);
    dry_run_op(&m->model, opening);
    bool gone = index >= m->model.chains[chain].count; /* by a removal */
    *closing = gone ? (struct program_op){.opcode = closes, .adapter = opening->adapter}
                    : mutate_op_on(m, closes, chain, index);
    return true;
}

/* Something opens here and closes there, with the operations in between inside. */
static bool make_pair(struct mutation *m) {
    struct program_op opening, closing;
    uint8_t chain;
    uint32_t count = m->program->op_count;
    if (mutation_room(m) < 2)
        return false;
    uint32_t at = random_below(&m->random, count + 1);
    dry_run(&m->model, m->program, at);
    if (!mutate_pick_chain(m, &chain) ||
        !opens_and_closes(m, &opening, &closing, chain, mutate_pick_index(m, chain)))
        return false;
    uint32_t end = at + random_below(&m->random, (count - at < 8 ? count - at : 8) + 1);
    mutation_insert(m, end, &closing, 1);
    mutation_insert(m, at, &opening, 1);
    return true;
}

static bool is_half(uint8_t opcode) {
    return program_undone_by(opcode) != OP_NONE || program_gives(opcode);
}

/* One half of a pair goes, or comes twice. */
static bool break_pair(struct mutation *m) {
    struct program *p = m->program;
    uint32_t from = p->op_count ? random_below(&m->random, p->op_count) : 0;
    for (uint32_t i = 0; i < p->op_count; i++) {
        uint32_t at = (from + i) % p->op_count;
        if (!is_half(p->ops[at].opcode))
            continue;
        struct program_op op = p->ops[at];
        if (random_one_in(&m->random, 3))
            mutation_insert(m, at + 1, &op, 1);
        else
            mutation_cut(m, at, 1);
        return true;
    }
    return false;
}

/* Begins anew: a world, and some scenes in it. */
static bool fresh(struct mutation *m) {
    m->program->op_count = 0;
    mutate_world_fresh(m);
    for (uint32_t scenes = 1 + random_below(&m->random, 4); scenes > 0; scenes--)
        insert_scene(m);
    if (random_one_in(&m->random, 2))
        tweak_op(m);
    return true;
}

/* Lives before the one that matters. */
static void some_lives(struct mutation *m) {
    const struct program_op pair[] = {{.opcode = OP_STOP}, {.opcode = OP_START}};
    if (!mutation_may(m, OP_STOP) || !mutation_may(m, OP_START))
        return;
    for (uint32_t lives = 1 + random_below(&m->random, 3); lives > 0; lives--)
        mutation_insert(m, 0, pair, 2);
}

/* Likewise: a world and a scene in which there are only pieces left, or nothing. */
static bool fragment(struct mutation *m) {
    bool full = random_one_in(&m->random, 2);
    m->program->op_count = 0;
    (full ? mutate_world_little : mutate_world_sparse)(m);
    if (random_one_in(&m->random, 3))
        some_lives(m);
    dry_run(&m->model, m->program, m->program->op_count);
    (full ? mutate_scene_full : mutate_scene_holes)(m);
    mutation_insert(m, m->program->op_count, m->scene, m->scene_count);
    return true;
}

static const struct {
    const char *name;
    bool (*mutate)(struct mutation *m);
    uint8_t weight;
} kinds[] = {
    {"insert", insert_op, 20},
    {"scene", insert_scene, 14},
    {"tweak", tweak_op, 24},
    {"world", tweak_world, 12},
    {"delete", delete_range, 8},
    {"duplicate", duplicate_range, 4},
    {"repeat", repeat_range, 4},
    {"swap", swap_ops, 3},
    {"move", move_range, 4},
    {"repair", repair_op, 4},
    {"fault", add_fault, 6},
    {"restart", restart, 3},
    {"pair", make_pair, 5},
    {"break", break_pair, 4},
    {"fresh", fresh, 16},
    {"fragment", fragment, 4},
    /* These last: of targets that race. */
    {"schedule", mutate_race_schedule, 72},
    {"race", mutate_race_make, 16},
    {"rivals", mutate_race_scene, 24},
    {"watched", mutate_race_watched, 16},
    {"failing", mutate_race_failing, 12},
    {"releasing", mutate_race_releasing, 8},
    {"overwritten", mutate_race_overwritten, 8},
    {"last", mutate_race_last, 12},
    {"shown", mutate_race_shown, 4},
};
#define KINDS      (sizeof(kinds) / sizeof(kinds[0]))
#define RACE_KINDS 9u

/* ---- what was done ---- */

static char described[128];

static void describe(const char *name) {
    size_t length = strlen(described);
    snprintf(described + length, sizeof(described) - length, "%s%s", length ? "+" : "", name);
}

const char *mutate_described(void) {
    return described;
}

static void mutate_once(struct mutation *m) {
    uint32_t sum = 0;
    uint32_t count = mutation_may(m, OP_RACE) ? KINDS : KINDS - RACE_KINDS;
    for (uint32_t i = 0; i < count; i++)
        sum += kinds[i].weight;
    for (;;) { /* "world" always can */
        uint32_t drawn = random_below(&m->random, sum);
        uint32_t i = 0;
        for (; drawn >= kinds[i].weight; i++)
            drawn -= kinds[i].weight;
        if (kinds[i].mutate(m)) {
            describe(kinds[i].name);
            return;
        }
    }
}

static uint32_t usual_limit(struct mutation *m, uint32_t most) {
    uint32_t limit = USUAL_OPS;
    while (limit < most && random_one_in(&m->random, 2))
        limit *= 2;
    return limit;
}

/* Passes count like operations, but what they are for mostly comes with the 256th. */
static bool repeat_less(struct mutation *m) {
    uint32_t limit = random_one_in(&m->random, 4) ? PROGRAM_REPEATED : usual_limit(m, PROGRAM_REPEATED);
    bool less = false;
    for (uint32_t i = 0; i < m->program->op_count; i++) {
        struct program_op *op = &m->program->ops[i];
        if (op->opcode != OP_REPEAT)
            continue;
        uint32_t span = program_span(m->program, i);
        uint32_t most = span ? limit / span : 0;
        less |= op->arg.repeat.times > most;
        op->arg.repeat.times = (uint16_t)(op->arg.repeat.times < most ? op->arg.repeat.times : most);
        limit -= op->arg.repeat.times * span;
    }
    return less;
}

static void shorten(struct mutation *m) {
    uint32_t limit = usual_limit(m, PROGRAM_OPS);
    bool shorter = m->program->op_count > limit;
    while (m->program->op_count > limit)
        delete_range(m);
    if (repeat_less(m) || shorter)
        describe("shorten");
}

static void mutate_program(struct mutation *m) {
    if (m->program->op_count == 0 && !random_one_in(&m->random, 4)) {
        fresh(m);
        describe("fresh");
    }
    for (uint32_t i = 0; i == 0 || (i < STACK_MAX && random_one_in(&m->random, 2)); i++)
        mutate_once(m);
    shorten(m);
}

/* ---- bytes in, bytes out ---- */

/* Static: a program is large, and a mutator runs on whatever stack the engine gives it. */
static struct program program, other_program;
static struct mutation mutation;

void mutate_swarm(bool on) {
    swarm_begin(on);
}

static struct mutation *begin(uint64_t seed, size_t max_size, uint32_t operations) {
    struct mutation *m = &mutation;
    size_t records = max_size / PROGRAM_RECORD;
    m->program = &program;
    m->operations =
        operations & MUTATE_ALL_OPERATIONS ? operations & MUTATE_ALL_OPERATIONS : MUTATE_ALL_OPERATIONS;
    m->random.state = seed;
    m->swarm = swarm_next(seed);
    m->wanted = m->operations & m->swarm->operations;
    if (!(m->wanted &
          ~(uint32_t)PROGRAM_ORDER_BITS)) /* a target of few operations, and none of them is left */
        m->wanted = m->operations;
    /* The machine and at least one adapter come first; finish() sees to the others. */
    m->max_ops = records < 2 ? 0 : records - 2 < PROGRAM_OPS ? (uint32_t)(records - 2) : PROGRAM_OPS;
    described[0] = '\0';
    return m;
}

/* Operations the target does not run become some that it runs. */
static void confine(struct mutation *m) {
    struct program *p = m->program;
    for (uint32_t i = 0; i < p->op_count; i++) {
        uint8_t opcode = p->ops[i].opcode;
        while (!mutation_may(m, opcode) ||
               (opcode != p->ops[i].opcode && program_class(opcode) == CLASS_ORDER))
            opcode = (uint8_t)((opcode + 1) % PROGRAM_OPCODES);
        p->ops[i].opcode = opcode;
    }
}

/* What does not fit goes: operations at the end, and adapters where there is hardly any room. */
static size_t finish(struct mutation *m, uint8_t *out, size_t max_size) {
    struct program *p = m->program;
    size_t records = max_size / PROGRAM_RECORD;
    if (records < 2)
        return 0;
    if (p->machine.adapters > records - 1)
        p->machine.adapters = (uint8_t)(records - 1);
    size_t ops = records - 1 - p->machine.adapters;
    if (p->op_count > ops)
        p->op_count = (uint32_t)ops;
    confine(m);
    return program_encode(p, out);
}

/* Bytes at random places of random records: for engines without a byte mutator of their own. */
static size_t simple_bytes(struct random *random, uint8_t *data, size_t size, size_t max_size) {
    if (size == 0) {
        size = max_size < 2 * PROGRAM_RECORD ? max_size : 2 * PROGRAM_RECORD;
        memset(data, 0, size);
    }
    for (uint32_t i = 1 + random_below(random, 4); i > 0 && size; i--) {
        uint8_t *byte = &data[random_below(random, (uint32_t)size)];
        switch (random_below(random, 4)) {
        case 0:
            *byte ^= (uint8_t)(1u << random_below(random, 8));
            break;
        case 1:
            *byte = (uint8_t)(*byte + random_below(random, 33) - 16u);
            break;
        case 2:
            *byte = (uint8_t)random_next(random);
            break;
        default:
            *byte = random_one_in(random, 2) ? 0 : UINT8_MAX;
            break;
        }
    }
    return size;
}

size_t mutate_input(uint8_t *data, size_t size, size_t max_size, uint64_t seed, uint32_t operations,
                    mutate_bytes *bytes) {
    struct mutation *m = begin(seed, max_size, operations);
    size = size < max_size ? size : max_size;
    /* One mutant in eight: bytes find what no list of boundaries names. */
    if (size && random_one_in(&m->random, 8)) {
        size_t mutated = bytes ? bytes(data, size, max_size) : 0;
        size = mutated ? mutated : simple_bytes(&m->random, data, size, max_size);
        program_decode(m->program, data, size);
        describe("bytes");
    } else {
        program_decode(m->program, data, size);
        confine(m);
        mutate_program(m);
    }
    return finish(m, data, max_size);
}

/* ---- crossing ---- */

static void cross_worlds(struct mutation *m, const struct program *other) {
    struct program *p = m->program;
    if (random_one_in(&m->random, 4)) {
        p->machine = other->machine;
        memcpy(p->adapters, other->adapters, other->machine.adapters * sizeof(p->adapters[0]));
    } else if (random_one_in(&m->random, 4)) { /* an adapter, to the same place or behind the last */
        uint32_t from = random_below(&m->random, other->machine.adapters);
        if (from >= p->machine.adapters) {
            if (p->machine.adapters == PROGRAM_ADAPTERS)
                return;
            p->adapters[p->machine.adapters] = other->adapters[from];
            p->machine.adapters++;
        } else {
            p->adapters[from] = other->adapters[from];
        }
    }
    program_mend_world(p);
}

static void cross_ops(struct mutation *m, const struct program *other) {
    struct program *p = m->program;
    uint32_t from = random_below(&m->random, other->op_count + 1);
    uint32_t count = random_below(&m->random, other->op_count - from + 1);
    uint32_t at;
    switch (random_below(&m->random, 4)) {
    case 0: /* the head of one, the tail of the other */
        at = random_below(&m->random, p->op_count + 1);
        p->op_count = at;
        mutation_insert(m, at, &other->ops[from], other->op_count - from);
        break;
    case 1: /* the one, then the other */
        mutation_insert(m, p->op_count, other->ops, other->op_count);
        break;
    case 2: /* a part of the other inside */
        mutation_insert(m, random_below(&m->random, p->op_count + 1), &other->ops[from], count);
        break;
    default: /* in turns */
        at = random_below(&m->random, p->op_count + 1);
        for (uint32_t i = from; i < other->op_count && mutation_room(m); i++) {
            mutation_insert(m, at, &other->ops[i], 1);
            at += 1 + random_below(&m->random, 3);
            at = at < p->op_count ? at : p->op_count;
        }
        break;
    }
}

size_t mutate_cross(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size, uint8_t *out,
                    size_t max_size, uint64_t seed, uint32_t operations) {
    struct mutation *m = begin(seed, max_size, operations);
    program_decode(m->program, data, size);
    program_decode(&other_program, other, other_size);
    if (m->program->op_count > m->max_ops)
        m->program->op_count = m->max_ops;
    confine(m);
    cross_worlds(m, &other_program);
    cross_ops(m, &other_program);
    describe("cross");
    confine(m);
    if (random_one_in(&m->random, 2))
        mutate_once(m);
    shorten(m);
    return finish(m, out, max_size);
}
