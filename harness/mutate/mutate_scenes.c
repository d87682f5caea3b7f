/*
 * Sequences in which callbacks of this kind go wrong: each function writes one, for a save area (chain,
 * index), with its lengths, sizes and order left to chance. What a sequence starts it need not finish;
 * other mutations cut, repeat and mix.
 */
#include <string.h>

#include "harness/mutate/mutation.h"

struct spot {
    uint8_t chain;
    uint8_t index;
};

/* ---- words ---- */

/* Operations that the target does not run are left out of the play. */
static void put(struct mutation *m, struct program_op op) {
    if (!mutation_may(m, op.opcode) || m->scene_count == SCENE_OPS)
        return;
    m->scene[m->scene_count++] = op;
    dry_run_op(&m->model, &op);
}

static bool here(const struct mutation *m, struct spot at) {
    return at.index < m->model.chains[at.chain].count;
}

static void play(struct mutation *m, uint8_t opcode, struct spot at) {
    if (here(m, at))
        put(m, mutate_op_on(m, opcode, at.chain, at.index));
}

static void play_on(struct mutation *m, uint8_t opcode, uint8_t adapter) {
    put(m, (struct program_op){.opcode = opcode, .adapter = adapter});
}

static uint32_t some(struct mutation *m, uint32_t limit) {
    return random_below(&m->random, limit);
}

static bool coin(struct mutation *m) {
    return random_one_in(&m->random, 2);
}

/* Either form; the old one has no place where memory is remapped, but for its refusal. */
static void pin(struct mutation *m, struct spot at) {
    bool remapped = here(m, at) && m->model.chains[at.chain].mode == MODE_REMAPPED;
    bool legacy = mutation_may(m, OP_PIN) && random_one_in(&m->random, remapped ? 8 : 2);
    play(m, legacy ? OP_PIN : OP_PIN2, at);
}

static void pin_whole(struct mutation *m, struct spot at, bool contiguous) {
    struct program_op op;
    if (!here(m, at))
        return;
    op = mutate_op_on(m, OP_PIN2, at.chain, at.index);
    op.size_form = FORM_MAXIMUM;
    op.size_delta = 0;
    op.arg.pin2.Flags.PreferContiguous = contiguous;
    put(m, op);
}

static void pin_pages(struct mutation *m, struct spot at, uint32_t pages, bool contiguous) {
    struct program_op op;
    if (!here(m, at))
        return;
    op = mutate_op_on(m, OP_PIN2, at.chain, at.index);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)(pages < 127 ? pages : 127);
    op.arg.pin2.Flags.PreferContiguous = contiguous;
    put(m, op);
}

static void map_at(struct mutation *m, struct spot at, uint32_t offset, uint32_t pages) {
    struct program_op op;
    if (!here(m, at))
        return;
    op = mutate_op_on(m, OP_MAP, at.chain, at.index);
    op.offset_form = FORM_PAGES;
    op.offset_delta = (int8_t)(offset < 127 ? offset : 127);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)(pages < 127 ? pages : 127);
    put(m, op);
}

/* What has been put since `from` is repeated. */
static void again(struct mutation *m, uint32_t from, uint32_t times) {
    uint32_t ops = m->scene_count - from;
    struct program_op op = {.opcode = OP_REPEAT};
    if (ops == 0 || ops > PROGRAM_REPEAT_OPS || m->scene_count == SCENE_OPS || !mutation_may(m, OP_REPEAT))
        return;
    op.arg.repeat.times = (uint16_t)(times - 1);
    program_span_set(&op, ops);
    memmove(&m->scene[from + 1], &m->scene[from], ops * sizeof m->scene[0]);
    m->scene[from] = op;
    m->scene_count++;
    for (uint32_t i = ops; i < times * ops && i < PROGRAM_REPEATED; i++)
        dry_run_op(&m->model, &m->scene[from + 1 + i % ops]);
}

