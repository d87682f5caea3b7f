/* Scenes of fragmented spaces: many holes, and then something that needs all of them. */
#include "harness/mutate/scene.h"

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
    uint64_t left = mutate_free_pages(m, at.chain);
    uint32_t most = scene_area_pages(m, at);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)(left < most ? left < 127 ? left : 127 : most < 127 ? most : 127);
    op.arg.pin2.Flags.PreferContiguous = random_one_in(&m->random, 4);
    if (random_one_in(&m->random, 3)) {
        struct program_op failing = op;
        mutate_op_fault(m, &failing);
        scene_put(m, failing);
    }
    scene_put(m, op);
    scene_play(m, OP_DMA_WRITE, at);
    scene_play(m, OP_UNPIN, at);
}

/* Among views: every other granule of 64 KiB is shown, the one at the beginning no more; then all of them
 * are. */
void play_view_holes(struct mutation *m, struct spot at) {
    const uint32_t granule = 16;
    uint32_t granules = scene_area_pages(m, at) / granule;
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
        scene_put(m, op);
    }
    struct program_op end = {.opcode = OP_UNMAP, .adapter = at.chain};
    end.arg.unmap.PhysicalAdapterIndex = at.index;
    for (uint32_t i = 0; i < count / 2; i++) {
        end.view = (uint8_t)(first + i);
        scene_put(m, end);
    }
    op.arg.map.Offset = coin(m) ? 0 : granule * MODEL_PAGE;
    op.size_form = FORM_RAW;
    op.arg.map.Size = (ULONG)((uint64_t)count * granule * MODEL_PAGE - op.arg.map.Offset);
    scene_put(m, op);
    scene_play(m, OP_CPU_WRITE, at);
    scene_play(m, OP_CPU_READ, at);
}
