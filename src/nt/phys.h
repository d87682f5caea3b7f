/*
 * Physical memory: frames, the commit charge, and who may take a frame away.
 *
 * Everything is sparse: a frame costs nothing until something needs its number. "Holding" n frames
 * promises that n pages can be resident at once (locked or viewed); a held page gets its PFN when
 * somebody asks for it, and cannot lose it. A page that is resident but not held may be evicted, by
 * pressure or because another page needs the frame, and comes back under another PFN.
 */
#ifndef NT_PHYS_H
#define NT_PHYS_H

#include <stdbool.h>
#include <stdint.h>

#include "nt/fault.h"

struct nt_page; /* a section's page, nt/section.h */

/* INIT-COMMIT: charges pages against the commit limit; false (nothing charged) when they do not
 * fit or a fault is injected (NT_FAULT_COMMIT). Never wraps. */
bool nt_commit_charge(uint64_t pages);
void nt_commit_return(uint64_t pages);
uint64_t nt_commit_charged(void);

/* The next five are for nt/section.h, whose functions call them under its lock. */

/* Promise frames for n pages. False (nothing promised) when RAM is short, or by a fault point of
 * the given kind (NT_FAULT_LOCK or NT_FAULT_VIEW). */
bool nt_phys_hold(uint64_t pages, enum nt_fault_kind kind);
void nt_phys_unhold(uint64_t pages);
uint64_t nt_phys_held(void);
/* Gives the page a frame, its own until it is evicted or released: one that was never used while there
 * are such, else the one that was free longest, else another page's; not the one that the page itself
 * lost, while there is another. Cannot fail for a held page, as long as the host has memory. */
bool nt_phys_assign(struct nt_page *page);
/* The page has a frame. */
void nt_phys_release(struct nt_page *page);

/* The PFN of the page's frame. False when it has none; nothing is assigned then. */
bool nt_phys_pfn(const struct nt_page *page, uint64_t *pfn);
/* The page whose frame has this PFN; NULL when the frame is free or not installed. */
struct nt_page *nt_phys_page(uint64_t pfn);
bool nt_phys_installed(uint64_t pfn);
/* Whether [first, first + pages), which does not wrap, lies in the firmware's memory; not with 0 pages. */
bool nt_phys_firmware(uint64_t first, uint64_t pages);
/* Takes every frame that is neither locked nor viewed. */
void nt_phys_pressure(void);

#endif
