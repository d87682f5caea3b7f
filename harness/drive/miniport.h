/*
 * The simulated display miniport: answers as its adapter's settings say, and watches how Dxgkrnl calls it.
 *
 * Plain C that needs the seam alone. The harness has it compiled in, and `pinfuzz source` puts it as it
 * stands into each file it writes: a new answer, or a new question, is one change here. So it knows of no
 * program and no model; what it wants of whoever plays the bus, and defines REQUIRE(), is at the end.
 */
#ifndef HARNESS_MINIPORT_H
#define HARNESS_MINIPORT_H

#include "harness/program/program.h"
#include "harness/sut.h"

struct miniport_settings {
    ULONG version; /* DXGKDDI_INTERFACE_VERSION_* */
    /* The version that Dxgkrnl serves it as, the older of its own and that one's; and where the table of its
     * callbacks ends: */
    ULONG served;
    size_t interface_size;
    DXGK_IOMMU_CAPS caps;     /* as it answers; and likewise: */
    UINT memory_caps;         /* DXGK_DRIVERCAPS.MemoryManagementCaps.Value */
    uint64_t highest_visible; /* HighestVisibleAddress, HighestAcceptableAddress */
    uint64_t maximum_size;    /* MaximumSize of its index */
    unsigned reserved;        /* ranges of hardware-reserved pages, one page apart: */
    uint64_t reserved_first;
    uint64_t reserved_pages; /* of each */
    bool remapped;           /* as the lead of a chain: its memory is remapped; */
    bool areas;              /* and there are save areas, which are worth asking for (INIT-QUERY) */
    unsigned wrong;          /* what it does wrong: enum program_miniport */
};

struct miniport {
    unsigned number; /* of its device */
    struct miniport_settings settings;
    struct sut_miniport entries;
    DXGKRNL_INTERFACE dxgkrnl;      /* of its last start, alive or not */
    const DXGKRNL_INTERFACE *table; /* as it was handed over in that start */
    bool has_interface;
    bool added;     /* between its DxgkDdiAddDevice and the end of the device */
    bool linked;    /* its DxgkDdiLinkDevice has been called since the chain was put together */
    bool started;   /* between its DxgkDdiStartDevice and the end of its DxgkDdiStopDevice */
    bool exclusive; /* between its DxgkDdiBeginExclusiveAccess and the End */
    bool begun;     /* that was called since the last attach */
    bool attached;  /* to a domain, when the End was called in this start */
    unsigned asked; /* since it was added: a bit for each question */
    /* Its chain, as its driver knows it. */
    struct miniport *lead;
    unsigned position;
    /* Of a lead: */
    bool starting;
    unsigned early; /* attached when the first of the chain was started: a bit for each member */
    unsigned now;   /* asked in this start: a bit for each question */
    unsigned sizes; /* and for each index whose save size was; */
    unsigned known; /* whose caps were */
    unsigned last;  /* the index of the last question, if that was for an adapter */
    unsigned count;
    struct miniport *member[SUT_CHAIN_MAX]; /* by physical adapter index */
};

/* With the settings that are in it already. */
void miniport_init(struct miniport *self, unsigned number);
/* Tells the drivers of a chain, all[numbers[0]] is its lead, that they are one. */
void miniport_join(struct miniport *all, const uint8_t *numbers, unsigned count);
/* It is about to be started. */
void miniport_assemble(struct miniport *all, const uint8_t *numbers, unsigned count);

/* After an add: its driver was asked for its link; it was there, but for one that failed. */
void miniport_check_add(struct miniport *self, bool succeeded);
/* After a link: all of its chain were asked again. */
void miniport_check_link(const struct miniport *lead);
/* After a start: all were started, and asked everything; after one that failed none was left running. */
void miniport_check_start(struct miniport *lead, bool succeeded);
/* After a chain that was started, or was being, has been attached to its domain. */
void miniport_check_attach(struct miniport *lead);
/* After anything that may have attached it: none is left between Begin and End. */
void miniport_check_access(struct miniport *lead);
/* After a stop: none runs. */
void miniport_check_stop(struct miniport *lead);
/* The device is off the bus. */
void miniport_remove(struct miniport *self);
/* That the handle of its start is none of those that were issued before. */
void miniport_check_handle(const struct miniport *self, const uint64_t *issued, size_t count);

enum miniport_entry {
    MINIPORT_START,
    MINIPORT_QUERY,
    MINIPORT_BEGIN,
    MINIPORT_END,
    MINIPORT_STOP
};
/* How often miniports have come to miniport_bus->acts(). */
extern unsigned miniport_acted;

/* ---- of whoever plays the bus, who sets it before the first miniport is called ---- */

struct miniport_bus {
    /* False: miniports answer, and that is all. */
    bool (*is_judged)(void);
    /* Whether its device is surprise removed. */
    bool (*is_gone)(const struct miniport *self);
    /* It has a handle, and this one is issued; is dead. */
    void (*got_handle)(struct miniport *self);
    void (*lost_handle)(struct miniport *self);
    /* What it does of its own accord in an entry point. */
    void (*acts)(struct miniport *self, enum miniport_entry entry);
    /* The same in its stop while miniports are not judged; NULL: nothing. */
    void (*stops_unjudged)(struct miniport *self);
};
extern const struct miniport_bus *miniport_bus;

#endif
