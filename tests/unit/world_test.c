/*
 * Each row of world.def in every place that is made of them: bytes, text, manual, mending, mutator,
 * minimizer. A new row is tested here without a word about it.
 */
#include "harness/program/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness/contract/dry_run.h"
#include "harness/minimize/minimize.h"
#include "harness/mutate/mutate.h"
#include "harness/program/text.h"

#define ADAPTERS 3u
#define VALUES   80u /* of one member: 64 bits alone, or its words, and its edges */

static struct program first, second;
static uint8_t bytes[PROGRAM_BYTES], again[PROGRAM_BYTES];
static char text[TEXT_MAX], other[TEXT_MAX];
static struct text_error error;

/* ---- a member at one place ---- */

struct place {
    const struct world_fields *fields;
    unsigned i;
    unsigned ordinal; /* of its adapter */
};

static const struct world_field *field_of(const struct place *place) {
    return &place->fields->field[place->i];
}

static void *base_of(struct program *program, const struct place *place) {
    return place->fields == &world_machine ? (void *)&program->machine
                                           : (void *)&program->adapters[place->ordinal];
}

static struct world_range range_of(const struct program *program, const struct place *place) {
    return world_range(field_of(place), &program->machine, place->ordinal);
}

static uint64_t value_of(struct program *program, const struct place *place) {
    return world_get(field_of(place), base_of(program, place));
}

static void each_place(void (*test)(const struct place *place)) {
    for (unsigned i = 0; i < world_machine.count; i++)
        test(&(struct place){&world_machine, i, 0});
    for (unsigned i = 0; i < world_adapter.count; i++)
        test(&(struct place){&world_adapter, i, ADAPTERS - 1});
}

/* A plain world but for this member; what depends on it follows. */
static void only(struct program *program, const struct place *place, uint64_t value) {
    program_default_machine(&program->machine);
    program->machine.adapters = place->fields == &world_machine ? 1 : ADAPTERS;
    program->op_count = 0;
    for (unsigned i = 0; i < PROGRAM_ADAPTERS; i++)
        program_default_adapter(&program->adapters[i]);
    world_set(field_of(place), base_of(program, place), value);
    for (unsigned i = place->i + 1; i < world_machine.count && place->fields == &world_machine; i++) {
        const struct place behind = {&world_machine, i, 0};
        world_set(field_of(&behind), &program->machine, range_of(program, &behind).plain);
    }
}

