/*
 * What a pin or a map hands out, looked at by itself. Plain C that needs the seam and REQUIRE() alone:
 * `pinfuzz source` puts it as it stands into each file it writes. Each is false for what is malformed.
 */
#ifndef HARNESS_DESCRIPTOR_H
#define HARNESS_DESCRIPTOR_H

#include "harness/sut.h"

/* `array`: why it must not be contiguous; NULL when it may be. */
bool descriptor_check_adl(const DXGK_ADL *adl, uint64_t pages, const char *array);
bool descriptor_check_mdl(const MDL *mdl, uint64_t bytes);
/* Of a map that was asked for `offset`. */
bool descriptor_check_view(const DXGKARGCB_MAPFRAMEBUFFERPOINTER *map, uint64_t offset);

#endif
