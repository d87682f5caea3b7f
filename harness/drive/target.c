/* Decodes an input, rejects operations of other targets, and runs the rest. */
#include "harness/drive/target.h"

#include "harness/drive/executor.h"

int target_rejected = -1;

int target_run(const uint8_t *data, size_t size, uint32_t operations) {
    static struct program program;
    program_decode(&program, data, size);
    for (uint32_t i = 0; i < program.op_count; i++)
        if (!(operations & TARGET_OP(program.ops[i].opcode)))
            return target_rejected;
    executor_run(&program);
    return 0;
}