/* The values that a member is tried with; returns their number. */
static unsigned values_of(const struct place *place, uint64_t *values) {
    const struct world_field *field = field_of(place);
    only(&first, place, 0);
    struct world_range range = range_of(&first, place);
    const uint64_t edges[] = {range.least, range.least + field->step, range.plain, range.most - field->step,
                              range.most};
    unsigned count = 0;
    for (unsigned i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
        if (edges[i] >= range.least && edges[i] <= range.most)
            values[count++] = edges[i];
    for (unsigned i = 0; field->kind == WORLD_IS_WORD && i < field->list->count; i++)
        values[count++] = i;
    for (unsigned i = 0; field->kind == WORLD_IS_BITS && i < field->list->count; i++)
        values[count++] = range.plain ^ UINT64_C(1) << i;
    CHECK(count >= 2 && count <= VALUES);
    return count;
}

static void check_same_world(void) {
    CHECK(first.machine.adapters == second.machine.adapters);
    for (unsigned i = 0; i < world_machine.count; i++)
        CHECK(world_get(&world_machine.field[i], &first.machine) ==
              world_get(&world_machine.field[i], &second.machine));
    for (unsigned a = 0; a < first.machine.adapters; a++)
        for (unsigned i = 0; i < world_adapter.count; i++)
            CHECK(world_get(&world_adapter.field[i], &first.adapters[a]) ==
                  world_get(&world_adapter.field[i], &second.adapters[a]));
}

/* ---- bytes and text ---- */

static bool all_zero(const uint8_t *record) {
    static const uint8_t zeros[PROGRAM_RECORD];
    return memcmp(record, zeros, PROGRAM_RECORD) == 0;
}

static void survives(const struct place *place) {
    uint64_t values[VALUES];
    unsigned count = values_of(place, values);
    for (unsigned i = 0; i < count; i++) {
        only(&first, place, values[i]);
        bool plain = values[i] == range_of(&first, place).plain;
        size_t size = program_encode(&first, bytes);
        program_decode(&second, bytes, size);
        check_same_world();
        unsigned record = place->fields == &world_machine ? 0 : 1 + place->ordinal;
        CHECK(all_zero(bytes + record * PROGRAM_RECORD) == plain);
        size_t length = text_print(&first, text, sizeof(text));
        if (!text_parse("world", text, length, &second, &error)) {
            fprintf(stderr, "%s\n%s", error.text, text);
            exit(1);
        }
        check_same_world();
        char word[64];
        const struct world_field *field = field_of(place);
        snprintf(word, sizeof(word), " %s%s", field->word, field->kind == WORLD_IS_FLAG ? "\n" : "=");
        CHECK((strstr(text, word) != NULL) == (!plain || field->kind == WORLD_IS_COUNT));
    }
}

/* Whatever bytes a record holds, the numbers are in range; and spare ones say nothing. */
static void bytes_come_into_range(void) {
    uint64_t state = 0x9e3779b97f4a7c15u;
    for (unsigned round = 0; round < 5000; round++) {
        for (unsigned i = 0; i < (1 + PROGRAM_ADAPTERS) * PROGRAM_RECORD; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes[i] = (uint8_t)(state >> 32);
        }
        program_decode(&first, bytes, (1 + PROGRAM_ADAPTERS) * PROGRAM_RECORD);
        for (unsigned a = 0; a < first.machine.adapters; a++) {
            for (unsigned i = 0; i < world_machine.count + world_adapter.count; i++) {
                bool machine = i < world_machine.count;
                const struct place place = {machine ? &world_machine : &world_adapter,
                                            machine ? i : i - world_machine.count, a};
                struct world_range range = range_of(&first, &place);
                uint64_t value = value_of(&first, &place);
                CHECK(value >= range.least && value <= range.most && value % field_of(&place)->step == 0);
            }
        }
        memcpy(again, bytes, sizeof(bytes));
        uint8_t *record = again;
#define WORLD_SPARE(offset, width) memset(record + (offset), 0x5a, width);
#define WORLD_MACHINE
#include "harness/program/world.def"
        record += PROGRAM_RECORD;
#define WORLD_SPARE(offset, width) memset(record + (offset), 0x5a, width);
#define WORLD_ADAPTER
#include "harness/program/world.def"
        program_decode(&second, again, (1 + PROGRAM_ADAPTERS) * PROGRAM_RECORD);
        check_same_world();
    }
}

static void is_in_the_manual(const struct place *place) {
    const struct world_field *field = field_of(place);
    char line[64];
    snprintf(line, sizeof(line), "\n    %s ", field->word);
    CHECK(strstr(text_help(), line) != NULL);
    for (unsigned i = 0; field->list && i < field->list->count; i++) {
        snprintf(line, sizeof(line), "\n      %s ", field->list->words[i]);
        CHECK(strstr(text_help(), line) != NULL);
    }
}

static void mends(const struct place *place) {
    const struct world_field *field = field_of(place);
    only(&first, place, 0);
    struct world_range range = range_of(&first, place);
    uint64_t room = field->width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * field->width) - 1;
    if ((field->kind != WORLD_IS_NUMBER && field->kind != WORLD_IS_JOINS) || range.most == room)
        return;
    world_set(field, base_of(&first, place), range.most + 1);
    program_mend_world(&first);
    CHECK(value_of(&first, place) == (field->kind == WORLD_IS_JOINS ? range.plain : range.most));
    if (range.least > 0) {
        world_set(field, base_of(&first, place), range.least - 1);
        program_mend_world(&first);
        CHECK(value_of(&first, place) == range.least);
    }
}

/* ---- the mutator ---- */

#define MUTANTS 6000u

/* By place, at most 64 words or bits each. */
static uint64_t words_seen[WORLD_FIELDS];
static uint32_t others_seen[WORLD_FIELDS], plain_seen[WORLD_FIELDS];

static void look_at(const struct place *place, unsigned row) {
    const struct world_field *field = field_of(place);
    uint64_t value = value_of(&first, place);
    uint64_t plain = range_of(&first, place).plain;
    words_seen[row] |= field->kind == WORLD_IS_WORD   ? UINT64_C(1) << value
                       : field->kind == WORLD_IS_BITS ? value ^ plain
                                                      : 0;
    others_seen[row] += value != plain;
    plain_seen[row] += value == plain;
}

