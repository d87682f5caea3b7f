/*
 * A small Dxgkrnl's half of the frame-buffer-save callbacks, on a machine that is simulated with what Linux
 * has: a section is sparse files, a view is a mapping of them, DMA reads and writes them.
 *
 *     seam.c       what the harness asks for (harness/sut.h); begin there
 *     bus.c        adapters come and go, are linked, start and stop
 *     driver.c     what a chain's driver is asked, and what follows from its answers
 *     callbacks.c  the five callbacks, and the table that drivers get
 *     memory.c     page numbers, sections, pins, views
 *
 * One lock guards everything below; it is never held while a driver is called. What several files use has
 * names that begin with tk_: they meet those of the harness in one program.
 */
#ifndef TINYKRNL_H
#define TINYKRNL_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/sut.h"

/* A pin lists its pages in ascending order. Page numbers are frames where memory is not remapped. */
struct pin {
    bool live;
    uint64_t first; /* of `count` pages in a row, when there is no array */
    uint64_t count;
    DXGK_PAGE_NUMBER *pages; /* NULL: contiguous */
    DXGK_ADL adl;            /* what Pin2 hands out */
    MDL *mdl;                /* what Pin hands out, with the pages behind it */
};

/* A file ends below 2^63 bytes, a section of 64 bits does not. */
#define SECTION_FILES      4u
#define SECTION_FILE_BYTES (UINT64_C(1) << 62)

/* One physical adapter's save area. */
struct area {
    struct device *lead; /* of its chain */
    uint64_t bytes;      /* 0: the adapter needs no memory, and has no section */
    int files[SECTION_FILES];
    struct pin pin;
};

struct view {
    struct view *next;
    const struct area *area;
    void *base;
    uint64_t bytes;
};

enum mode {
    MODE_PHYSICAL, /* no IOMMU in the way: devices reach every frame */
    MODE_ISOLATED, /* behind an IOMMU that maps 1:1 what is pinned, once the chain is attached to it */
    MODE_REMAPPED  /* behind an IOMMU, by page numbers of the chain's own */
};

enum state {
    STOPPED,
    STARTING,
    STARTED,
    STOPPING
};

#define RESERVED_MAX 8u
struct range {
    uint64_t first; /* page */
    uint64_t count;
};

/* A physical adapter. Of a chain's members each has itself in here, the lead has all else. */
struct device {
    bool present;
    bool gone; /* surprise removed, and not removed yet */
    bool powered;
    bool resetting;
    struct sut_miniport miniport;
    LINKED_DEVICE linked;      /* what its driver says of its chain */
    struct device *lead;       /* itself when it is single */
    HANDLE handle;             /* NULL when it is not started */
    DXGKRNL_INTERFACE dxgkrnl; /* its driver's table */

    unsigned count; /* members of the chain that it leads, itself among them */
    struct device *members[SUT_CHAIN_MAX];
    enum state state;
    ULONG version; /* that its driver is served as: the older of its own and Dxgkrnl's */
    enum mode mode;
    bool isolation; /* its driver can be isolated, and has save areas; */
    bool required;  /* must be */
    bool attached;
    unsigned reserved; /* ranges that its GPUs reach at their own addresses */
    struct range ranges[RESERVED_MAX];
    uint64_t first_page; /* page numbers that pins of this chain can have: from this one */
    uint64_t end_page;   /* to the one before this */
    uint64_t commit_pages;
    struct area areas[SUT_CHAIN_MAX]; /* by PhysicalAdapterIndex */
};

/* The machine: what it has, and how much of that is out. */
struct machine {
    struct sut_machine_config has;
    uint64_t commit_pages;
    uint64_t locked_pages;
    uint64_t pool_bytes;
    uint64_t view_bytes;
    uintptr_t last_handle;
    struct view *views; /* the one mapped last first */
    KIRQL irql[SUT_ACTORS];
    unsigned actor;
    struct device devices[SUT_DEVICES];
};
extern struct machine tk_machine;

/* ---- seam.c ---- */
void tk_lock(void);
void tk_unlock(void);
/* From the heap, but for the harness's look at races, which must know when memory gets another meaning. NULL
 * when there is none. */
void *tk_get(size_t bytes);
void tk_put(void *block, size_t bytes);

/* ---- memory.c; under the lock ---- */
NTSTATUS tk_section_create(struct area *area, uint64_t bytes);
void tk_section_close(struct area *area);
/* Within one page. */
bool tk_section_access(const struct area *area, uint64_t offset, void *buffer, size_t size, bool write);
NTSTATUS tk_pin_pages(struct area *area, uint64_t count, bool contiguous);
NTSTATUS tk_pin_mdl(struct area *area, uint64_t count);
void tk_unpin_pages(struct area *area);
/* Whether the pin has that page number, and which page of the section it is. */
bool tk_pin_has(const struct pin *pin, uint64_t number, uint64_t *page);
NTSTATUS tk_view_map(const struct area *area, uint64_t offset, uint64_t bytes, void **base);
/* Ends the view of that area with that base; NULL: all views of the area. False when there is none. */
bool tk_view_unmap(const struct area *area, const void *base);

/* ---- callbacks.c ---- */
void tk_interface_fill(DXGKRNL_INTERFACE *dxgkrnl, ULONG version, HANDLE handle);

/* ---- driver.c: of a chain, by its lead ---- */
void tk_serve(struct device *lead);
/* Its caps, and the ranges that it reserves: how its GPUs will see memory. */
NTSTATUS tk_ask_caps(struct device *lead);
/* How much each index saves. */
NTSTATUS tk_ask_areas(const struct device *lead, SIZE_T *bytes);
/* Attaches a chain that is started, if the machine says so, or for a secure VM. */
NTSTATUS tk_attach_forced(struct device *lead);
NTSTATUS tk_attach(struct device *lead);

/* ---- bus.c ---- */
NTSTATUS tk_bus_add(unsigned device, const struct sut_miniport *miniport);
NTSTATUS tk_bus_link(unsigned lead, unsigned joiner);
NTSTATUS tk_bus_start(unsigned device);
NTSTATUS tk_bus_stop(unsigned device);
NTSTATUS tk_bus_remove(unsigned device);
NTSTATUS tk_bus_surprise_remove(unsigned device);
NTSTATUS tk_bus_power(unsigned device, bool d0);
NTSTATUS tk_bus_reset(unsigned device, bool begin);
NTSTATUS tk_bus_secure_vm(unsigned device);
/* NULL: nothing is there. */
struct device *tk_bus_find(unsigned device);

#endif
