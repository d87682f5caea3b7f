/* The named worlds as text, and worlds as programs. */
#include "harness/enumerate/worlds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/program/text.h"

/*
 * Save areas of two and three pages are the smallest that have an inside, and differ. A driver below WDDM 2.9
 * cannot be remapped (INIT-REMAP), so that what is attached late is 1:1.
 */
#define ONE "adapter 0 maximum_size=3p"

static const struct {
    const char *name;
    const char *says;
    const char *text;
} named[] = {
#define LATE " version=wddm2.8 caps=supported"
    {"one-none", "one device, no IOMMU", "machine iommu=none\n" ONE "\n"},
    {"one-isolated", "one device, 1:1, attached before it starts", "machine adapters=1\n" ONE "\n"},
    {"one-remapped", "one device, remapped", "machine iommu=remap_always\n" ONE "\n"},
    {"one-forced", "one device, 1:1, attached when it has started", "machine adapters=1\n" ONE LATE "\n"},
    {"one-late", "one device, 1:1, attached by a secure VM", "machine iommu_flags=0\n" ONE LATE "\n"},
#define TWO(machine, driver)                                                                                 \
    "machine adapters=2 " machine "\n" ONE driver "\nadapter 1 joins=0 maximum_size=2p" driver "\n"
    {"two-none", "a chain of two, no IOMMU", TWO("iommu=none", "")},
    {"two-isolated", "a chain of two, 1:1, attached before they start", TWO("", "")},
    {"two-remapped", "a chain of two, remapped", TWO("iommu=remap_always", "")},
    {"two-forced", "a chain of two, 1:1, attached when they have started", TWO("", LATE)},
    {"two-late", "a chain of two, 1:1, attached by a secure VM", TWO("iommu_flags=0", LATE)},
#define APART(machine) "machine adapters=2 " machine "\n" ONE "\nadapter 1 maximum_size=2p\n"
    {"apart-isolated", "two chains of one, 1:1", APART("")},
    {"apart-remapped", "two chains of one, remapped", APART("iommu=remap_always")},
    {"joined-isolated", "a chain of two and one beside it, 1:1",
     "machine adapters=3\n" ONE "\nadapter 1 joins=0 maximum_size=2p\nadapter 2 maximum_size=1p\n"},
    {"three-isolated", "a chain of three, 1:1",
     "machine adapters=3\n" ONE "\nadapter 1 joins=0 maximum_size=2p\nadapter 2 joins=0 maximum_size=1p\n"},
    {"stopped-isolated", "two devices that are not started, 1:1",
     "machine adapters=2\n" ONE " stopped\nadapter 1 maximum_size=2p stopped\n"},
    {"two-versions", "a chain of two, with drivers of two versions, 1:1",
     "machine adapters=2\n" ONE " version=wddm3.1\nadapter 1 joins=0 maximum_size=2p\n"},
    {"stops-isolated", "one device, under a Dxgkrnl that stops the system above APC_LEVEL, 1:1",
     "machine adapters=1 dxgkrnl=wddm3.2\n" ONE "\n"},
    {"wide-isolated", "one device, an area of more than 64 KiB, 1:1",
     "machine adapters=1\nadapter 0 maximum_size=72K\n"},
    {"long-isolated", "one device, an area of 66 pages, 1:1",
     "machine adapters=1\nadapter 0 maximum_size=66p\n"},
    {"large-isolated", "one device, an area of 4 GiB, 1:1",
     "machine adapters=1 ram=2M\nadapter 0 maximum_size=4G\n"},
    {"large-remapped", "one device, an area of 8 GiB, remapped",
     "machine iommu=remap_always ram=2M\nadapter 0 maximum_size=8G\n"},
    {"reserved-isolated", "one device with two reserved ranges, 1:1",
     "machine adapters=1 firmware_first=0x100 firmware_pages=0x40\n" ONE
     " reserved=2 reserved_first=0x100 reserved_pages=2\n"},
    {"few-frames", "one device, memory for one area, 1:1", "machine adapters=1 ram=3\n" ONE "\n"},
    {"few-frames-apart", "two chains of one, memory for one area, remapped",
     "machine adapters=2 iommu=remap_always ram=4\n" ONE "\nadapter 1 maximum_size=2p\n"},
    {"few-views", "one device, an area of more than 64 KiB, space for views of 64 KiB, 1:1",
     "machine adapters=1 views=64K\nadapter 0 maximum_size=72K\n"},
    {"few-addresses", "a chain of two that sees four pages, remapped",
     "machine adapters=2 iommu=remap_always\n" ONE
     " highest_visible=0x3fff\nadapter 1 joins=0 maximum_size=2p\n"},
    {"few-addresses-reserved", "one device that sees six pages, four of which are reserved, remapped",
     "machine iommu=remap_always firmware_first=1 firmware_pages=4\n" ONE
     " reserved=1 reserved_first=1 reserved_pages=4 highest_visible=0x5fff\n"},
    {"one-unsupported", "one device that cannot be isolated", "machine adapters=1\n" ONE " caps=none\n"},
    {"one-bypassed", "the same, for which that is bypassed",
     "machine iommu_flags=9\n" ONE " version=wddm2.8 caps=none\n"},
    {"one-allowed", "one device that is attached when it has started, if it can be",
     "machine iommu_flags=0x17\n" ONE LATE "\n"},
    {"one-answers", "one device, whose driver may answer as another that cannot be isolated",
     "machine adapters=2\n" ONE "\nadapter 1 absent maximum_size=2p caps=none\n"},
};
#define NAMED (sizeof(named) / sizeof(*named))

const char *small_world_name(unsigned i, const char **says) {
    if (i >= NAMED)
        return NULL;
    *says = named[i].says;
    return named[i].name;
}

bool small_world_get(unsigned i, struct small_world *world) {
    static struct program program;
    struct text_error error;
    if (i >= NAMED)
        return false;
    if (!text_parse(named[i].name, named[i].text, strlen(named[i].text), &program, &error)) {
        fprintf(stderr, "harness: %s\n", error.text);
        abort(); /* the table above is at fault */
    }
    small_world_of(&program, named[i].name, world);
    return true;
}

void small_world_of(const struct program *program, const char *name, struct small_world *world) {
    memset(world, 0, sizeof(*world));
    snprintf(world->name, sizeof(world->name), "%s", name);
    world->machine = program->machine;
    memcpy(world->adapters, program->adapters, program->machine.adapters * sizeof(world->adapters[0]));
}

void small_world_begin(const struct small_world *world, struct program *program) {
    program->machine = world->machine;
    memcpy(program->adapters, world->adapters, world->machine.adapters * sizeof(world->adapters[0]));
    program->op_count = 0;
}
