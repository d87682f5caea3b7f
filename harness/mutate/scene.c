/* The words that scenes are written in. */
#include "harness/mutate/scene.h"

#include <string.h>

void scene_put(struct mutation *m, struct program_op op) {
    if (!mutation_may(m, op.opcode) || m->scene_count == SCENE_OPS)
        return;
    m->scene[m->scene_count++] = op;
    dry_run_op(&m->model, &op);
}

void scene_play(struct mutation *m, uint8_t opcode, struct spot at) {
    if (here(m, at))
        scene_put(m, mutate_op_on(m, opcode, at.chain, at.index));
}

void scene_play_on(struct mutation *m, uint8_t opcode, uint8_t adapter) {
    scene_put(m, (struct program_op){.opcode = opcode, .adapter = adapter});
}

void scene_pin(struct mutation *m, struct spot at) {
    bool remapped = here(m, at) && m->model.chains[at.chain].mode == MODE_REMAPPED;
    bool legacy = mutation_may(m, OP_PIN) && random_one_in(&m->random, remapped ? 8 : 2);
    scene_play(m, legacy ? OP_PIN : OP_PIN2, at);
}

void scene_pin_whole(struct mutation *m, struct spot at, bool contiguous) {
    struct program_op op;
    if (!here(m, at))
        return;
    op = mutate_op_on(m, OP_PIN2, at.chain, at.index);
    op.size_form = FORM_MAXIMUM;
    op.size_delta = 0;
    op.arg.pin2.Flags.PreferContiguous = contiguous;
    scene_put(m, op);
}

void scene_pin_pages(struct mutation *m, struct spot at, uint32_t pages, bool contiguous) {
    struct program_op op;
    if (!here(m, at))
        return;
    op = mutate_op_on(m, OP_PIN2, at.chain, at.index);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)(pages < 127 ? pages : 127);
    op.arg.pin2.Flags.PreferContiguous = contiguous;
    scene_put(m, op);
}

void scene_map_at(struct mutation *m, struct spot at, uint32_t offset, uint32_t pages) {
    struct program_op op;
    if (!here(m, at))
        return;
    op = mutate_op_on(m, OP_MAP, at.chain, at.index);
    op.offset_form = FORM_PAGES;
    op.offset_delta = (int8_t)(offset < 127 ? offset : 127);
    op.size_form = FORM_PAGES;
    op.size_delta = (int8_t)(pages < 127 ? pages : 127);
    scene_put(m, op);
}

void scene_again(struct mutation *m, uint32_t from, uint32_t times) {
    uint32_t ops = m->scene_count - from;
    struct program_op op = {.opcode = OP_REPEAT};
    if (ops == 0 || ops > PROGRAM_REPEAT_OPS || m->scene_count == SCENE_OPS || !mutation_may(m, OP_REPEAT))
        return;
    op.arg.repeat.times = (uint16_t)(times - 1);
    program_span_set(&op, ops);
    memmove(&m->scene[from + 1], &m->scene[from], ops * sizeof(m->scene[0]));
    m->scene[from] = op;
    m->scene_count++;
    for (uint32_t i = ops; i < times * ops && i < PROGRAM_REPEATED; i++)
        dry_run_op(&m->model, &m->scene[from + 1 + i % ops]);
}

uint32_t scene_area_pages(const struct mutation *m, struct spot at) {
    uint64_t pages = here(m, at) ? m->model.chains[at.chain].areas[at.index].maximum / MODEL_PAGE : 0;
    return pages < 4096 ? (uint32_t)pages : 4096;
}

uint32_t scene_all_left(const struct mutation *m, struct spot at) {
    uint64_t left = mutate_free_pages(m, at.chain);
    uint32_t most = scene_area_pages(m, at);
    left = left < most ? left : most;
    return left < 127 ? (uint32_t)left : 127;
}

struct spot scene_other_spot(struct mutation *m, struct spot at) {
    struct spot other = at;
    if (coin(m))
        other.index = mutate_pick_index(m, at.chain);
    else if (mutate_pick_chain(m, &other.chain))
        other.index = mutate_pick_index(m, other.chain);
    return other;
}

void scene_strange(struct mutation *m, uint8_t opcode, struct spot at) {
    struct program_op op;
    if (!here(m, at))
        return;
    op = mutate_op_on(m, opcode, at.chain, at.index);
    mutate_op_tweak(m, &op);
    scene_put(m, op);
}