static void the_mutator_reaches_all(void) {
    size_t size = 0;
    for (uint64_t seed = 0; seed < MUTANTS; seed++) {
        size = mutate_input(bytes, seed % 4 ? size : 0, PROGRAM_BYTES, seed, MUTATE_ALL_OPERATIONS, NULL);
        program_decode(&first, bytes, size);
        for (unsigned i = 0; i < world_machine.count; i++)
            look_at(&(struct place){&world_machine, i, 0}, i);
        for (unsigned a = 0; a < first.machine.adapters; a++)
            for (unsigned i = 0; i < world_adapter.count; i++)
                look_at(&(struct place){&world_adapter, i, a}, world_machine.count + i);
    }
    for (unsigned row = 0; row < WORLD_FIELDS; row++) {
        bool machine = row < world_machine.count;
        const struct world_field *field =
            machine ? &world_machine.field[row] : &world_adapter.field[row - world_machine.count];
        if (others_seen[row] < MUTANTS / 200 || plain_seen[row] < MUTANTS / 20) {
            fprintf(stderr, "%s: plain %u times, something else %u times\n", field->word, plain_seen[row],
                    others_seen[row]);
            exit(1);
        }
        CHECK(field->list == NULL || words_seen[row] == (UINT64_C(1) << field->list->count) - 1);
    }
}

/* ---- the minimizer ---- */

static struct place wanted;
static uint64_t wanted_value;

/* Some adapter has it, or the machine. */
static bool has_it(const struct program *candidate, uint32_t *ended, void *context) {
    (void)ended;
    (void)context;
    if (wanted.fields == &world_machine)
        return world_get(field_of(&wanted), &candidate->machine) == wanted_value;
    bool any = false;
    for (unsigned a = 0; a < candidate->machine.adapters; a++)
        any |= world_get(field_of(&wanted), &candidate->adapters[a]) == wanted_value;
    return any;
}

/* As far from plain as it can be. */
static void make_odd(struct program *program, const struct place *place) {
    struct world_range range = range_of(program, place);
    if (field_of(place)->kind != WORLD_IS_COUNT)
        world_set(field_of(place), base_of(program, place),
                  range.plain == range.most ? range.least : range.most);
}

/* A world in which nothing is plain shrinks to the one member that is wanted. */
static void is_left_alone(const struct place *place) {
    static const volatile sig_atomic_t never;
    uint64_t values[VALUES];
    unsigned count = values_of(place, values);
    bool joins = field_of(place)->kind == WORLD_IS_JOINS;
    if (field_of(place)->kind == WORLD_IS_COUNT)
        return;
    only(&second, place, 0);
    wanted = *place;
    wanted_value = joins ? 1 : values[count - 1];
    for (unsigned i = 0; wanted_value == range_of(&second, place).plain; i++)
        wanted_value = values[i];
    first.machine.adapters = ADAPTERS;
    for (unsigned i = 0; i < world_machine.count; i++)
        make_odd(&first, &(struct place){&world_machine, i, 0});
    for (unsigned i = 0; i < ADAPTERS * world_adapter.count; i++)
        make_odd(&first, &(struct place){&world_adapter, i / ADAPTERS, i % ADAPTERS});
    if (wanted_value > range_of(&first, place).most) /* it needs room that the rows above it have taken */
        for (unsigned i = 1; i < place->i; i++)
            world_set(&world_machine.field[i], &first.machine,
                      world_range(&world_machine.field[i], &first.machine, 0).plain);
    world_set(field_of(place), base_of(&first, place), wanted_value);
    program_mend_world(&first);
    CHECK(value_of(&first, place) == wanted_value);
    struct minimize_result result = minimize(&first, has_it, NULL, 100000, &never);
    /* It moves to the first adapter that can have it. */
    struct place left = *place;
    left.ordinal = joins ? 1 : 0;
    only(&second, &left, wanted_value);
    second.machine.adapters = (uint8_t)(left.ordinal + 1);
    text_print(&first, text, sizeof(text));
    text_print(&second, other, sizeof(other));
    if (!result.finished || strcmp(text, other) != 0) {
        fprintf(stderr, "wanted:\n%sgot, of %u candidates:\n%s", other, result.tried, text);
        exit(1);
    }
}

int main(void) {
    each_place(survives);
    bytes_come_into_range();
    each_place(is_in_the_manual);
    each_place(mends);
    the_mutator_reaches_all();
    each_place(is_left_alone);
    return 0;
}
