/* Changes worlds member by member, by the rows of world.def. */
#include "harness/enumerate/changes.h"

#include <stdio.h>
#include <string.h>

#include "harness/program/text.h"
#include "harness/program/world.h"

#define PAGE UINT64_C(4096)

struct changer {
    const struct small_world *from;
    struct small_world *to;
    unsigned room;
    unsigned first; /* those of the member that is being changed begin here */
    unsigned count;
};

static const char *world_text(const struct small_world *world, char *text, size_t size) {
    static struct program program;
    small_world_begin(world, &program);
    text_print_world(&program, text, size);
    return text;
}

/* The same text says the same world. */
static bool is_known(const struct changer *c, const struct small_world *world) {
    static char text[TEXT_WORLD_MAX], other[TEXT_WORLD_MAX];
    world_text(world, text, sizeof(text));
    bool known = strcmp(text, world_text(c->from, other, sizeof(other))) == 0;
    for (unsigned i = c->first; i < c->count && i < c->room && !known; i++)
        known = strcmp(text, world_text(&c->to[i], other, sizeof(other))) == 0;
    return known;
}

/* What was plain stays plain: the highest frame of a machine with less memory is another one. */
static void follow(struct program_machine *machine, const struct program_machine *before) {
    for (unsigned i = 0; i < world_machine.count; i++) {
        const struct world_field *field = &world_machine.field[i];
        if (field->kind == WORLD_IS_NUMBER && world_get(field, machine) == world_get(field, before) &&
            world_get(field, before) == world_range(field, before, 0).plain)
            world_set(field, machine, world_range(field, machine, 0).plain);
    }
}

/* The world with a member changed: of the machine, where `adapter` is negative. */
static void change(struct changer *c, const struct world_field *field, int adapter, uint64_t value) {
    static struct program program;
    static struct small_world world;
    small_world_begin(c->from, &program);
    world_set(field, adapter < 0 ? (void *)&program.machine : &program.adapters[adapter], value);
    follow(&program.machine, &c->from->machine);
    program_mend_world(&program);
    char name[sizeof(world.name)];
    if (adapter < 0)
        snprintf(name, sizeof(name), "%.24s, %.24s", c->from->name, field->word);
    else
        snprintf(name, sizeof(name), "%.23s, %.24s of %d", c->from->name, field->word, adapter);
    small_world_of(&program, name, &world);
    world.depth = c->from->depth - 1;
    if (is_known(c, &world))
        return;
    if (c->count < c->room)
        c->to[c->count] = world;
    c->count++;
}

/* Ends of ranges, of pages, of 64 KiB, and of 32 bits of bytes. */
static void numbers(struct changer *c, const struct world_field *field, int adapter,
                    struct world_range range) {
    static const uint64_t small[] = {0, 1, 2, 3, 4, 8};
    static const uint64_t bytes[] = {PAGE - 1,          PAGE,
                                     PAGE + 1,          2 * PAGE,
                                     4 * PAGE - 1,      8 * PAGE,
                                     16 * PAGE,         17 * PAGE,
                                     32 * PAGE,         257 * PAGE,
                                     UINT64_C(1) << 32, UINT64_C(2) << 32,
                                     UINT64_C(1) << 44, UINT64_C(1) << 63};
    static const uint64_t counts[] = {16, 17, 32, 128, 0x100, 1 << 20, 1 << 21, 1 << 22};
    bool sized = field->unit == WORLD_UNIT_SIZE || field->unit == WORLD_UNIT_ADDRESS ||
                 field->unit == WORLD_UNIT_BYTES || field->unit == WORLD_UNIT_KIBIBYTES;
    for (unsigned i = 0; i < sizeof(small) / sizeof(*small); i++)
        change(c, field, adapter, range.least + small[i] * field->step);
    for (unsigned i = 0; sized && i < sizeof(bytes) / sizeof(*bytes); i++)
        change(c, field, adapter, bytes[i]);
    for (unsigned i = 0; !sized && i < sizeof(counts) / sizeof(*counts); i++)
        if (counts[i] <= range.most)
            change(c, field, adapter, counts[i]);
    if (field->unit == WORLD_UNIT_ADDRESS) /* all of the machine's memory but a page, and but a byte */
        for (uint64_t less = 0; less <= 2; less++)
            change(c, field, adapter, (c->from->machine.highest_pfn + 1 - less / 2) * PAGE - 1 - less % 2);
    change(c, field, adapter, range.most - field->step);
    change(c, field, adapter, range.most);
}

static void each(struct changer *c, const struct world_field *field, int adapter, uint64_t most) {
    for (uint64_t other = 0; other <= most; other++)
        change(c, field, adapter, other);
}

static void member(struct changer *c, const struct world_field *field, int adapter, const void *base) {
    uint64_t value = world_get(field, base);
    struct world_range range = world_range(field, &c->from->machine, adapter < 0 ? 0 : (unsigned)adapter);
    c->first = c->count;
    switch (field->kind) {
    case WORLD_IS_COUNT: /* worlds of another size are others */
        break;
    case WORLD_IS_NUMBER:
        if (field->domain == WORLD_DOMAIN_FLAGS)
            each(c, field, adapter, range.most);
        else
            numbers(c, field, adapter, range);
        break;
    case WORLD_IS_FLAG:
    case WORLD_IS_WORD:
    case WORLD_IS_JOINS:
        each(c, field, adapter, range.most);
        break;
    case WORLD_IS_BITS:
        change(c, field, adapter, 0);
        for (uint64_t bit = 1; bit <= range.most; bit *= 2)
            change(c, field, adapter, value ^ bit);
        break;
    }
}

unsigned changes_of(const struct small_world *world, struct small_world *changed, unsigned room) {
    struct changer c = {.from = world, .to = changed, .room = room};
    if (world->depth == 0)
        return 0;
    for (unsigned i = 0; i < world_machine.count; i++)
        member(&c, &world_machine.field[i], -1, &world->machine);
    for (int a = 0; a < world->machine.adapters; a++)
        for (unsigned i = 0; i < world_adapter.count; i++)
            member(&c, &world_adapter.field[i], a, &world->adapters[a]);
    return c.count;
}