static uint32_t area_pages(const struct mutation *m, struct spot at) {
    uint64_t pages = here(m, at) ? m->model.chains[at.chain].areas[at.index].maximum / MODEL_PAGE : 0;
    return pages < 4096 ? (uint32_t)pages : 4096;
}

static struct spot other_spot(struct mutation *m, struct spot at) {
    struct spot other = at;
    if (coin(m))
        other.index = mutate_pick_index(m, at.chain);
    else if (mutate_pick_chain(m, &other.chain))
        other.index = mutate_pick_index(m, other.chain);
    return other;
}

static void strange(struct mutation *m, uint8_t opcode, struct spot at) {
    struct program_op op;
    if (!here(m, at))
        return;
    op = mutate_op_on(m, opcode, at.chain, at.index);
    mutate_op_tweak(m, &op);
    put(m, op);
}

/* ---- plays ---- */

#define NUMBER(name, ...) OP_##name,

/* The GPU saves, something happens meanwhile, the GPU or the CPU restores. */
static void save_and_restore(struct mutation *m, struct spot at) {
    static const uint8_t between[] = {OP_PRESSURE, OP_POWER, OP_MAP, OP_DMA_READ, OP_RESET};
    pin(m, at);
    play(m, OP_DMA_WRITE, at);
    if (coin(m))
        play(m, OP_PRESSURE, at);
    play(m, OP_UNPIN, at);
    for (uint32_t i = some(m, 3); i > 0; i--)
        play(m, RANDOM_PICK(&m->random, between), at);
    if (coin(m)) {
        pin(m, at);
        play(m, OP_DMA_READ, at);
        play(m, OP_UNPIN, at);
    } else {
        play(m, OP_MAP, at);
        play(m, OP_CPU_READ, at);
    }
}

/* Chunk after chunk through a view, as a driver does whose pin failed. */
static void chunks(struct mutation *m, struct spot at) {
    uint32_t pages = area_pages(m, at);
    uint32_t step = 1 + some(m, 4);
    uint32_t from = some(m, pages ? pages : 1);
    for (uint32_t i = 0, count = 2 + some(m, 6); i < count && from < pages; i++, from += step) {
        map_at(m, at, from, step < pages - from ? step : pages - from);
        play(m, coin(m) ? OP_CPU_WRITE : OP_CPU_READ, at);
        if (!random_one_in(&m->random, 6))
            play(m, OP_UNMAP, at);
    }
    pin(m, at);
    play(m, OP_DMA_READ, at);
}

/* A view slides through the section, many times: addresses are used up. */
static void slide(struct mutation *m, struct spot at) {
    uint32_t pages = area_pages(m, at);
    uint32_t width = 1 + some(m, pages > 4 ? pages / 4 : 1);
    for (uint32_t i = 0, count = 4 + some(m, 20); i < count; i++) {
        map_at(m, at, i * width % (pages ? pages : 1), width);
        if (!random_one_in(&m->random, 8))
            play(m, OP_UNMAP, at);
    }
}

/* Views on views, ended in any order and made again; one base shared by several. */
static void overlap(struct mutation *m, struct spot at) {
    struct {
        uint32_t from;
        uint32_t pages;
    } range[3];
    uint32_t pages = area_pages(m, at);
    uint32_t from = some(m, pages ? pages : 1);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t page = i == 0 ? from / 16 * 16 * some(m, 2) : coin(m) ? from : from / 16 * 16 + some(m, 17);
        range[i].from = page < pages ? page : from;
        uint32_t left = pages > range[i].from ? pages - range[i].from : 1;
        range[i].pages = random_one_in(&m->random, 3) ? left : 1 + some(m, left);
    }
    for (uint32_t i = 0, count = 3 + some(m, 8); i < count; i++) {
        uint32_t which = some(m, 3);
        if (some(m, 3) == 0) {
            play(m, OP_UNMAP, at);
        } else if (some(m, 8) == 0) {
            strange(m, OP_UNMAP, at);
        } else {
            map_at(m, at, range[which].from, range[which].pages);
        }
        if (random_one_in(&m->random, 3))
            play(m, coin(m) ? OP_CPU_WRITE : OP_CPU_READ, at);
    }
}

