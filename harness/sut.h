/*
 * The seam: what an implementation of the frame-buffer-save callbacks provides to be put behind
 * this harness. "sut" is the subject under test.
 *
 * An implementation defines one function, sut_get(), and links in place of src/; examples/tinykrnl is one to
 * start from. It simulates a machine with adapters; the harness plays the bus, the drivers, the
 * GPUs and the user. Everything runs on one thread; in a race, on several stacks of it that take turns, in
 * which actors make callbacks at the same time (docs/design.md, "Races"). Exactly one machine is booted at a
 * time, and after shutdown() nothing of it may be left.
 *
 * The members from dma on are the oracle's look inside. Each may be NULL: the clauses that need it
 * are then not judged, the others are.
 */
#ifndef HARNESS_SUT_H
#define HARNESS_SUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wddm/dispmprt.h"

/* Devices on a machine, named by ordinal. Two chains of eight, the longest that the contract's
 * users build. */
#define SUT_DEVICES   16u
#define SUT_CHAIN_MAX 8u
/* Callers that take turns, each with an IRQL of its own. */
#define SUT_ACTORS 4u

enum sut_iommu {
    SUT_IOMMU_NONE,
    SUT_IOMMU_PRESENT,
    SUT_IOMMU_REMAP_ALWAYS, /* present, and remapping even where it is not needed (INIT-REMAP) */
    SUT_IOMMU_KINDS
};

/*
 * The machine. Its budgets are limits on what may be in use at once.
 *
 * Physical memory: the OS has ram_pages frames, with whatever numbers within [0, highest_pfn] the
 * implementation likes, but none in the firmware's stretch. It need not be able to hand out all of them.
 * The firmware's memory cannot be written; read by DMA, each 8 bytes that are aligned hold their own physical
 * address.
 */
struct sut_machine_config {
    enum sut_iommu iommu;
    ULONG dxgkrnl_version; /* Dxgkrnl's own, DXGKDDI_INTERFACE_VERSION_* */
    uint32_t iommu_flags;  /* IOMMUFlags: five bits, docs/contract.md */
    uint64_t ram_pages;    /* installed frames, > 0 */
    uint64_t highest_pfn;  /* PFN of the highest installed frame, >= ram_pages + firmware_pages - 1 */
    uint64_t firmware_pages;
    uint64_t firmware_first; /* > 0 where there are firmware_pages */
    uint64_t commit_pages;   /* commit limit; may exceed ram_pages */
    uint64_t pool_bytes;     /* kernel pool */
    uint64_t view_bytes;     /* system address space for views, a multiple of 64 KiB */
    uint32_t pfn_seed;       /* which frames are handed out first */
};

/*
 * A driver, as far as Dxgkrnl sees it here: the DDIs of docs/contract.md, "How a device gets there", which
 * says when each is called. context goes to each function. All are called at PASSIVE_LEVEL.
 */
struct sut_miniport {
    void *context;
    ULONG version; /* DXGKDDI_INTERFACE_VERSION_*, from DRIVER_INITIALIZATION_DATA.Version */
    /* DxgkDdiAddDevice: once for each add(). A failure: the driver declines the device, which is not there.
     */
    NTSTATUS (*add_device)(void *context);
    /* DxgkDdiLinkDevice: right after add_device, and once more for each device of a chain that link() makes.
     * Devices with one ChainUid are one chain; the chain is whole with NumberOfLinksInChain of them. */
    NTSTATUS (*link_device)(void *context, LINKED_DEVICE *linked);
    /* DxgkDdiStartDevice: hands out the interface, valid until stop_device returns. The lead's comes last. */
    NTSTATUS (*start_device)(void *context, const DXGKRNL_INTERFACE *dxgkrnl);
    /* DxgkDdiQueryAdapterInfo: types 1, 15, 21, 22, and from WDDM 2.9 on 34 and 35, the last two before the
     * first start_device. Any member's driver answers for its chain. Other types: a failure. */
    NTSTATUS (*query_adapter_info)(void *context, const DXGKARG_QUERYADAPTERINFO *query);
    /* DxgkDdiStopDevice: also of a device that was surprise removed. The lead's comes first. The driver may
     * call back, in a race, too: others run meanwhile then. */
    void (*stop_device)(void *context);
    /* DxgkDdiBeginExclusiveAccess and its End, around an attach to the domain of a started chain. */
    NTSTATUS (*begin_exclusive)(void *context, DXGKARG_BEGINEXCLUSIVEACCESS *argument);
    NTSTATUS (*end_exclusive)(void *context, DXGKARG_ENDEXCLUSIVEACCESS *argument);
};

enum sut_fault {
    SUT_FAULT_ANY, /* the nth fault point of whatever kind */
    SUT_FAULT_POOL,
    SUT_FAULT_LOCK,
    SUT_FAULT_DOMAIN,
    SUT_FAULT_VIEW,
    SUT_FAULT_COMMIT,
    SUT_FAULT_ATTACH,
    SUT_FAULT_KINDS
};

/* What is out right now. All zero when the last adapter is gone (END-ZERO), but for the last two. */
struct sut_ledger {
    uint64_t commit_pages;
    uint64_t locked_pages;
    uint64_t domain_pages; /* mapped in all domains together */
    uint64_t view_bytes;   /* spans of live views, from and to 64 KiB boundaries */
    uint32_t pins;
    uint32_t views;
    uint32_t handles; /* adapter handles alive */
    uint64_t pool_bytes;
    uint64_t pool_blocks;
    uint64_t cache_bytes; /* tables that grow with use (ANY-ROLLBACK excepts them) */
    uint32_t leaks;       /* pins and views taken back at stops so far (STOP-RECLAIM) */
    uint32_t breaches;    /* calls above PASSIVE_LEVEL reported so far (ANY-IRQL) */
};

