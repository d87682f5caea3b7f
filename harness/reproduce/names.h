/*
 * What operands of a run are called in the C file: not by value, which differs from process to process, but
 * by what they are. A pin or a view is named after the callback that made it, whose variables end in its
 * number.
 */
#ifndef HARNESS_NAMES_H
#define HARNESS_NAMES_H

#include "harness/contract/call.h"
#include "harness/contract/model.h"
#include "harness/reproduce/put.h"

typedef uint32_t names_maker;
#define NAMES_NOBODY     0u
#define NAMES_OP(op)     ((op) + 1)           /* the callback of an operation */
#define NAMES_SERIAL(nr) (0x80000000u | (nr)) /* one that is no operation's */

/* A base: its place in the order of issue plus 1, 0 for none. */
typedef uint32_t names_base;

/* Everything is forgotten. */
void names_begin(void);
/* A pin was made; the next view will be made by; the pins that are alive may end. */
void names_pinned(uint8_t chain, uint8_t index, names_maker maker);
void names_mapped(names_maker maker);
void names_ending(void);

/* Who made the pin there; the latest view with this base; that one and the distance from the view's base
 * that is nearest below. */
names_maker names_of_pin(uint8_t chain, uint8_t index);
names_base names_of_base(uint64_t base);
names_base names_of_address(uint64_t address, int64_t *distance);

/* Who made the pin with this descriptor, and whether it is alive. */
bool names_find_descriptor(const void *descriptor, names_maker *maker);

/* "3", or "s17". Good for four calls. */
const char *names_suffix(names_maker maker);
/* A callback's argument variable: "pin2_3". */
void names_put_argument(struct put *to, uint8_t opcode, names_maker maker);
/* "map_3.pBaseAddress"; "bases_3[issued_3 - 1]" or "bases_3[0]" of a call that is repeated. */
void names_put_base(struct put *to, names_base base);
/* "adapter[0].dxgkrnl.DeviceHandle". */
void names_put_handle(struct put *to, const struct call *call);

/* A device page: a page of a pin, or the one before or behind it. */
struct names_place {
    names_maker maker; /* of the pin; NOBODY: the address says which */
    int8_t beside;     /* -1, 0, 1 */
    uint64_t page;
    uint64_t address; /* device page number */
};
/* Finds the pin: of the device's chain before others. The section's page is what is meant when it returns
 * the pin's area, which is alive and not looked at from beside. */
const struct model_area *names_find_place(struct names_place *place, uint8_t device, uint64_t address);
/* The device page number of a live pin's page; false when nobody knows any more. */
bool names_pin_address(const struct model_pin *pin, uint64_t page, uint64_t *address);
/* "page_number(&pages_3, 7)". */
void names_put_place(struct put *to, const struct names_place *place);

#endif