/* What was obtained before a stop is used after it. */
static void stale(struct mutation *m, struct spot at) {
    static const uint8_t calls[] = {PROGRAM_CALLBACKS(NUMBER)};
    if (!here(m, at))
        return;
    uint32_t first = m->model.handle_count;
    pin(m, at);
    if (coin(m))
        play(m, OP_MAP, at);
    for (uint32_t i = 0, lives = 1 + some(m, 3); i < lives; i++) {
        play_on(m, OP_STOP, at.chain);
        if (!random_one_in(&m->random, 4))
            play_on(m, OP_START, at.chain);
    }
    if (coin(m))
        pin(m, at);
    for (uint32_t i = 0, uses = 1 + some(m, 4); i < uses && here(m, at); i++) {
        struct program_op op = mutate_op_on(m, RANDOM_PICK(&m->random, calls), at.chain, at.index);
        if (op.opcode == OP_UNMAP && coin(m)) {
            op.view_form = VIEW_ISSUED;
            op.view = (uint8_t)some(m, m->model.base_count + 1);
        } else {
            op.handle = HANDLE_ISSUED;
            op.value = (int64_t)some(m, first + 1);
        }
        put(m, op);
    }
}

/* Lives in a row, with what a driver forgot in each. */
static void restarts(struct mutation *m, struct spot at) {
    for (uint32_t i = 0, lives = 2 + some(m, random_one_in(&m->random, 4) ? 18 : 5); i < lives; i++) {
        if (coin(m))
            play(m, coin(m) ? OP_PIN2 : OP_MAP, at);
        play_on(m, OP_STOP, at.chain);
        play_on(m, OP_START, at.chain);
    }
    pin(m, at);
    play(m, OP_DMA_READ, at);
}

/* Pinned by one form and the other in turn; once more while it is pinned; let go once too often. */
static void alternate(struct mutation *m, struct spot at) {
    static const uint8_t forms[] = {OP_PIN, OP_PIN2};
    for (uint32_t i = 0, turns = 2 + some(m, 3); i < turns; i++) {
        play(m, forms[(i + at.index) % 2], at);
        if (random_one_in(&m->random, 3))
            play(m, coin(m) ? OP_DMA_WRITE : OP_PRESSURE, at);
        if (random_one_in(&m->random, 4))
            play(m, forms[some(m, 2)], at);
        play(m, OP_UNPIN, at);
        if (random_one_in(&m->random, 6))
            play(m, OP_UNPIN, at);
    }
}

/* Everything of a chain pinned, each by its own form, then let go in some order. */
static void whole_chain(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    uint8_t from = count ? (uint8_t)some(m, count) : 0;
    for (uint8_t i = 0; i < count; i++) {
        struct spot one = {at.chain, (uint8_t)((from + i) % count)};
        pin(m, one);
        if (random_one_in(&m->random, 3))
            play(m, OP_DMA_WRITE, one);
        if (random_one_in(&m->random, 4))
            play(m, OP_MAP, one);
    }
    if (coin(m))
        play(m, OP_PRESSURE, at);
    from = count ? (uint8_t)some(m, count) : 0;
    for (uint8_t i = 0; i < count; i++) {
        struct spot one = {at.chain, (uint8_t)((from + i) % count)};
        if (random_one_in(&m->random, 4))
            continue;
        if (coin(m))
            play(m, OP_DMA_READ, one);
        play(m, OP_UNPIN, one);
    }
}