struct sut_page {
    bool has_frame; /* false: no PFN has been given to the page yet */
    uint64_t pfn;
    bool locked;
    uint32_t views; /* live views that cover it */
};

/*
 * A scheduler of actors, for races. What the implementation's locks call instead of waiting, which would
 * be for ever: on one thread nobody else could go on. All are called by the actor that is running.
 */
struct sut_hooks {
    /* A lock is wanted, of whatever kind, told apart by its address; returns when the actor may have it. Of a
     * lock that its holder may take again: the first time only. name outlives the race. */
    void (*acquire)(const void *lock, const char *name);
    void (*release)(const void *lock); /* it has been given back */
    /* Memory is newly allocated; is about to be freed. For the look at accesses: what was known of these
     * bytes is void. */
    void (*fresh)(const void *address, size_t size);
    void (*freed)(const void *address, size_t size);
    /* The implementation itself has found that its locks are taken in an order that can deadlock. Does not
     * return. */
    void (*violated)(const char *what);
};

struct sut {
    const char *name;
    /* Hold it to this project's choices, basis C, and to exact statuses, but for what `dialect` declares.
     * Without it: to what is documented or follows from it, and to having made each of its own choices once
     * and for all (docs/contract.md, "Dialects"; `pinfuzz dialect` prints them). */
    bool hold_chosen;
    /* Choices that are declared rather than learnt, such as "apc=accepted table=whole": then another answer
     * breaks the clause. NULL: none. With hold_chosen: where it chose otherwise than this project. */
    const char *dialect;
    /* Its callbacks are never called at the same time: races run their calls one after another, and fuzz/run
     * leaves their target out. */
    bool one_thread;

    /* false: the machine cannot be booted (the harness stops there; it is nobody's finding). */
    bool (*boot)(const struct sut_machine_config *config);
    void (*shutdown)(void); /* adapters still there are removed first */

    /* The bus, one of these calls at a time, as the PnP manager makes them. A device is added once until it
     * is removed; 0 <= device < SUT_DEVICES. A device that is not there: STATUS_INVALID_PARAMETER. */
    NTSTATUS (*add)(unsigned device, const struct sut_miniport *miniport);
    /* The bus has found a bridge between the two, while both are stopped. */
    NTSTATUS (*link)(unsigned lead, unsigned joiner);
    NTSTATUS (*start)(unsigned device);           /* the whole chain of the device */
    NTSTATUS (*stop)(unsigned device);            /* likewise */
    NTSTATUS (*remove)(unsigned device);          /* stops the chain first when it runs */
    NTSTATUS (*surprise_remove)(unsigned device); /* the notification; remove() follows some day */
    NTSTATUS (*power)(unsigned device, bool d0);
    NTSTATUS (*reset)(unsigned device, bool begin); /* TDR */
    NTSTATUS (*secure_vm)(unsigned device);         /* one is created that uses the device's chain */

    /* The caller's circumstances. */
    void (*set_actor)(unsigned actor); /* actor < SUT_ACTORS */
    void (*set_irql)(KIRQL irql);      /* of the current actor */
    void (*memory_pressure)(void);

    /* ---- the oracle's look, all optional ---- */

    /* The GPU `device` reads or writes size bytes at a device address, within one page. Returns false
     * when the access faults or the device does no DMA now. */
    bool (*dma)(unsigned device, uint64_t address, void *buffer, size_t size, bool write);
    /* An id of the domain the device is attached to, 0 for none; valid until the next start or stop. */
    uint64_t (*domain)(unsigned device);
    /* Page `page` of the section of physical adapter `index` in the chain led by `lead`. False: no
     * such page. */
    bool (*page)(unsigned lead, unsigned index, uint64_t page, struct sut_page *out);
    /* With `mapped=locked` of `dialect`, which hold_chosen implies: also asked in races, when a lock is
     * wanted or has been released, and takes none. Others may be in the middle of a call then: nothing may be
     * counted twice because it is moved just now. */
    void (*ledger)(struct sut_ledger *out);
    /* Pages that the domain of this device's chain maps. */
    uint64_t (*domain_pages)(unsigned device);
    /* Whether the ADL or MDL a pin handed out is still alive. */
    bool (*descriptor_alive)(const void *descriptor);
    /* Whether the CPU can access these bytes through views. */
    bool (*cpu_accessible)(const void *address, size_t size);
    /* Fails the nth fault point (from 1) of a kind from now on, once; nth 0 disarms. Used only together with
     * the next one. */
    void (*arm_fault)(enum sut_fault kind, uint32_t nth);
    /* Fault points of the armed kind passed since; *fired: whether one was failed. */
    uint32_t (*fault_passed)(bool *fired);
    /* Set before a race and cleared (NULL) after it; cleared in the middle of one that is not gone on with,
     * all locks are free again. Without this member an implementation is switched where a call begins and
     * nowhere else, however it was compiled: one that has locks would wait for ever. */
    void (*set_hooks)(const struct sut_hooks *hooks);
    /* Asked when a call has returned, outside races: the name of a lock that the current actor still holds,
     * NULL for none. In races the harness knows by the hooks. */
    const char *(*lock_held)(void);
    /* The current actor's IRQL, asked when a call has returned. */
    KIRQL (*irql)(void);
    /* Where Dxgkrnl is of WDDM 3.2 or later, a callback at DISPATCH_LEVEL or above stops the system: what is
     * set here is called then, with no lock held, and does not return; the machine is shut down next. Without
     * this member such calls are not made. */
    void (*set_bug_check)(void (*hook)(ULONG code));
};

#ifdef __cplusplus
extern "C" {
#endif
/* The implementation linked in. */
const struct sut *sut_get(void);
#ifdef __cplusplus
}
#endif

#endif
