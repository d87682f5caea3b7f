/* Scenes of lives: chains start, stop, lose members, sleep, are attached; and what was obtained in an earlier
 * life. */
#include "harness/mutate/scene.h"

#include <string.h>

#define NUMBER(name, ...) OP_##name,

/* What was obtained before a stop is used after it. */
void play_stale(struct mutation *m, struct spot at) {
    static const uint8_t calls[] = {PROGRAM_CALLBACKS(NUMBER)};
    if (!here(m, at))
        return;
    uint32_t first = m->model.handle_count;
    scene_pin(m, at);
    if (coin(m))
        scene_play(m, OP_MAP, at);
    for (uint32_t i = 0, lives = 1 + some(m, 3); i < lives; i++) {
        scene_play_on(m, OP_STOP, at.chain);
        if (!random_one_in(&m->random, 4))
            scene_play_on(m, OP_START, at.chain);
    }
    if (coin(m))
        scene_pin(m, at);
    for (uint32_t i = 0, uses = 1 + some(m, 4); i < uses && here(m, at); i++) {
        struct program_op op = mutate_op_on(m, RANDOM_PICK(&m->random, calls), at.chain, at.index);
        if (op.opcode == OP_UNMAP && coin(m)) {
            op.view_form = VIEW_ISSUED;
            op.view = (uint8_t)some(m, m->model.base_count + 1);
        } else {
            op.handle = HANDLE_ISSUED;
            op.value = (int64_t)some(m, first + 1);
        }
        scene_put(m, op);
    }
}

/* Lives in a row, with what a driver forgot in each. */
void play_restarts(struct mutation *m, struct spot at) {
    for (uint32_t i = 0, lives = 2 + some(m, random_one_in(&m->random, 4) ? 18 : 5); i < lives; i++) {
        if (coin(m))
            scene_play(m, coin(m) ? OP_PIN2 : OP_MAP, at);
        scene_play_on(m, OP_STOP, at.chain);
        scene_play_on(m, OP_START, at.chain);
    }
    if (coin(m)) /* all that an earlier life had */
        scene_pin_pages(m, at, scene_all_left(m, at), coin(m));
    else
        scene_pin(m, at);
    scene_play(m, OP_DMA_READ, at);
}

/* A start fails at one step after the other, then succeeds. */
void play_start_faults(struct mutation *m, struct spot at) {
    scene_play_on(m, OP_STOP, at.chain);
    struct program_op op = {.opcode = OP_START, .adapter = at.chain};
    mutate_op_fault(m, &op);
    if (coin(m))
        op.fail_nth = 1;
    for (uint8_t i = 0, count = (uint8_t)(1 + some(m, 6)); i < count; i++) {
        scene_put(m, op);
        op.fail_nth++;
    }
    scene_play_on(m, OP_START, at.chain);
    scene_pin(m, at);
}

/* A GPU hangs, sleeps or goes while the others work. */
void play_trouble(struct mutation *m, struct spot at) {
    static const uint8_t troubles[] = {OP_RESET, OP_RESET, OP_POWER, OP_POWER, OP_SURPRISE_REMOVE};
    struct spot hit = {at.chain, here(m, at) ? mutate_pick_index(m, at.chain) : at.index};
    uint8_t opcode = RANDOM_PICK(&m->random, troubles);
    scene_pin(m, at);
    if (coin(m))
        scene_play(m, OP_DMA_WRITE, at);
    scene_play(m, opcode, hit);
    for (uint32_t i = 1 + some(m, 3); i > 0; i--)
        if (coin(m))
            scene_play(m, coin(m) ? OP_DMA_READ : OP_DMA_WRITE, at);
        else if (here(m, at) && m->model.chains[at.chain].areas[at.index].pin.live && coin(m))
            scene_play(m, OP_UNPIN, at);
        else
            scene_play(m, coin(m) ? OP_PIN2 : OP_MAP, scene_other_spot(m, at));
    if (opcode != OP_SURPRISE_REMOVE)
        scene_play(m, opcode, hit);
    else if (coin(m))
        scene_play(m, OP_REMOVE, hit);
    else
        scene_play_on(m, OP_STOP, at.chain);
    scene_play(m, OP_DMA_READ, at);
}

/* Members leave; what is left starts with other indices. */
void play_renumber(struct mutation *m, struct spot at) {
    uint8_t count = m->model.chains[at.chain].count;
    if (count == 0)
        return;
    uint8_t leaver = m->model.chains[at.chain].members[some(m, count)];
    scene_pin(m, at);
    if (coin(m))
        scene_pin(m, scene_other_spot(m, at));
    scene_play_on(m, OP_REMOVE, leaver);
    for (uint8_t i = 0; i < m->program->machine.adapters && i < 4; i++)
        if (coin(m))
            scene_play_on(m, OP_START, i);
    for (uint32_t i = 1 + some(m, 3); i > 0; i--)
        scene_pin(m, scene_other_spot(m, at));
    if (coin(m)) {
        scene_play_on(m, OP_ADD, leaver);
        scene_play_on(m, OP_START, leaver);
    }
}