/* Ranges and single pages of one domain come and go: holes, what fits in them, and what takes them all. */
static void fragments(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    for (uint32_t i = 0, turns = 4 + some(m, 12); i < turns && count; i++) {
        struct spot one = {at.chain, (uint8_t)some(m, count)};
        uint64_t left = mutate_free_pages(m, at.chain);
        uint32_t most = area_pages(m, one);
        bool contiguous = coin(m);
        if (m->model.chains[one.chain].areas[one.index].pin.live)
            play(m, OP_UNPIN, one);
        else if (left > 0 && left <= most && coin(m))
            pin_pages(m, one, (uint32_t)left, contiguous);
        else if (random_one_in(&m->random, 3))
            pin_whole(m, one, contiguous);
        else
            pin_pages(m, one, 1 + some(m, left < most ? (uint32_t)left : most), contiguous);
    }
}

/*
 * In logical space: holes of one page, two, three ..., each with as much behind it, so that nothing goes into
 * an earlier one. Then a pin that needs them all.
 */
static void holes(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    uint32_t pages = 1 + some(m, 2);
    if (!here(m, at))
        return;
    play(m, OP_UNPIN, at);
    for (uint8_t i = 1; i < count; i++, pages += random_one_in(&m->random, 4) ? 2 : 1) {
        struct spot between = {at.chain, (uint8_t)((at.index + i) % count)};
        pin_pages(m, at, pages, !random_one_in(&m->random, 16));
        pin_pages(m, between, pages, !random_one_in(&m->random, 16));
        play(m, OP_UNPIN, at);
    }
    struct program_op op = mutate_op_on(m, OP_PIN2, at.chain, at.index);
    uint64_t left = mutate_free_pages(m, at.chain);
    uint32_t most = area_pages(m, at);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)(left < most ? left < 127 ? left : 127 : most < 127 ? most : 127);
    op.arg.pin2.Flags.PreferContiguous = random_one_in(&m->random, 4);
    if (random_one_in(&m->random, 3)) {
        struct program_op failing = op;
        mutate_op_fault(m, &failing);
        put(m, failing);
    }
    put(m, op);
    play(m, OP_DMA_WRITE, at);
    play(m, OP_UNPIN, at);
}

/* Among views: every other granule of 64 KiB is shown, the one at the beginning no more; then all of them
 * are. */
static void view_holes(struct mutation *m, struct spot at) {
    const uint32_t granule = 16;
    uint32_t granules = area_pages(m, at) / granule;
    uint32_t count = granules < 12 ? granules : 12;
    struct program_op op;
    if (!here(m, at) || count < 2)
        return;
    uint32_t first = m->model.view_count;
    op = mutate_op_on(m, OP_MAP, at.chain, at.index);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)granule;
    op.offset_form = FORM_RAW;
    for (uint32_t i = 0; i < count; i++) {
        op.arg.map.Offset = i * granule * MODEL_PAGE;
        put(m, op);
    }
    struct program_op end = {.opcode = OP_UNMAP, .adapter = at.chain};
    end.arg.unmap.PhysicalAdapterIndex = at.index;
    for (uint32_t i = 0; i < count / 2; i++) {
        end.view = (uint8_t)(first + i);
        put(m, end);
    }
    op.arg.map.Offset = coin(m) ? 0 : granule * MODEL_PAGE;
    op.size_form = FORM_RAW;
    op.arg.map.Size = (ULONG)((uint64_t)count * granule * MODEL_PAGE - op.arg.map.Offset);
    put(m, op);
    play(m, OP_CPU_WRITE, at);
    play(m, OP_CPU_READ, at);
}

/* One call fails at its first, second, ... step; then it must work as if nothing had been. */
static void faults(struct mutation *m, struct spot at) {
    static const uint8_t calls[] = {OP_PIN2, OP_PIN2, OP_PIN, OP_MAP};
    uint8_t opcode = RANDOM_PICK(&m->random, calls);
    if (!here(m, at))
        return;
    struct program_op op = mutate_op_on(m, opcode, at.chain, at.index);
    mutate_op_fault(m, &op);
    for (uint8_t nth = 1, last = (uint8_t)(1 + some(m, 5)); nth <= last; nth++) {
        op.fail_nth = nth;
        put(m, op);
        if (m->model.chains[at.chain].areas[at.index].pin.live)
            play(m, OP_UNPIN, at);
    }
    op.fail_nth = 0;
    put(m, op);
    play(m, OP_DMA_WRITE, at);
    op = mutate_op_on(m, opcode == OP_MAP ? OP_UNMAP : OP_UNPIN, at.chain, at.index);
    if (coin(m)) { /* a release must not mind */
        op.fail_nth = 1;
        op.fail_kind = (uint8_t)some(m, SUT_FAULT_KINDS);
    }
    put(m, op);
}

