/*
 * One page under several addresses, by the host's MMU.
 *
 * A new view that overlaps live views has to show their bytes. Mostly it goes into their window, but
 * sometimes it cannot: it bridges two windows, it reaches out of theirs, or its base there has died
 * and must not come back. It then gets a window of its own in which the pages of live views are
 * aliased. That is rare, and costs system calls only then and at shutdown.
 */
#ifndef NT_ALIAS_H
#define NT_ALIAS_H

#include <stdbool.h>
#include <stdint.h>

/* A map adds two for each stretch of live pages that it shows, and needs an overlapping live view for
 * each stretch: with a view space of 17 MiB, 272 views. Kernels allow a process 65530 mappings, and an
 * alias in the middle of memory makes two. */
#define NT_ALIASES 32000u

/* Makes the memory at `from` also appear at `to`; both are whole pages of windows, and `to` was never
 * issued. False when the host refuses: `from` is unharmed then, `to` must not be used in this boot. */
bool nt_alias(uint8_t *from, uint8_t *to, uint64_t bytes);

/* Gives every aliased address memory of its own again, zeros. */
void nt_alias_shutdown(void);

#endif