/* A chain is built anew. */
void play_relink(struct mutation *m, struct spot at) {
    uint8_t adapters = m->program->machine.adapters;
    uint8_t joiner = (uint8_t)some(m, adapters);
    scene_play_on(m, OP_ADD, joiner);
    scene_play_on(m, OP_STOP, at.chain);
    scene_play_on(m, OP_STOP, joiner);
    scene_put(m, (struct program_op){.opcode = OP_LINK, .adapter = at.chain, .value = joiner});
    if (coin(m))
        scene_put(m, (struct program_op){
                         .opcode = OP_LINK, .adapter = at.chain, .value = (int64_t)some(m, adapters)});
    scene_play_on(m, OP_START, coin(m) ? at.chain : joiner);
    uint8_t chain = m->model.devices[at.chain].chain;
    for (uint8_t i = 0; i < m->model.chains[chain].count && i < 4; i++)
        scene_pin(m, (struct spot){chain, i});
    scene_play(m, OP_DMA_READ, at);
}

/* Members of a chain vanish, leave and come back, with nothing done in between; then it is used. */
void play_come_and_go(struct mutation *m, struct spot at) {
    static const uint8_t comings[] = {OP_SURPRISE_REMOVE, OP_REMOVE, OP_REMOVE, OP_ADD, OP_ADD,
                                      OP_START,           OP_STOP};
    const struct model_chain *chain = &m->model.chains[at.chain];
    uint8_t members[4];
    uint8_t count = chain->count < 4 ? chain->count : 4;
    memcpy(members, chain->members, count);
    if (count == 0)
        return;
    uint8_t first = members[some(m, count)], second = members[some(m, count)];
    if (coin(m)) {
        scene_play_on(m, OP_SURPRISE_REMOVE, first);
        scene_play_on(m, OP_REMOVE, second);
        scene_play_on(m, OP_ADD, second);
    }
    for (uint32_t i = some(m, 6); i > 0; i--) {
        if (!random_one_in(&m->random, 3))
            second = members[some(m, count)];
        scene_play_on(m, RANDOM_PICK(&m->random, comings), second);
    }
    for (uint32_t i = some(m, 6); i > 0; i--) { /* each time with one link less, or one more */
        scene_play_on(m, OP_REMOVE, second);
        scene_play_on(m, OP_ADD, second);
    }
    for (uint8_t i = 0; i < count; i++) {
        scene_play_on(m, OP_START, members[i]);
        if (coin(m))
            scene_pin(m, (struct spot){members[i], 0});
    }
}

/* A chain that runs on physical memory is attached to its domain, at the first or at a later try, with pins
 * and views out. */
void play_isolate(struct mutation *m, struct spot at) {
    struct spot other = scene_other_spot(m, at);
    scene_pin(m, at);
    scene_play(m, OP_DMA_WRITE, at);
    if (coin(m))
        scene_pin(m, other);
    if (coin(m))
        scene_play(m, OP_MAP, at);
    struct program_op op = {.opcode = OP_SECURE_VM, .adapter = at.chain, .fail_kind = SUT_FAULT_ATTACH};
    for (uint8_t i = 0, count = (uint8_t)some(m, 4); i < count; i++) {
        op.fail_nth++;
        scene_put(m, op);
    }
    op.fail_nth = 0;
    scene_put(m, op);
    scene_play(m, OP_DMA_READ, at);
    if (coin(m))
        scene_play(m, OP_POWER, at);
    scene_play(m, OP_UNPIN, coin(m) ? at : other);
    if (coin(m))
        scene_put(m, op);
    scene_pin(m, coin(m) ? at : other);
    scene_play(m, OP_DMA_READ, at);
}

/* A driver answers otherwise in a later start than in those before. */
void play_otherwise(struct mutation *m, struct spot at) {
    uint32_t adapters = m->program->machine.adapters;
    for (uint32_t i = 0, lives = 1 + some(m, 3); i < lives; i++) {
        uint8_t device = here(m, at) && coin(m) ? m->model.chains[at.chain].members[at.index] : at.chain;
        scene_play_on(m, OP_STOP, at.chain);
        scene_put(m, (struct program_op){
                         .opcode = OP_ANSWERS, .adapter = device, .value = (int64_t)some(m, adapters)});
        scene_play_on(m, OP_START, at.chain);
        if (coin(m))
            scene_pin_whole(m, at, coin(m));
        else
            scene_pin(m, at);
        if (coin(m))
            scene_play(m, OP_DMA_WRITE, at);
    }
}