/* A start fails at one step after the other, then succeeds. */
static void start_faults(struct mutation *m, struct spot at) {
    play_on(m, OP_STOP, at.chain);
    struct program_op op = {.opcode = OP_START, .adapter = at.chain};
    mutate_op_fault(m, &op);
    if (coin(m))
        op.fail_nth = 1;
    for (uint8_t i = 0, count = (uint8_t)(1 + some(m, 6)); i < count; i++) {
        put(m, op);
        op.fail_nth++;
    }
    play_on(m, OP_START, at.chain);
    pin(m, at);
}

/* A GPU hangs, sleeps or goes while the others work. */
static void trouble(struct mutation *m, struct spot at) {
    static const uint8_t troubles[] = {OP_RESET, OP_RESET, OP_POWER, OP_POWER, OP_SURPRISE_REMOVE};
    struct spot hit = {at.chain, here(m, at) ? mutate_pick_index(m, at.chain) : at.index};
    uint8_t opcode = RANDOM_PICK(&m->random, troubles);
    pin(m, at);
    if (coin(m))
        play(m, OP_DMA_WRITE, at);
    play(m, opcode, hit);
    for (uint32_t i = 1 + some(m, 3); i > 0; i--) {
        if (coin(m))
            play(m, coin(m) ? OP_DMA_READ : OP_DMA_WRITE, at);
        else if (here(m, at) && m->model.chains[at.chain].areas[at.index].pin.live && coin(m))
            play(m, OP_UNPIN, at);
        else
            play(m, coin(m) ? OP_PIN2 : OP_MAP, other_spot(m, at));
    }
    if (opcode != OP_SURPRISE_REMOVE)
        play(m, opcode, hit);
    else if (coin(m))
        play(m, OP_REMOVE, hit);
    else
        play_on(m, OP_STOP, at.chain);
    play(m, OP_DMA_READ, at);
}

/* Members leave; what is left starts with other indices. */
static void renumber(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    if (count == 0)
        return;
    uint8_t leaver = m->model.chains[at.chain].members[some(m, count)];
    pin(m, at);
    if (coin(m))
        pin(m, other_spot(m, at));
    play_on(m, OP_REMOVE, leaver);
    for (uint8_t i = 0; i < m->program->machine.adapters && i < 4; i++)
        if (coin(m))
            play_on(m, OP_START, i);
    for (uint32_t i = 1 + some(m, 3); i > 0; i--)
        pin(m, other_spot(m, at));
    if (coin(m)) {
        play_on(m, OP_ADD, leaver);
        play_on(m, OP_START, leaver);
    }
}

/* A chain is built anew. */
static void relink(struct mutation *m, struct spot at) {
    uint8_t adapters = m->program->machine.adapters;
    uint8_t joiner = (uint8_t)some(m, adapters);
    play_on(m, OP_ADD, joiner);
    play_on(m, OP_STOP, at.chain);
    play_on(m, OP_STOP, joiner);
    put(m, (struct program_op){.opcode = OP_LINK, .adapter = at.chain, .value = joiner});
    if (coin(m))
        put(m,
            (struct program_op){.opcode = OP_LINK, .adapter = at.chain, .value = (int64_t)some(m, adapters)});
    play_on(m, OP_START, coin(m) ? at.chain : joiner);
    uint8_t chain = m->model.devices[at.chain].chain;
    for (uint8_t i = 0; i < m->model.chains[chain].count && i < 4; i++)
        pin(m, (struct spot){chain, i});
    play(m, OP_DMA_READ, at);
}

