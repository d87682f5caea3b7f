/* Scenes of spaces that are in pieces or full: many holes, and then something that needs all of them; a
 * budget to its last unit, and then one more. */
#include "harness/mutate/scene.h"

#define GRANULE       UINT64_C(65536) /* which a view takes whole ones of */
#define GRANULE_PAGES (GRANULE / MODEL_PAGE)

/* What consists of so many pieces fails at one of them first, and must leave nothing behind: at a late one,
 * for the first few are often made otherwise. */
static void put_at_last(struct mutation *m, struct program_op op, uint32_t pieces) {
    if (coin(m)) {
        struct program_op failing = op;
        mutate_op_fault(m, &failing);
        if (op.opcode == OP_PIN2 && !random_one_in(&m->random, 3)) {
            failing.fail_kind = SUT_FAULT_DOMAIN;
            failing.fail_nth = (uint8_t)random_between(&m->random, pieces / 2 + 1, pieces + 1);
        }
        scene_put(m, failing);
    }
    scene_put(m, op);
}

/*
 * In logical space: holes of one page, two, three ..., each with as much behind it, so that nothing goes into
 * an earlier one. Then a pin that needs them all.
 */
void play_holes(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    uint32_t pages = 1 + some(m, 2);
    if (!here(m, at))
        return;
    scene_play(m, OP_UNPIN, at);
    for (uint8_t i = 1; i < count; i++, pages += random_one_in(&m->random, 4) ? 2 : 1) {
        struct spot between = {at.chain, (uint8_t)((at.index + i) % count)};
        scene_pin_pages(m, at, pages, !random_one_in(&m->random, 16));
        scene_pin_pages(m, between, pages, !random_one_in(&m->random, 16));
        scene_play(m, OP_UNPIN, at);
    }
    struct program_op op = mutate_op_on(m, OP_PIN2, at.chain, at.index);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)scene_all_left(m, at);
    op.arg.pin2.Flags.PreferContiguous = random_one_in(&m->random, 4);
    put_at_last(m, op, count);
    scene_play(m, OP_DMA_WRITE, at);
    scene_play(m, OP_UNPIN, at);
}

/* Among views: every other granule of 64 KiB is shown, the one at the beginning no more; then all of them
 * are. */
void play_view_holes(struct mutation *m, struct spot at) {
    uint32_t granules = scene_area_pages(m, at) / GRANULE_PAGES;
    uint32_t count = granules < 12 ? granules : 12;
    struct program_op op;
    if (!here(m, at) || count < 2)
        return;
    /* One of those that stay is shown as often as a byte counts. */
    uint32_t often = random_one_in(&m->random, 4) ? random_between(&m->random, count / 2, count - 1) : count;
    if (often < count)
        mutate_world_roomy(m);
    uint32_t first = m->model.view_count;
    op = mutate_op_on(m, OP_MAP, at.chain, at.index);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)GRANULE_PAGES;
    op.offset_form = FORM_RAW;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = m->scene_count;
        op.arg.map.Offset = i * GRANULE;
        scene_put(m, op);
        if (i == often)
            scene_again(m, from, coin(m) ? 256 : mutate_some_times(m));
    }
    struct program_op end = {.opcode = OP_UNMAP, .adapter = at.chain};
    end.arg.unmap.PhysicalAdapterIndex = at.index;
    for (uint32_t i = 0; i < count / 2; i++) {
        end.view = (uint8_t)(first + i);
        scene_put(m, end);
    }
    op.arg.map.Offset = coin(m) ? 0 : GRANULE;
    op.size_form = FORM_RAW;
    op.arg.map.Size = (ULONG)((uint64_t)count * GRANULE - op.arg.map.Offset);
    put_at_last(m, op, count);
    scene_play(m, OP_CPU_WRITE, at);
    scene_play(m, OP_CPU_READ, at);
}

/* Among frames: everything is given out, some of it comes back, and a pin gets what came back. */
void play_frame_holes(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    if (!here(m, at))
        return;
    scene_play(m, OP_UNPIN, at);
    for (uint8_t i = 1; i < count; i++) {
        struct spot one = {at.chain, (uint8_t)((at.index + i) % count)};
        scene_pin_pages(m, one, 1 + some(m, 3), coin(m));
    }
    if (coin(m)) { /* what is left goes by way of this one */
        scene_pin_pages(m, at, scene_all_left(m, at), coin(m));
        scene_play(m, OP_UNPIN, at);
    }
    uint8_t every = (uint8_t)random_between(&m->random, 1, 3);
    for (uint8_t i = every; i < count; i = (uint8_t)(i + every))
        scene_play(m, OP_UNPIN, (struct spot){at.chain, (uint8_t)((at.index + i) % count)});
    if (random_one_in(&m->random, 3))
        scene_play(m, OP_PRESSURE, at);
    struct program_op op = mutate_op_on(m, OP_PIN2, at.chain, at.index);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)scene_all_left(m, at);
    put_at_last(m, op, count);
    scene_play(m, OP_DMA_WRITE, at);
    if (coin(m))
        scene_play(m, OP_PRESSURE, at);
    scene_play(m, OP_DMA_READ, at);
    scene_play(m, OP_UNPIN, at);
}

