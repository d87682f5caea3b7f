/* Scenes: sequences in which callbacks go wrong. The words that they are written in, and the scenes. Private
 * to harness/mutate/.
 *
 * Each writes one, for a save area (chain, index), with its lengths, sizes and order left to chance. What a
 * sequence starts it need not finish; other mutations cut, repeat and mix. */
#ifndef HARNESS_SCENE_H
#define HARNESS_SCENE_H

#include "harness/mutate/mutation.h"

struct spot {
    uint8_t chain;
    uint8_t index;
};

/* ---- words ---- */

static inline bool here(const struct mutation *m, struct spot at) {
    return at.index < m->model.chains[at.chain].count;
}

static inline uint32_t some(struct mutation *m, uint32_t limit) {
    return random_below(&m->random, limit);
}

static inline bool coin(struct mutation *m) {
    return random_one_in(&m->random, 2);
}

/* Operations that the target does not run are left out of the play. */
void scene_put(struct mutation *m, struct program_op op);
void scene_play(struct mutation *m, uint8_t opcode, struct spot at);
void scene_play_on(struct mutation *m, uint8_t opcode, uint8_t adapter);
/* Either form; the old one has no place where memory is remapped, but for its refusal. */
void scene_pin(struct mutation *m, struct spot at);
void scene_pin_whole(struct mutation *m, struct spot at, bool contiguous);
void scene_pin_pages(struct mutation *m, struct spot at, uint32_t pages, bool contiguous);
void scene_map_at(struct mutation *m, struct spot at, uint32_t offset, uint32_t pages);
/* What has been put since `from` is repeated. */
void scene_again(struct mutation *m, uint32_t from, uint32_t times);
uint32_t scene_area_pages(const struct mutation *m, struct spot at);
/* The pages of a pin of all that is left, as far as the area goes and a form can say. */
uint32_t scene_all_left(const struct mutation *m, struct spot at);
struct spot scene_other_spot(struct mutation *m, struct spot at);
void scene_strange(struct mutation *m, uint8_t opcode, struct spot at);

/* ---- plays ---- */

void play_save_and_restore(struct mutation *m, struct spot at);
void play_alternate(struct mutation *m, struct spot at);
void play_chunks(struct mutation *m, struct spot at);
void play_slide(struct mutation *m, struct spot at);
void play_overlap(struct mutation *m, struct spot at);
void play_pressed(struct mutation *m, struct spot at);
void play_next_owner(struct mutation *m, struct spot at);
void play_stale(struct mutation *m, struct spot at);
void play_restarts(struct mutation *m, struct spot at);
void play_start_faults(struct mutation *m, struct spot at);
void play_trouble(struct mutation *m, struct spot at);
void play_renumber(struct mutation *m, struct spot at);
void play_relink(struct mutation *m, struct spot at);
void play_come_and_go(struct mutation *m, struct spot at);
void play_isolate(struct mutation *m, struct spot at);
void play_otherwise(struct mutation *m, struct spot at);
void play_whole_chain(struct mutation *m, struct spot at);
void play_fragments(struct mutation *m, struct spot at);
void play_exhaust(struct mutation *m, struct spot at);
void play_many(struct mutation *m, struct spot at);
void play_holes(struct mutation *m, struct spot at);
void play_view_holes(struct mutation *m, struct spot at);
void play_frame_holes(struct mutation *m, struct spot at);
void play_turnover(struct mutation *m, struct spot at);
void play_fill(struct mutation *m, struct spot at);
void play_fill_views(struct mutation *m, struct spot at);
void play_faults(struct mutation *m, struct spot at);
void play_strangers(struct mutation *m, struct spot at);
void play_raised(struct mutation *m, struct spot at);
void play_scribbled(struct mutation *m, struct spot at);

#endif