/* One writes and goes; the next one must not see it. */
static void next_owner(struct mutation *m, struct spot at) {
    struct spot next = other_spot(m, at);
    pin_whole(m, at, coin(m));
    for (uint32_t i = 1 + some(m, 2); i > 0; i--)
        play(m, OP_DMA_WRITE, at);
    play_on(m, coin(m) ? OP_STOP : OP_REMOVE, at.chain);
    if (coin(m))
        play(m, OP_PRESSURE, at);
    play_on(m, OP_START, next.chain);
    pin_whole(m, next, coin(m));
    play(m, OP_DMA_READ, next);
    play_on(m, OP_ADD, at.chain);
    play_on(m, OP_START, at.chain);
    play(m, coin(m) ? OP_PIN2 : OP_MAP, at);
    play(m, OP_DMA_READ, at);
    play(m, OP_CPU_READ, at);
}

/* Memory is short while something is pinned or viewed, and comes back elsewhere. */
static void pressed(struct mutation *m, struct spot at) {
    struct spot other = other_spot(m, at);
    pin(m, at);
    play(m, OP_DMA_WRITE, at);
    play(m, OP_MAP, other);
    play(m, OP_CPU_WRITE, other);
    play(m, OP_PRESSURE, at);
    play(m, coin(m) ? OP_DMA_READ : OP_CPU_READ, coin(m) ? at : other);
    play(m, OP_UNPIN, at);
    play(m, OP_PRESSURE, at);
    pin(m, coin(m) ? at : other);
    play(m, OP_DMA_READ, at);
    if (coin(m))
        play(m, OP_UNMAP, other);
    play(m, OP_PRESSURE, at);
    play(m, OP_MAP, at);
    play(m, OP_CPU_READ, at);
}

/* One more, until there is no room. */
static void exhaust(struct mutation *m, struct spot at) {
    bool views = mutation_may(m, OP_MAP) && coin(m);
    for (uint32_t i = 0, count = 4 + some(m, 28); i < count; i++) {
        if (views)
            play(m, OP_MAP, random_one_in(&m->random, 4) ? other_spot(m, at) : at);
        else
            pin(m, other_spot(m, at));
    }
    play(m, views ? OP_UNMAP : OP_UNPIN, at);
    play(m, views ? OP_MAP : OP_PIN2, at);
}

/*
 * As many as a counter of eight bits cannot count, and some more: of views, of pins that come and go, of
 * lives, of refusals. Then what such a counter decides.
 */
static void many(struct mutation *m, struct spot at) {
    static const uint8_t opens[] = {OP_MAP, OP_MAP, OP_MAP, OP_PIN2, OP_PIN, OP_STOP, OP_POWER, OP_RESET};
    static const uint8_t after[] = {OP_PRESSURE, OP_PRESSURE, OP_PIN2,     OP_UNPIN,    OP_MAP,
                                    OP_UNMAP,    OP_CPU_READ, OP_DMA_READ, OP_CPU_WRITE};
    uint8_t opcode = RANDOM_PICK(&m->random, opens);
    if (coin(m))
        pin(m, at);
    if (coin(m))
        mutate_world_roomy(m);
    uint32_t from = m->scene_count;
    if (random_one_in(&m->random, 8))
        strange(m, opcode, at);
    else
        play(m, opcode, at);
    if (opcode != OP_MAP || random_one_in(&m->random, 3))
        play(m, program_undone_by(opcode), at);
    again(m, from, mutate_some_times(m));
    for (uint32_t i = 1 + some(m, 4); i > 0; i--)
        play(m, RANDOM_PICK(&m->random, after), at);
    if (coin(m) && opcode == OP_MAP) { /* all but one, or one too many */
        from = m->scene_count;
        play(m, OP_UNMAP, at);
        again(m, from, mutate_some_times(m));
        play(m, OP_PRESSURE, at);
        play(m, OP_CPU_READ, at);
    }
}

