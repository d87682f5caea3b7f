/* The byte form: decoding and encoding, one record after another. */
#include "harness/program/program.h"

#include <string.h>

/* An operation record: byte 0 is the opcode; of byte 1 four bits are ignored, and zero when canonical. */
#define BITS(member, coding, byte, bit, bits, ...) +(bits)
_Static_assert(8 + 4 + (0 PROGRAM_MEMBERS(BITS)) == 8 * PROGRAM_RECORD,
               "an operation's members fill its record");
#define FITS(member, coding, byte, bit, bits, count, ...) &&((count) <= 1 << ((bits)&15))
_Static_assert(1 PROGRAM_MEMBERS(FITS), "enumerations fit in their bits");
_Static_assert(PROGRAM_OPCODES <= 256, "an opcode fits in its byte");

static uint16_t get16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static void put(uint8_t *bytes, uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

/* A number of 40 bits with its sign. */
static int64_t get40(const uint8_t *bytes) {
    uint64_t value = get32(bytes) | (uint64_t)bytes[4] << 32;
    uint64_t sign = UINT64_C(1) << 39;
    return (int64_t)(value ^ sign) - (int64_t)sign;
}

static void decode_op(struct program_op *op, const uint8_t *record) {
#define DECODE(member, coding, byte, bit, bits, count, ...) DECODE_##coding(member, byte, bit, bits, count)
#define DECODE_UNSIGNED(member, byte, bit, bits, count)                                                      \
    op->member = (record[byte] >> (bit) & ((1 << (bits)) - 1)) % (count);
#define DECODE_INT8(member, byte, bit, bits, count)  op->member = (int8_t)record[byte];
#define DECODE_INT40(member, byte, bit, bits, count) op->member = get40(record + (byte));
#define DECODE_BYTES(member, byte, bit, bits, count) memcpy(&op->member, record + (byte), (bits) / 8);
    op->opcode = record[0] % PROGRAM_OPCODES;
    PROGRAM_MEMBERS(DECODE)
    if (op->opcode == OP_RACE) {
        struct program_race race;
        op->view_form = VIEW_LIVE; /* its view is a number of operations */
        program_race_get(op, &race);
        program_race_set(op, &race);
    }
    if (op->opcode == OP_REPEAT) {
        op->arg.repeat.ops %= PROGRAM_REPEAT_OPS;
        op->arg.repeat.times %= PROGRAM_REPEAT_TIMES;
    }
}

/* The record at offset, or a copy of what is there of it, filled up with zeros, in spare. */
static const uint8_t *record_at(const uint8_t *bytes, size_t size, size_t offset, uint8_t *spare) {
    if (offset <= size && size - offset >= PROGRAM_RECORD)
        return bytes + offset;
    memset(spare, 0, PROGRAM_RECORD);
    if (offset < size)
        memcpy(spare, bytes + offset, size - offset);
    return spare;
}

void program_decode(struct program *program, const uint8_t *bytes, size_t size) {
    uint8_t spare[PROGRAM_RECORD];
    program_decode_machine(&program->machine, record_at(bytes, size, 0, spare));
    size_t offset = PROGRAM_RECORD;
    for (unsigned i = 0; i < program->machine.adapters; i++, offset += PROGRAM_RECORD)
        program_decode_adapter(&program->adapters[i], i, record_at(bytes, size, offset, spare));
    uint32_t count = 0;
    for (; count < PROGRAM_OPS && offset < size; count++, offset += PROGRAM_RECORD)
        decode_op(&program->ops[count], record_at(bytes, size, offset, spare));
    program->op_count = count;
}

/* The record is zero. */
static void encode_op(const struct program_op *restrict op, uint8_t *restrict record) {
#define ENCODE(member, coding, byte, bit, bits, count, ...) ENCODE_##coding(member, byte, bit, bits)
#define ENCODE_UNSIGNED(member, byte, bit, bits)                                                             \
    record[byte] = (uint8_t)((bits) == 8 ? op->member : record[byte] | op->member << (bit));
#define ENCODE_INT8(member, byte, bit, bits)  record[byte] = (uint8_t)op->member;
#define ENCODE_INT40(member, byte, bit, bits) put(record + (byte), (uint64_t)op->member, (bits) / 8);
#define ENCODE_BYTES(member, byte, bit, bits) memcpy(record + (byte), &op->member, (bits) / 8);
    record[0] = op->opcode;
    PROGRAM_MEMBERS(ENCODE)
}

size_t program_encode(const struct program *program, uint8_t *bytes) {
    size_t records = 1u + program->machine.adapters + program->op_count;
    memset(bytes, 0, records * PROGRAM_RECORD);
    uint8_t *record = bytes;
    program_encode_machine(&program->machine, record);
    for (unsigned i = 0; i < program->machine.adapters; i++)
        program_encode_adapter(&program->adapters[i], record += PROGRAM_RECORD);
    for (uint32_t i = 0; i < program->op_count; i++)
        encode_op(&program->ops[i], record += PROGRAM_RECORD);
    return records * PROGRAM_RECORD;
}

void program_copy(struct program *to, const struct program *from) {
    to->machine = from->machine;
    memcpy(to->adapters, from->adapters, from->machine.adapters * sizeof(to->adapters[0]));
    to->op_count = from->op_count;
    memcpy(to->ops, from->ops, from->op_count * sizeof(to->ops[0]));
}
