/* What the parts of the mutator share: the mutation in progress. Private to harness/mutate/. */
#ifndef HARNESS_MUTATION_H
#define HARNESS_MUTATION_H

#include "harness/contract/dry_run.h"
#include "harness/mutate/mutate.h"
#include "harness/mutate/swarm.h"
#include "harness/program/random.h"
#include "harness/program/target_operations.h"

/* A sequence under construction: the longest is a view moved through a section, twice 24. */
#define SCENE_OPS 64u

struct mutation {
    struct program *program;
    uint32_t operations; /* TARGET_OP() bits: the target's, */
    uint32_t wanted;     /* and those of them that are put in by themselves */
    const struct swarm *swarm;
    uint32_t max_ops; /* what fits into the engine's buffer */
    struct random random;
    struct model model; /* the dry run, up to where operations are put */
    uint32_t scene_count;
    struct program_op scene[SCENE_OPS];
};

static inline bool mutation_may(const struct mutation *m, uint8_t opcode) {
    return (m->operations & TARGET_OP(opcode)) != 0;
}

/* Whether it is put in by itself; scenes are left out as a whole. */
static inline bool mutation_wants(const struct mutation *m, uint8_t opcode) {
    return (m->wanted & TARGET_OP(opcode)) != 0;
}

/* ---- mutate_world.c ---- */
/* A new world, more often plain than not. */
void mutate_world_fresh(struct mutation *m);
/* Makes room for many of the same. */
void mutate_world_roomy(struct mutation *m);
/* A chain of several under remapping, whose areas need more logical pages than there are. */
void mutate_world_sparse(struct mutation *m);
/* A chain that can use up its machine: RAM that is one area, areas of all of it or nearly so, little view
 * space. */
void mutate_world_little(struct mutation *m);
/* Room for so many pages more than the dry run has taken: in view space, in RAM, or in the logical space of
 * all adapters. */
void mutate_world_leave_views(struct mutation *m, uint64_t pages);
void mutate_world_leave_frames(struct mutation *m, uint64_t pages);
void mutate_world_leave_logical(struct mutation *m, uint8_t chain, uint64_t pages);
/* Changes one thing of the world: a count, a budget, a boundary of memory, what a miniport says. */
void mutate_world_tweak(struct mutation *m);

/* ---- mutate_operands.c ---- */
/* An operation that does something, as far as the dry run in m->model knows. */
struct program_op mutate_op_sensible(struct mutation *m, uint8_t opcode);
/* Likewise, on one save area: chain and index are of m->model. */
struct program_op mutate_op_on(struct mutation *m, uint8_t opcode, uint8_t chain, uint8_t index);
/* Moves one argument to a boundary of the world, or makes it a stranger. */
void mutate_op_tweak(struct mutation *m, struct program_op *op);
/* Takes back what is strange: handle, forms, fault, null. */
void mutate_op_repair(struct mutation *m, struct program_op *op);
void mutate_op_fault(struct mutation *m, struct program_op *op);
/* How often to repeat: a few times, or about as often as a counter of some width counts. */
uint32_t mutate_some_times(struct mutation *m);
/* A chain, mostly one that runs; false when there is none. And an index of it. */
bool mutate_pick_chain(struct mutation *m, uint8_t *chain);
uint8_t mutate_pick_index(struct mutation *m, uint8_t chain);
/* Another chain, or another index of a chain, where there are two. */
uint8_t mutate_another_chain(struct mutation *m, uint8_t chain);
uint8_t mutate_another_index(struct mutation *m, uint8_t chain, uint8_t index);
/* What one more pin of the chain can have: frames, and logical pages where memory is remapped. */
uint64_t mutate_free_pages(const struct mutation *m, uint8_t chain);

/* ---- edit.c ---- */
/* How many more operations there is room for. */
uint32_t mutation_room(const struct mutation *m);
/* Puts operations in, as many as there is room for; they may not be part of the program. */
void mutation_insert(struct mutation *m, uint32_t at, const struct program_op *ops, uint32_t count);
void mutation_cut(struct mutation *m, uint32_t at, uint32_t count);

/* ---- mutate_race.c: one mutation each, false when there is nothing to do it to ---- */
bool mutate_race_schedule(struct mutation *m);
bool mutate_race_make(struct mutation *m);
/* Gives `count` operations their actors. */
void mutate_race_share_out(struct mutation *m, struct program_op *ops, uint32_t count);
/* A schedule for the race at `at`, of the next `ops` operations; and one in which the actor of the operation
 * at `op` begins, and another goes on at one of the locks on its way: what else there is could only hide the
 * moment. */
void mutate_race_draw(struct mutation *m, uint32_t at, uint32_t ops);
void mutate_race_leave_once(struct mutation *m, uint32_t at, uint32_t op);
/* Likewise of a stop, where its driver releases what it has. */
void mutate_race_leave_releases(struct mutation *m, uint32_t at, uint32_t stop);

/* ---- scenes_races.c: likewise ---- */
bool mutate_race_scene(struct mutation *m);
bool mutate_race_failing(struct mutation *m);
bool mutate_race_releasing(struct mutation *m);
bool mutate_race_overwritten(struct mutation *m);
bool mutate_race_last(struct mutation *m);

/* ---- scenes_watched.c: likewise ---- */
bool mutate_race_watched(struct mutation *m);
bool mutate_race_shown(struct mutation *m);

/* ---- mutate_scenes.c ---- */
/* Writes a sequence that plays in the state of m->model to m->scene. */
void mutate_scene(struct mutation *m);
/* One that makes many holes, in logical space or among views, and then needs all of them. */
void mutate_scene_holes(struct mutation *m);
/* One that uses up frames, logical pages or view space to the last, and then wants one more. */
void mutate_scene_full(struct mutation *m);

#endif
