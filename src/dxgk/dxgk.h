/*
 * Dxgkrnl's half of the frame-buffer-save contract: adapters, chains, their domains and save areas,
 * and the five callbacks that a miniport finds in its DXGKRNL_INTERFACE.
 *
 * dxgk_boot() follows nt_boot() and dxgk_shutdown() precedes nt_shutdown(). Functions that start,
 * stop, link or remove may call into miniports and hold no lock while they do.
 */
#ifndef DXGK_DXGK_H
#define DXGK_DXGK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wddm/dispmprt.h"

/* Physical adapters on one machine: two chains of eight. */
#define DXGK_ADAPTERS_MAX 16u
/* Physical adapters in one chain, the longest that linked-adapter hardware was built in. */
#define DXGK_CHAIN_MAX 8u

struct dxgk_adapter; /* a physical adapter: one device on the bus */
struct nt_section;

/* IOMMUFlags, a setting of the machine. */
enum {
    DXGK_IOMMU_ENABLED = 0x01,
    DXGK_IOMMU_MAPPINGS = 0x02,
    DXGK_IOMMU_ATTACH = 0x04,
    DXGK_IOMMU_BYPASS_DRIVER_CAP = 0x08,
    DXGK_IOMMU_ALLOW_FAILURE = 0x10
};

struct dxgk_config {
    ULONG version; /* Dxgkrnl's own, DXGKDDI_INTERFACE_VERSION_* */
    bool iommu;
    bool remap_always;    /* with an IOMMU: remap where it is not necessary, too (INIT-REMAP) */
    uint32_t iommu_flags; /* DXGK_IOMMU_* bits */
    uint64_t highest_pfn; /* of the highest installed frame */
};

/* What a display miniport registers, as far as this contract goes. context goes to each function. */
struct dxgk_miniport {
    void *context;
    ULONG version; /* DXGKDDI_INTERFACE_VERSION_* */
    NTSTATUS (*add_device)(void *context);
    NTSTATUS (*link_device)(void *context, LINKED_DEVICE *linked);
    NTSTATUS (*start_device)(void *context, const DXGKRNL_INTERFACE *dxgkrnl);
    NTSTATUS (*query_adapter_info)(void *context, const DXGKARG_QUERYADAPTERINFO *query);
    void (*stop_device)(void *context);
    NTSTATUS (*begin_exclusive)(void *context, DXGKARG_BEGINEXCLUSIVEACCESS *argument);
    NTSTATUS (*end_exclusive)(void *context, DXGKARG_ENDEXCLUSIVEACCESS *argument);
};

void dxgk_boot(const struct dxgk_config *config);
/* Cuts the power: adapters that were not removed go without a call to their miniports. */
void dxgk_shutdown(void);

/* ---- the bus ---- */

/* A fresh device is in D0, in the chain that its driver's LinkDevice names. STATUS_NO_MEMORY,
 * STATUS_INSUFFICIENT_RESOURCES beyond DXGK_ADAPTERS_MAX, or what AddDevice or LinkDevice returned. The
 * miniport structure is copied. */
NTSTATUS dxgk_adapter_add(const struct dxgk_miniport *miniport, struct dxgk_adapter **adapter);
/* Appends joiner to lead's chain, and asks each of the new chain's drivers for its link again. Both are
 * stopped, present and leads, the joiner is single, and the result has at most DXGK_CHAIN_MAX members;
 * else STATUS_INVALID_DEVICE_STATE. The same adapter twice: STATUS_INVALID_PARAMETER. A LinkDevice that
 * fails leaves the chains as they were. */
NTSTATUS dxgk_adapter_link(struct dxgk_adapter *lead, struct dxgk_adapter *joiner);
/* Start and stop the whole chain of the adapter. STATUS_INVALID_DEVICE_STATE when that is not the
 * state to do it from; start.c lists what else a start can meet. */
NTSTATUS dxgk_adapter_start(struct dxgk_adapter *adapter);
NTSTATUS dxgk_adapter_stop(struct dxgk_adapter *adapter);
/* Stops the chain first when it runs. On success *adapter is gone. Removing the lead dissolves the
 * chain, removing another renumbers it. STATUS_INVALID_DEVICE_STATE while a start or stop is on. */
NTSTATUS dxgk_adapter_remove(struct dxgk_adapter *adapter);
/* The device has left the bus: it does no DMA from now on. Nothing is taken back before
 * dxgk_adapter_stop() or dxgk_adapter_remove(), for the driver still cleans up (STOP-RECLAIM). */
NTSTATUS dxgk_adapter_surprise_remove(struct dxgk_adapter *adapter);
/* D0 or D3; to the state it is in: success. */
NTSTATUS dxgk_adapter_power(struct dxgk_adapter *adapter, bool d0);
/* A TDR begins or ends (TDR-KEEPS). STATUS_INVALID_DEVICE_STATE when it is the other's turn. */
NTSTATUS dxgk_adapter_reset(struct dxgk_adapter *adapter, bool begin);

/* A secure VM is created that uses the adapter: its chain is attached to its domain, unless it is already
 * (ATTACH-LATER, ATTACH-ONCE). STATUS_NOT_SUPPORTED without isolation (ATTACH-NOSUPPORT),
 * STATUS_INVALID_DEVICE_STATE unless started, or as attach.c says. */
NTSTATUS dxgk_adapter_secure_vm(struct dxgk_adapter *adapter);

/* The GPU reads or writes size bytes at a device address, all within one page. False: it faults, or
 * the device does no DMA now; buffer is untouched then. */
bool dxgk_dma(struct dxgk_adapter *adapter, uint64_t address, void *buffer, size_t size, bool write);

/* Takes every frame that is neither locked nor viewed. */
void dxgk_memory_pressure(void);

/* ANY-IRQL: told of each callback called above PASSIVE_LEVEL, at that level and with no lock held. */
typedef void dxgk_breach_hook(void *context, KIRQL irql);
void dxgk_on_breach(dxgk_breach_hook *hook, void *context);

/* From WDDM 3.2 on a callback at DISPATCH_LEVEL or above stops the system: this is called, with no lock
 * held, and does not return. Outlives a boot; NULL: the process aborts. */
#define DXGK_BUG_CHECK_IRQL 0x0000000Au /* IRQL_NOT_LESS_OR_EQUAL: the documents name no code */
typedef void dxgk_bug_check_hook(ULONG code);
void dxgk_on_bug_check(dxgk_bug_check_hook *hook);

/* ---- looks: they change nothing and take no lock; for whoever knows that no call is under way ---- */

struct dxgk_usage {
    uint64_t domain_pages; /* mapped in all domains together, reserved ranges among them */
    uint32_t pins;
    uint32_t handles;  /* adapter handles alive */
    uint32_t leaks;    /* pins and views that stops took back, since boot */
    uint32_t breaches; /* calls above PASSIVE_LEVEL, since boot */
};

void dxgk_look_usage(struct dxgk_usage *usage);
/* A number for the domain the adapter is attached to, 0 for none. Each start makes a new one. */
uint64_t dxgk_look_domain(const struct dxgk_adapter *adapter);
/* Pages that the domain of the adapter's chain maps. */
uint64_t dxgk_look_domain_pages(const struct dxgk_adapter *adapter);
/* The section of a physical adapter index in the chain that `lead` leads; NULL when there is none. */
const struct nt_section *dxgk_look_section(const struct dxgk_adapter *lead, unsigned index);
/* Whether this is an ADL or MDL that a pin handed out and no unpin has taken back. */
bool dxgk_look_descriptor(const void *descriptor);

#endif