/* Frames go round: given out, let go, taken away and given out again, mostly one or two at a time, while
 * hardly more are wanted than there are. Then all of them are. */
void play_turnover(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    if (count > 1 && !random_one_in(&m->random, 4)) { /* a few, which are soon the same again */
        struct spot other = {at.chain, (uint8_t)((at.index + 1) % count)};
        uint32_t left = scene_all_left(m, other), few = 1 + some(m, 4);
        scene_play(m, OP_UNPIN, at);
        if (left > few)
            scene_pin_pages(m, other, left - few, coin(m));
    }
    for (uint32_t i = 0, turns = 6 + some(m, 12); i < turns && count; i++) {
        bool here_again = !random_one_in(&m->random, 4);
        struct spot one = {at.chain, here_again ? at.index : (uint8_t)some(m, count)};
        uint32_t left = scene_all_left(m, one);
        if (m->model.chains[at.chain].areas[one.index].pin.live) {
            scene_play(m, OP_UNPIN, one);
            if (!random_one_in(&m->random, 4))
                scene_play(m, OP_PRESSURE, one);
        } else if (left > 0) {
            scene_pin_pages(m, one, coin(m) ? 1 + some(m, left < 2 ? left : 2) : left, coin(m));
        }
    }
    for (uint8_t i = 0; i < count; i++)
        if (m->model.chains[at.chain].areas[i].pin.live && coin(m))
            scene_play(m, OP_UNPIN, (struct spot){at.chain, i});
    for (uint8_t i = 0; i < count; i++) {
        struct spot one = {at.chain, (uint8_t)((at.index + i) % count)};
        uint32_t left = scene_all_left(m, one);
        if (left > 0 && !m->model.chains[at.chain].areas[one.index].pin.live)
            scene_pin_pages(m, one, left, coin(m));
    }
    scene_play(m, OP_DMA_WRITE, at);
    scene_play(m, OP_PRESSURE, at);
    scene_play(m, OP_DMA_READ, at);
}

/* Frames or logical pages: all but one in a pin, or as many as there are; one after the other to the last,
 * one more; then one comes back and is taken again. */
void play_fill(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    if (!here(m, at))
        return;
    scene_play(m, OP_UNPIN, at);
    uint32_t all = scene_all_left(m, at);
    scene_pin_pages(m, at, all > 1 && !random_one_in(&m->random, 4) ? all - 1 : all, coin(m));
    scene_play(m, OP_DMA_WRITE, at);
    if (random_one_in(&m->random, 3))
        scene_play(m, OP_PRESSURE, at);
    struct spot last = at;
    for (uint8_t i = 1; i < count; i++) {
        struct spot one = {at.chain, (uint8_t)((at.index + i) % count)};
        uint32_t left = scene_all_left(m, one);
        if (left)
            last = one;
        scene_pin_pages(m, one, left > 1 && coin(m) ? 1 + some(m, left) : 1, coin(m));
    }
    scene_play(m, coin(m) ? OP_MAP : OP_PIN2, scene_other_spot(m, at));
    if (coin(m))
        scene_play(m, OP_DMA_READ, at);
    scene_play(m, OP_UNPIN, coin(m) ? last : at);
    scene_play(m, coin(m) ? OP_PIN2 : OP_MAP, last);
    scene_play(m, coin(m) ? OP_DMA_READ : OP_CPU_READ, last);
    scene_play(m, OP_PRESSURE, at);
    scene_play(m, OP_DMA_READ, at);
}

/* View space, likewise: a view of a granule after the other, or one that takes all but one of them. */
void play_fill_views(struct mutation *m, struct spot at) {
    uint64_t left = (m->program->machine.view_bytes - m->model.view_bytes) / GRANULE;
    uint32_t pages = scene_area_pages(m, at);
    if (!here(m, at) || pages == 0)
        return;
    uint32_t times = left < PROGRAM_REPEAT_TIMES ? (uint32_t)left : PROGRAM_REPEAT_TIMES;
    if (times > 1 && pages > GRANULE_PAGES && coin(m)) {
        scene_map_at(m, at, 0, (times - 1) * (uint32_t)GRANULE_PAGES);
        times = 1;
    }
    uint32_t from = m->scene_count;
    scene_map_at(m, at, some(m, pages), 1);
    if (times > 1)
        scene_again(m, from, times);
    scene_play(m, OP_MAP, scene_other_spot(m, at));
    scene_play(m, OP_UNMAP, at);
    scene_play(m, OP_MAP, coin(m) ? at : scene_other_spot(m, at));
    scene_play(m, OP_CPU_WRITE, at);
    scene_play(m, OP_CPU_READ, at);
}