/* Strangers, one after the other, while there is something that they could hurt. */
static void strangers(struct mutation *m, struct spot at) {
    static const uint8_t calls[] = {OP_PIN2, OP_PIN2, OP_PIN, OP_UNPIN, OP_MAP, OP_UNMAP};
    if (coin(m))
        pin(m, at);
    if (coin(m))
        play(m, OP_MAP, at);
    for (uint32_t i = 1 + some(m, 6); i > 0; i--)
        strange(m, RANDOM_PICK(&m->random, calls), at);
    pin(m, at);
    play(m, OP_UNPIN, at);
}

/* A caller forgets to lower its IRQL. */
static void raised(struct mutation *m, struct spot at) {
    static const uint8_t calls[] = {PROGRAM_CALLBACKS(NUMBER)};
    if (coin(m))
        pin(m, at);
    if (coin(m))
        play(m, OP_MAP, at);
    play(m, OP_IRQL, at);
    for (uint32_t i = 1 + some(m, 3); i > 0; i--)
        play(m, RANDOM_PICK(&m->random, calls), at);
    play(m, OP_IRQL, at);
    pin(m, at);
    play(m, OP_UNPIN, at);
}

/* A chain that runs on physical memory is attached to its domain, at the first or at a later try, with pins
 * and views out. */
static void isolate(struct mutation *m, struct spot at) {
    struct spot other = other_spot(m, at);
    pin(m, at);
    play(m, OP_DMA_WRITE, at);
    if (coin(m))
        pin(m, other);
    if (coin(m))
        play(m, OP_MAP, at);
    struct program_op op = {.opcode = OP_SECURE_VM, .adapter = at.chain, .fail_kind = SUT_FAULT_ATTACH};
    for (uint8_t i = 0, count = (uint8_t)some(m, 4); i < count; i++) {
        op.fail_nth++;
        put(m, op);
    }
    op.fail_nth = 0;
    put(m, op);
    play(m, OP_DMA_READ, at);
    if (coin(m))
        play(m, OP_POWER, at);
    play(m, OP_UNPIN, coin(m) ? at : other);
    if (coin(m))
        put(m, op);
    pin(m, coin(m) ? at : other);
    play(m, OP_DMA_READ, at);
}

/* The driver writes over what it was handed: now what it was given is told by Dxgkrnl's own records alone. */
static void scribbled(struct mutation *m, struct spot at) {
    struct spot other = other_spot(m, at);
    if (coin(m))
        pin(m, other);
    pin(m, at);
    for (uint32_t i = 1 + some(m, 3); i > 0 && here(m, at); i--) {
        struct program_op op = mutate_op_on(m, OP_SCRIBBLE, at.chain, at.index);
        op.arg.number[0] = some(m, 12);
        if (coin(m)) /* of a header: a few pages, and Contiguous or not */
            op.arg.number[1] = some(m, 20) | (uint64_t)some(m, 2) << 32;
        put(m, op);
    }
    if (coin(m))
        play(m, coin(m) ? OP_DMA_WRITE : OP_PRESSURE, at);
    if (random_one_in(&m->random, 3))
        play_on(m, OP_STOP, at.chain);
    else
        play(m, OP_UNPIN, at);
    pin(m, coin(m) ? at : other);
    play(m, OP_DMA_READ, at);
}

/* A driver answers otherwise in a later start than in those before. */
static void otherwise(struct mutation *m, struct spot at) {
    uint32_t adapters = m->program->machine.adapters;
    for (uint32_t i = 0, lives = 1 + some(m, 3); i < lives; i++) {
        uint8_t device = here(m, at) && coin(m) ? m->model.chains[at.chain].members[at.index] : at.chain;
        play_on(m, OP_STOP, at.chain);
        put(m, (struct program_op){
                   .opcode = OP_ANSWERS, .adapter = device, .value = (int64_t)some(m, adapters)});
        play_on(m, OP_START, at.chain);
        if (coin(m))
            pin_whole(m, at, coin(m));
        else
            pin(m, at);
        if (coin(m))
            play(m, OP_DMA_WRITE, at);
    }
}

