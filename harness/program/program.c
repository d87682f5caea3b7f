#include "harness/program/program.h"

#include <string.h>

/* Offsets of an operation record. */
enum {
    O_OPCODE = 0,
    O_BITS = 1,
    O_ADAPTER = 2,
    O_HANDLE = 3,
    O_FORMS = 4,
    O_SIZE_DELTA = 5,
    O_OFFSET_DELTA = 6,
    O_VIEW_FORM = 7,
    O_FAIL_NTH = 8,
    O_VIEW = 9,
    O_IRQL = 10,
    O_VALUE = 11,
    O_ARG = 16
};
#define O_ACTOR 3u
#define O_FLAG  4u
#define O_NULL  8u

#define ARG_BYTES  32u
#define VALUE_BITS 40u

_Static_assert(O_ARG + ARG_BYTES == PROGRAM_RECORD, "the argument ends the record");
_Static_assert(sizeof(((struct program_op *)0)->arg) == ARG_BYTES, "the argument is carried whole");
_Static_assert(SUT_ACTORS == O_ACTOR + 1u, "an actor fits in its bits");
_Static_assert(PROGRAM_HANDLES <= 256 && PROGRAM_FORMS <= 16 && PROGRAM_VIEWS <= 16 && SUT_FAULT_KINDS <= 16,
               "enumerations fit in their bits");

static uint16_t get16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static void put(uint8_t *bytes, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static void decode_op(struct program_op *op, const uint8_t *record) {
    op->opcode = record[O_OPCODE] % PROGRAM_OPCODES;
    op->actor = record[O_BITS] & O_ACTOR;
    op->flag = (record[O_BITS] & O_FLAG) != 0;
    op->null_arg = (record[O_BITS] & O_NULL) != 0;
    op->adapter = record[O_ADAPTER] % PROGRAM_ADAPTERS;
    op->handle = record[O_HANDLE] % PROGRAM_HANDLES;
    op->size_form = (record[O_FORMS] & 15) % PROGRAM_FORMS;
    op->size_delta = (int8_t)record[O_SIZE_DELTA];
    op->offset_form = (record[O_FORMS] >> 4) % PROGRAM_FORMS;
    op->offset_delta = (int8_t)record[O_OFFSET_DELTA];
    op->view_form = (record[O_VIEW_FORM] & 15) % PROGRAM_VIEWS;
    op->fail_kind = (record[O_VIEW_FORM] >> 4) % SUT_FAULT_KINDS;
    op->fail_nth = record[O_FAIL_NTH];
    op->view = record[O_VIEW];
    op->irql = record[O_IRQL] % PROGRAM_IRQLS;
    uint64_t value = get32(record + O_VALUE) | (uint64_t)record[O_VALUE + 4] << 32;
    uint64_t sign = UINT64_C(1) << (VALUE_BITS - 1);
    op->value = (int64_t)(value ^ sign) - (int64_t)sign;
    memcpy(op->arg.raw, record + O_ARG, ARG_BYTES);
    if (op->opcode == OP_RACE) {
        struct program_race race;
        op->view_form = VIEW_LIVE; /* its view is a number of operations */
        program_race_get(op, &race);
        program_race_set(op, &race);
    }
}

/* The record at offset, or a copy of what is there of it, filled up with zeros, in spare. */
static const uint8_t *record_at(const uint8_t *bytes, size_t size, size_t offset, uint8_t *spare) {
    if (offset <= size && size - offset >= PROGRAM_RECORD) {
        return bytes + offset;
    }
    memset(spare, 0, PROGRAM_RECORD);
    if (offset < size) {
        memcpy(spare, bytes + offset, size - offset);
    }
    return spare;
}

void program_decode(struct program *program, const uint8_t *bytes, size_t size) {
    uint8_t spare[PROGRAM_RECORD];
    program_decode_machine(&program->machine, record_at(bytes, size, 0, spare));
    size_t offset = PROGRAM_RECORD;
    for (unsigned i = 0; i < program->machine.adapters; i++, offset += PROGRAM_RECORD) {
        program_decode_adapter(&program->adapters[i], i, record_at(bytes, size, offset, spare));
    }
    uint32_t count = 0;
    for (; count < PROGRAM_OPS && offset < size; count++, offset += PROGRAM_RECORD) {
        decode_op(&program->ops[count], record_at(bytes, size, offset, spare));
    }
    program->op_count = count;
}

static void encode_op(const struct program_op *op, uint8_t *record) {
    record[O_OPCODE] = op->opcode;
    record[O_BITS] = (uint8_t)(op->actor | (op->flag ? O_FLAG : 0) | (op->null_arg ? O_NULL : 0));
    record[O_ADAPTER] = op->adapter;
    record[O_HANDLE] = op->handle;
    record[O_FORMS] = (uint8_t)(op->size_form | op->offset_form << 4);
    record[O_SIZE_DELTA] = (uint8_t)op->size_delta;
    record[O_OFFSET_DELTA] = (uint8_t)op->offset_delta;
    record[O_VIEW_FORM] = (uint8_t)(op->view_form | op->fail_kind << 4);
    record[O_FAIL_NTH] = op->fail_nth;
    record[O_VIEW] = op->view;
    record[O_IRQL] = op->irql;
    put(record + O_VALUE, (uint64_t)op->value, VALUE_BITS / 8);
    memcpy(record + O_ARG, op->arg.raw, ARG_BYTES);
}

size_t program_encode(const struct program *program, uint8_t *bytes) {
    size_t records = 1u + program->machine.adapters + program->op_count;
    memset(bytes, 0, records * PROGRAM_RECORD);
    uint8_t *record = bytes;
    program_encode_machine(&program->machine, record);
    for (unsigned i = 0; i < program->machine.adapters; i++) {
        program_encode_adapter(&program->adapters[i], record += PROGRAM_RECORD);
    }
    for (uint32_t i = 0; i < program->op_count; i++) {
        encode_op(&program->ops[i], record += PROGRAM_RECORD);
    }
    return records * PROGRAM_RECORD;
}

void program_copy(struct program *to, const struct program *from) {
    to->machine = from->machine;
    memcpy(to->adapters, from->adapters, from->machine.adapters * sizeof to->adapters[0]);
    to->op_count = from->op_count;
    memcpy(to->ops, from->ops, from->op_count * sizeof to->ops[0]);
}
