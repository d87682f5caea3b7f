/* Accesses in words, for reports. These may allocate and call the system. */
#ifndef HARNESS_PLACE_H
#define HARNESS_PLACE_H

#include "harness/interleave/accesses.h"

/*
 * One side of a conflict, in a line: "write of 8 bytes by actor 1 at dxgk_unpin src/dxgk/pin.c:128,
 * holding 'chain' 'memory'". Returns text.
 */
const char *place_describe(const struct accesses_side *side, char *text, size_t size);
/* "function src/dxgk/pin.c:128" for a return address: by the sanitizer's symbolizer when it is linked,
 * else by llvm-symbolizer or addr2line when there is one, else "offset 0x1234". Never a directory above
 * src/. Returns text. */
const char *place_of(uintptr_t pc, char *text, size_t size);

#endif
