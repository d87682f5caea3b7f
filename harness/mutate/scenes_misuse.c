/* Scenes of calls that fail: by faults, by wrong arguments, by an IRQL, by a driver that scribbles. */
#include "harness/mutate/scene.h"

#define NUMBER(name, ...) OP_##name,

/* One call fails at its first, second, ... step; then it must work as if nothing had been. */
void play_faults(struct mutation *m, struct spot at) {
    static const uint8_t calls[] = {OP_PIN2, OP_PIN2, OP_PIN, OP_MAP};
    uint8_t opcode = RANDOM_PICK(&m->random, calls);
    if (!here(m, at))
        return;
    struct program_op op = mutate_op_on(m, opcode, at.chain, at.index);
    mutate_op_fault(m, &op);
    for (uint8_t nth = 1, last = (uint8_t)(1 + some(m, 5)); nth <= last; nth++) {
        op.fail_nth = nth;
        scene_put(m, op);
        if (m->model.chains[at.chain].areas[at.index].pin.live)
            scene_play(m, OP_UNPIN, at);
    }
    op.fail_nth = 0;
    scene_put(m, op);
    scene_play(m, OP_DMA_WRITE, at);
    op = mutate_op_on(m, opcode == OP_MAP ? OP_UNMAP : OP_UNPIN, at.chain, at.index);
    if (coin(m)) { /* a release must not mind */
        op.fail_nth = 1;
        op.fail_kind = (uint8_t)some(m, SUT_FAULT_KINDS);
    }
    scene_put(m, op);
}

/* Strangers, one after the other, while there is something that they could hurt. */
void play_strangers(struct mutation *m, struct spot at) {
    static const uint8_t calls[] = {OP_PIN2, OP_PIN2, OP_PIN, OP_UNPIN, OP_MAP, OP_UNMAP};
    if (coin(m))
        scene_pin(m, at);
    if (coin(m))
        scene_play(m, OP_MAP, at);
    for (uint32_t i = 1 + some(m, 6); i > 0; i--)
        scene_strange(m, RANDOM_PICK(&m->random, calls), at);
    scene_pin(m, at);
    scene_play(m, OP_UNPIN, at);
}

/* A caller forgets to lower its IRQL. */
void play_raised(struct mutation *m, struct spot at) {
    static const uint8_t calls[] = {PROGRAM_CALLBACKS(NUMBER)};
    if (coin(m))
        scene_pin(m, at);
    if (coin(m))
        scene_play(m, OP_MAP, at);
    if (random_one_in(&m->random, 3)) /* which stops the system */
        m->program->machine.dxgkrnl_version = PROGRAM_WDDM_3_2;
    scene_play(m, OP_IRQL, at);
    uint32_t from = m->scene_count;
    for (uint32_t i = 1 + some(m, 3); i > 0; i--)
        scene_play(m, RANDOM_PICK(&m->random, calls), at);
    if (random_one_in(&m->random, 3))
        scene_again(m, from, mutate_some_times(m));
    scene_play(m, OP_IRQL, at);
    scene_pin(m, at);
    scene_play(m, OP_UNPIN, at);
}

/* The driver writes over what it was handed: now what it was given is told by Dxgkrnl's own records alone. */
void play_scribbled(struct mutation *m, struct spot at) {
    struct spot other = scene_other_spot(m, at);
    if (coin(m))
        scene_pin(m, other);
    scene_pin(m, at);
    for (uint32_t i = 1 + some(m, 3); i > 0 && here(m, at); i--) {
        struct program_op op = mutate_op_on(m, OP_SCRIBBLE, at.chain, at.index);
        op.arg.number[0] = some(m, 12);
        if (coin(m)) /* of a header: a few pages, and Contiguous or not */
            op.arg.number[1] = some(m, 20) | (uint64_t)some(m, 2) << 32;
        scene_put(m, op);
    }
    if (coin(m))
        scene_play(m, coin(m) ? OP_DMA_WRITE : OP_PRESSURE, at);
    if (random_one_in(&m->random, 3))
        scene_play_on(m, OP_STOP, at.chain);
    else
        scene_play(m, OP_UNPIN, at);
    scene_pin(m, coin(m) ? at : other);
    scene_play(m, OP_DMA_READ, at);
}
