/* Scenes of limits: everything at once, in pieces, as many as a counter cannot count. */
#include "harness/mutate/scene.h"

/* Everything of a chain pinned, each by its own form, then let go in some order. */
void play_whole_chain(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    uint8_t from = count ? (uint8_t)some(m, count) : 0;
    for (uint8_t i = 0; i < count; i++) {
        struct spot one = {at.chain, (uint8_t)((from + i) % count)};
        scene_pin(m, one);
        if (random_one_in(&m->random, 3))
            scene_play(m, OP_DMA_WRITE, one);
        if (random_one_in(&m->random, 4))
            scene_play(m, OP_MAP, one);
    }
    if (coin(m))
        scene_play(m, OP_PRESSURE, at);
    from = count ? (uint8_t)some(m, count) : 0;
    for (uint8_t i = 0; i < count; i++) {
        struct spot one = {at.chain, (uint8_t)((from + i) % count)};
        if (random_one_in(&m->random, 4))
            continue;
        if (coin(m))
            scene_play(m, OP_DMA_READ, one);
        scene_play(m, OP_UNPIN, one);
    }
}

/* Ranges and single pages of one domain come and go: holes, what fits in them, and what takes them all. */
void play_fragments(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    for (uint32_t i = 0, turns = 4 + some(m, 12); i < turns && count; i++) {
        struct spot one = {at.chain, (uint8_t)some(m, count)};
        uint64_t left = mutate_free_pages(m, at.chain);
        uint32_t most = scene_area_pages(m, one);
        bool contiguous = coin(m);
        if (m->model.chains[one.chain].areas[one.index].pin.live)
            scene_play(m, OP_UNPIN, one);
        else if (left > 0 && left <= most && coin(m))
            scene_pin_pages(m, one, (uint32_t)left, contiguous);
        else if (random_one_in(&m->random, 3))
            scene_pin_whole(m, one, contiguous);
        else
            scene_pin_pages(m, one, 1 + some(m, left < most ? (uint32_t)left : most), contiguous);
    }
}

/* One more, until there is no room. */
void play_exhaust(struct mutation *m, struct spot at) {
    bool views = mutation_may(m, OP_MAP) && coin(m);
    for (uint32_t i = 0, count = 4 + some(m, 28); i < count; i++)
        if (views)
            scene_play(m, OP_MAP, random_one_in(&m->random, 4) ? scene_other_spot(m, at) : at);
        else
            scene_pin(m, scene_other_spot(m, at));
    scene_play(m, views ? OP_UNMAP : OP_UNPIN, at);
    scene_play(m, views ? OP_MAP : OP_PIN2, at);
}

/*
 * As many as a counter of eight bits cannot count, and some more: of views, of pins that come and go, of
 * lives, of refusals. Then what such a counter decides.
 */
void play_many(struct mutation *m, struct spot at) {
    static const uint8_t opens[] = {OP_MAP, OP_MAP, OP_MAP, OP_PIN2, OP_PIN, OP_STOP, OP_POWER, OP_RESET};
    static const uint8_t after[] = {OP_PRESSURE, OP_PRESSURE, OP_PIN2,     OP_UNPIN,    OP_MAP,
                                    OP_UNMAP,    OP_CPU_READ, OP_DMA_READ, OP_CPU_WRITE};
    uint8_t opcode = RANDOM_PICK(&m->random, opens);
    if (coin(m))
        scene_pin(m, at);
    if (coin(m))
        mutate_world_roomy(m);
    uint32_t from = m->scene_count;
    if (random_one_in(&m->random, 8))
        scene_strange(m, opcode, at);
    else
        scene_play(m, opcode, at);
    if (opcode != OP_MAP || random_one_in(&m->random, 3))
        scene_play(m, program_undone_by(opcode), at);
    scene_again(m, from, mutate_some_times(m));
    for (uint32_t i = 1 + some(m, 4); i > 0; i--)
        scene_play(m, RANDOM_PICK(&m->random, after), at);
    if (coin(m) && opcode == OP_MAP) { /* all but one, or one too many */
        from = m->scene_count;
        scene_play(m, OP_UNMAP, at);
        scene_again(m, from, mutate_some_times(m));
        scene_play(m, OP_PRESSURE, at);
        scene_play(m, OP_CPU_READ, at);
    }
}
