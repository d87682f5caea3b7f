/* Which scene is played: by weight, and by what the target runs. */
#include "harness/mutate/scene.h"

static const struct {
    void (*play)(struct mutation *m, struct spot at);
    uint8_t weight;
    uint8_t weight_short; /* where there is little of something */
    uint32_t needs;       /* a target without one of these has nothing of it */
} plays[] = {
    {play_save_and_restore, 4, 4, 0},
    {play_chunks, 2, 2, TARGET_OP(OP_MAP)},
    {play_slide, 1, 1, TARGET_OP(OP_MAP)},
    {play_overlap, 3, 3, TARGET_OP(OP_MAP) | TARGET_OP(OP_UNMAP)},
    {play_stale, 3, 3, TARGET_OP(OP_STOP)},
    {play_restarts, 1, 1, TARGET_OP(OP_STOP) | TARGET_OP(OP_START)},
    {play_alternate, 3, 3, TARGET_OP(OP_PIN)},
    {play_whole_chain, 3, 12, 0},
    {play_fragments, 2, 12, 0},
    {play_holes, 1, 6, 0},
    {play_view_holes, 1, 1, TARGET_OP(OP_MAP) | TARGET_OP(OP_UNMAP)},
    {play_frame_holes, 1, 3, 0},
    {play_turnover, 1, 3, TARGET_OP(OP_PRESSURE)},
    {play_fill, 1, 6, 0},
    {play_fill_views, 1, 1, TARGET_OP(OP_MAP)},
    {play_faults, 4, 4, 0},
    {play_start_faults, 2, 2, TARGET_OP(OP_START)},
    {play_isolate, 2, 1, TARGET_OP(OP_SECURE_VM)},
    {play_trouble, 3, 3, TARGET_OP(OP_RESET) | TARGET_OP(OP_POWER)},
    {play_renumber, 2, 2, TARGET_OP(OP_REMOVE)},
    {play_relink, 2, 2, TARGET_OP(OP_LINK)},
    {play_come_and_go, 4, 1, TARGET_OP(OP_REMOVE) | TARGET_OP(OP_ADD)},
    {play_next_owner, 2, 4, TARGET_OP(OP_STOP)},
    {play_pressed, 3, 6, TARGET_OP(OP_PRESSURE)},
    {play_exhaust, 1, 6, 0},
    {play_many, 2, 1, TARGET_OP(OP_REPEAT)},
    {play_strangers, 4, 4, 0},
    {play_raised, 2, 2, TARGET_OP(OP_IRQL)},
    {play_scribbled, 2, 2, TARGET_OP(OP_SCRIBBLE)},
    {play_otherwise, 2, 2, TARGET_OP(OP_ANSWERS)},
};

/* Logical pages or frames that a handful of pins use up. */
static bool is_short(const struct mutation *m, uint8_t chain) {
    const struct model_chain *c = &m->model.chains[chain];
    return m->program->machine.ram_pages < 64 ||
           (c->count && c->phase == PHASE_STARTED && c->mode == MODE_REMAPPED && c->visible_pages < 64);
}

/* One of two, the second of which wants views. */
static void play_either(struct mutation *m, void (*first)(struct mutation *, struct spot),
                        void (*second)(struct mutation *, struct spot)) {
    struct spot at = {0, 0};
    m->scene_count = 0;
    if (!mutate_pick_chain(m, &at.chain))
        return;
    at.index = mutate_pick_index(m, at.chain);
    (mutation_may(m, OP_MAP) && random_one_in(&m->random, 4) ? second : first)(m, at);
}

void mutate_scene_holes(struct mutation *m) {
    play_either(m, play_holes, play_view_holes);
}

void mutate_scene_full(struct mutation *m) {
    static void (*const full[])(struct mutation * m, struct spot at) = {play_fill, play_turnover,
                                                                        play_frame_holes};
    play_either(m, RANDOM_PICK(&m->random, full), play_fill_views);
}

_Static_assert(sizeof(plays) / sizeof(plays[0]) <= 32, "a bit each");

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
        bool can = (m->operations & plays[i].needs) == plays[i].needs && m->swarm->scenes & UINT32_C(1) << i;
        weight[i] = !can ? 0 : shortage ? plays[i].weight_short : plays[i].weight;
        sum += weight[i];
    }
    if (sum == 0) /* nothing that this target plays is left */
        return;
    uint32_t drawn = some(m, sum), i = 0;
    for (; drawn >= weight[i]; i++)
        drawn -= weight[i];
    plays[i].play(m, at);
}
