/* Scenes of what is saved: written by one, moved, shown in views, read by another. */
#include "harness/mutate/scene.h"

/* The GPU saves, something happens meanwhile, the GPU or the CPU restores. */
void play_save_and_restore(struct mutation *m, struct spot at) {
    static const uint8_t between[] = {OP_PRESSURE, OP_POWER, OP_MAP, OP_DMA_READ, OP_RESET};
    scene_pin(m, at);
    scene_play(m, OP_DMA_WRITE, at);
    if (coin(m))
        scene_play(m, OP_PRESSURE, at);
    scene_play(m, OP_UNPIN, at);
    for (uint32_t i = some(m, 3); i > 0; i--)
        scene_play(m, RANDOM_PICK(&m->random, between), at);
    if (coin(m)) {
        scene_pin(m, at);
        scene_play(m, OP_DMA_READ, at);
        scene_play(m, OP_UNPIN, at);
    } else {
        scene_play(m, OP_MAP, at);
        scene_play(m, OP_CPU_READ, at);
    }
}

/* Pinned by one form and the other in turn; once more while it is pinned; let go once too often. */
void play_alternate(struct mutation *m, struct spot at) {
    static const uint8_t forms[] = {OP_PIN, OP_PIN2};
    for (uint32_t i = 0, turns = 2 + some(m, 3); i < turns; i++) {
        scene_play(m, forms[(i + at.index) % 2], at);
        if (random_one_in(&m->random, 3))
            scene_play(m, coin(m) ? OP_DMA_WRITE : OP_PRESSURE, at);
        if (random_one_in(&m->random, 4))
            scene_play(m, forms[some(m, 2)], at);
        scene_play(m, OP_UNPIN, at);
        if (random_one_in(&m->random, 6))
            scene_play(m, OP_UNPIN, at);
    }
}

/* Chunk after chunk through a view, as a driver does whose pin failed. */
void play_chunks(struct mutation *m, struct spot at) {
    uint32_t pages = scene_area_pages(m, at);
    uint32_t step = 1 + some(m, 4);
    uint32_t from = some(m, pages ? pages : 1);
    for (uint32_t i = 0, count = 2 + some(m, 6); i < count && from < pages; i++, from += step) {
        scene_map_at(m, at, from, step < pages - from ? step : pages - from);
        scene_play(m, coin(m) ? OP_CPU_WRITE : OP_CPU_READ, at);
        if (!random_one_in(&m->random, 6))
            scene_play(m, OP_UNMAP, at);
    }
    scene_pin(m, at);
    scene_play(m, OP_DMA_READ, at);
}

/* A view slides through the section, many times: addresses are used up. */
void play_slide(struct mutation *m, struct spot at) {
    uint32_t pages = scene_area_pages(m, at);
    uint32_t width = 1 + some(m, pages > 4 ? pages / 4 : 1);
    for (uint32_t i = 0, count = 4 + some(m, 20); i < count; i++) {
        scene_map_at(m, at, i * width % (pages ? pages : 1), width);
        if (!random_one_in(&m->random, 8))
            scene_play(m, OP_UNMAP, at);
    }
}

/* Views on views, ended in any order and made again; one base shared by several. */
void play_overlap(struct mutation *m, struct spot at) {
    struct {
        uint32_t from;
        uint32_t pages;
    } range[3];
    uint32_t pages = scene_area_pages(m, at);
    uint32_t from = some(m, pages ? pages : 1);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t page = i == 0 ? from / 16 * 16 * some(m, 2) : coin(m) ? from : from / 16 * 16 + some(m, 17);
        range[i].from = page < pages ? page : from;
        uint32_t left = pages > range[i].from ? pages - range[i].from : 1;
        range[i].pages = random_one_in(&m->random, 3) ? left : 1 + some(m, left);
    }
    uint32_t many = random_one_in(&m->random, 4) ? 1 + some(m, 3) : 0; /* one of them as many times */
    if (many)
        mutate_world_roomy(m);
    for (uint32_t i = 0, count = 3 + some(m, 8); i < count; i++) {
        uint32_t which = some(m, 3), from_here = m->scene_count;
        if (some(m, 3) == 0)
            scene_play(m, OP_UNMAP, at);
        else if (some(m, 8) == 0)
            scene_strange(m, OP_UNMAP, at);
        else
            scene_map_at(m, at, range[which].from, range[which].pages);
        if (many && i == many)
            scene_again(m, from_here, mutate_some_times(m));
        if (random_one_in(&m->random, 3))
            scene_play(m, coin(m) ? OP_CPU_WRITE : OP_CPU_READ, at);
    }
}

/* Memory is short while something is pinned or viewed, and comes back elsewhere. */
void play_pressed(struct mutation *m, struct spot at) {
    struct spot other = scene_other_spot(m, at);
    scene_pin(m, at);
    scene_play(m, OP_DMA_WRITE, at);
    scene_play(m, OP_MAP, other);
    scene_play(m, OP_CPU_WRITE, other);
    scene_play(m, OP_PRESSURE, at);
    scene_play(m, coin(m) ? OP_DMA_READ : OP_CPU_READ, coin(m) ? at : other);
    scene_play(m, OP_UNPIN, at);
    scene_play(m, OP_PRESSURE, at);
    scene_pin(m, coin(m) ? at : other);
    scene_play(m, OP_DMA_READ, at);
    if (coin(m))
        scene_play(m, OP_UNMAP, other);
    scene_play(m, OP_PRESSURE, at);
    scene_play(m, OP_MAP, at);
    scene_play(m, OP_CPU_READ, at);
}

/* One writes and goes; the next one must not see it. */
void play_next_owner(struct mutation *m, struct spot at) {
    struct spot next = scene_other_spot(m, at);
    scene_pin_whole(m, at, coin(m));
    for (uint32_t i = 1 + some(m, 2); i > 0; i--)
        scene_play(m, OP_DMA_WRITE, at);
    scene_play_on(m, coin(m) ? OP_STOP : OP_REMOVE, at.chain);
    if (coin(m))
        scene_play(m, OP_PRESSURE, at);
    scene_play_on(m, OP_START, next.chain);
    scene_pin_whole(m, next, coin(m));
    scene_play(m, OP_DMA_READ, next);
    scene_play_on(m, OP_ADD, at.chain);
    scene_play_on(m, OP_START, at.chain);
    scene_play(m, coin(m) ? OP_PIN2 : OP_MAP, at);
    scene_play(m, OP_DMA_READ, at);
    scene_play(m, OP_CPU_READ, at);
}