static const struct {
    void (*play)(struct mutation *m, struct spot at);
    uint8_t weight;
    uint8_t weight_short; /* where there is little of something */
    uint32_t needs;       /* a target without one of these has nothing of it */
} plays[] = {
    {save_and_restore, 4, 4, 0},
    {chunks, 2, 2, TARGET_OP(OP_MAP)},
    {slide, 1, 1, TARGET_OP(OP_MAP)},
    {overlap, 3, 3, TARGET_OP(OP_MAP) | TARGET_OP(OP_UNMAP)},
    {stale, 3, 3, TARGET_OP(OP_STOP)},
    {restarts, 1, 1, TARGET_OP(OP_STOP) | TARGET_OP(OP_START)},
    {alternate, 3, 3, TARGET_OP(OP_PIN)},
    {whole_chain, 3, 12, 0},
    {fragments, 2, 12, 0},
    {holes, 1, 6, 0},
    {view_holes, 1, 1, TARGET_OP(OP_MAP) | TARGET_OP(OP_UNMAP)},
    {faults, 4, 4, 0},
    {start_faults, 2, 2, TARGET_OP(OP_START)},
    {isolate, 2, 1, TARGET_OP(OP_SECURE_VM)},
    {trouble, 3, 3, TARGET_OP(OP_RESET) | TARGET_OP(OP_POWER)},
    {renumber, 2, 2, TARGET_OP(OP_REMOVE)},
    {relink, 2, 2, TARGET_OP(OP_LINK)},
    {next_owner, 2, 4, TARGET_OP(OP_STOP)},
    {pressed, 3, 6, TARGET_OP(OP_PRESSURE)},
    {exhaust, 1, 6, 0},
    {many, 2, 1, TARGET_OP(OP_REPEAT)},
    {strangers, 4, 4, 0},
    {raised, 1, 1, TARGET_OP(OP_IRQL)},
    {scribbled, 2, 2, TARGET_OP(OP_SCRIBBLE)},
    {otherwise, 2, 2, TARGET_OP(OP_ANSWERS)},
};

/* Logical pages or frames that a handful of pins use up. */
static bool is_short(const struct mutation *m, uint8_t chain) {
    const struct model_chain *c = &m->model.chains[chain];
    return m->program->machine.ram_pages < 64 ||
           (c->count && c->phase == PHASE_STARTED && c->mode == MODE_REMAPPED && c->visible_pages < 64);
}

void mutate_scene_holes(struct mutation *m) {
    struct spot at = {0, 0};
    m->scene_count = 0;
    if (!mutate_pick_chain(m, &at.chain))
        return;
    at.index = mutate_pick_index(m, at.chain);
    if (mutation_may(m, OP_MAP) && random_one_in(&m->random, 4))
        view_holes(m, at);
    else
        holes(m, at);
}

void mutate_scene(struct mutation *m) {
    uint32_t weight[sizeof(plays) / sizeof(plays[0])];
    struct spot at = {0, 0};
    uint32_t sum = 0;
    m->scene_count = 0;
    if (!mutate_pick_chain(m, &at.chain))
        at.chain = (uint8_t)some(m, m->program->machine.adapters);
    else
        at.index = mutate_pick_index(m, at.chain);
    bool shortage = is_short(m, at.chain);
    for (uint32_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
        bool can = (m->operations & plays[i].needs) == plays[i].needs;
        weight[i] = !can ? 0 : shortage ? plays[i].weight_short : plays[i].weight;
        sum += weight[i];
    }
    uint32_t drawn = some(m, sum), i = 0;
    for (; drawn >= weight[i]; i++)
        drawn -= weight[i];
    plays[i].play(m, at);
}
