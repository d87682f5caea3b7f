/*
 * The reference model: a second, far simpler telling of the contract. It knows what is pinned,
 * mapped and charged, says what the next call must answer, and is told what was answered. It shares
 * no code with any implementation and never looks at one.
 *
 * Where a budget is concerned the model is exact about the unavoidable and generous about the rest:
 * a call must succeed while even a clumsy implementation's accounting fits (pages counted once for
 * each pin and view that covers them, MODEL_POOL_... bytes of pool an object), and may fail beyond.
 */
#ifndef HARNESS_MODEL_H
#define HARNESS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/contract/contract.h"
#include "harness/contract/dialect.h"
#include "harness/program/program.h"

#define MODEL_PAGE       UINT64_C(4096)
#define MODEL_VIEW_ALIGN (UINT64_C(64) << 10)

/* What a clumsy implementation may take from the pool. */
#define MODEL_POOL_DEVICE   2048u /* and its handle, interface */
#define MODEL_POOL_SECTION  4096u
#define MODEL_POOL_PIN      1024u
#define MODEL_POOL_PIN_PAGE 96u /* 8 for the array entry, the rest for a tree node */
#define MODEL_POOL_VIEW     512u

/* Pages of a pin that the oracle follows: all of up to 8, else a sample (check.c says which). */
#define MODEL_SAMPLES 8u

/* Views out at once: at most one an operation, and one more from each driver's stop. */
#define MODEL_VIEWS ((PROGRAM_OPS + PROGRAM_REPEATED) * 2)
/* Handles: a start issues up to one for each device, an operation starts at most one chain; the
 * boot starts them all. */
#define MODEL_HANDLES ((PROGRAM_OPS + PROGRAM_REPEATED) * SUT_CHAIN_MAX + SUT_DEVICES)

/* How a chain's pages are numbered for its GPUs. Until it is attached to its domain one that is isolated sees
 * physical memory, in which its pages have the same numbers. */
enum model_mode {
    MODE_PHYSICAL, /* no IOMMU in the way, or none for this driver: there is no domain */
    MODE_ISOLATED, /* 1:1 */
    MODE_REMAPPED
};

enum model_phase {
    PHASE_STOPPED,
    PHASE_STARTING,
    PHASE_STARTED,
    PHASE_STOPPING
};

struct model_pin {
    bool live;
    bool legacy; /* by the WDDM 2.4 form */
    bool contiguous;
    bool waited;    /* it was made before its chain was attached to its domain */
    bool scribbled; /* its driver has written over the descriptor: nobody is held to what that says now */
    uint64_t pages;
    uint64_t base;                 /* contiguous: BasePageNumber */
    const DXGK_PAGE_NUMBER *array; /* else: the ADL's or the MDL's array */
    const DXGK_PAGE_NUMBER
        *place;             /* scribbled: where it is, and `array` is what it said before; NULL: there */
    const void *descriptor; /* the ADL or MDL */
    uint32_t samples;
    struct {
        uint64_t page;    /* of the section */
        uint64_t address; /* device page number */
    } sample[MODEL_SAMPLES];
    uint64_t pool_bytes;  /* what it took from the pool, as the ledger tells */
    uint64_t pool_blocks; /* MODEL_POOL_UNKNOWN: nobody looked, others ran at the same time */
};
#define MODEL_POOL_UNKNOWN UINT64_MAX

/* One physical adapter's save area. */
struct model_area {
    uint32_t serial;  /* of its section's life, 0 without a section */
    uint64_t maximum; /* bytes */
    struct model_pin pin;
    uint64_t last_word; /* byte offset of the word written last, + 1; 0: none */
    bool pinned_before; /* in this section life, and by which form */
    bool pinned_legacy;
    bool cpu_wrote;       /* the last word, since the pin began */
    uint64_t accepted[2]; /* pages of the last pin by each form; 1: by the old one */
};

struct model_view {
    uint8_t chain;
    uint8_t index;
    uint64_t base;   /* CPU address */
    uint64_t first;  /* section offset of the base */
    uint64_t offset; /* section offset asked for */
    uint64_t size;
};

struct model_range {
    uint64_t first; /* device page */
    uint64_t pages;
};

/* What the answers of a chain's lead come to, with what the machine has (model_caps.c). */
struct model_caps {
    ULONG served;   /* the version that it is served as: the older of its own and Dxgkrnl's */
    bool early;     /* from WDDM 2.9 on: asked and attached before its devices start */
    bool matches;   /* what it says in two places agrees (INIT-MATCH) */
    bool supported; /* isolation, so that there are save areas */
    bool required;
    bool alone;  /* required, and not said to be supported */
    bool unsure; /* whether it has a domain, though none is owed to it: a choice that is looked at */
    bool forced; /* attached when it has started (ATTACH-LATER) */
    bool let_go; /* unless that fails (ATTACH-FAIL) */
    bool all_visible;
    bool edge; /* all but the last page, or the last byte of that: a choice (INIT-VISIBLE) */
    enum model_mode mode;
};

/* A logical adapter, named by its lead's ordinal. */
struct model_chain {
    uint8_t members[SUT_CHAIN_MAX];
    uint8_t count; /* 0: no such chain */
    enum model_phase phase;
    enum model_mode mode;
    bool supported;         /* its driver can be isolated */
    bool attached;          /* to its domain, */
    bool late;              /* for a secure VM */
    uint64_t visible_pages; /* device pages that are visible */
    uint32_t reserved;      /* ranges that its domain has */
    struct model_range reserve[PROGRAM_RESERVED_MAX];
    struct model_area areas[SUT_CHAIN_MAX];
    uint64_t mapped_pages;  /* in its domain, those of reserved ranges among them */
    uint64_t section_pages; /* charged */
};

struct model_device {
    bool present;
    bool gone; /* surprise removed */
    bool d3;
    bool in_reset;
    uint8_t chain;
    uint8_t position; /* PhysicalAdapterIndex */
    /* What its driver answered to DxgkDdiLinkDevice. */
    uint8_t named; /* whose chain it is in */
    uint8_t links;
    bool says_lead;
    bool handle_alive;
    uint64_t handle;
};

struct model {
    const struct program *program;
    struct model_device devices[SUT_DEVICES];
    struct model_chain chains[SUT_DEVICES];
    uint8_t answers[SUT_DEVICES];        /* whose line of the world says what each device's driver answers */
    struct model_caps caps[SUT_DEVICES]; /* of each device, where it leads a chain */
    struct model_view views[MODEL_VIEWS];
    uint32_t view_count;
    uint8_t came[SUT_DEVICES]; /* the devices that are present, in the order in which they came */
    uint32_t came_count;
    uint64_t bases[MODEL_VIEWS]; /* ever issued */
    uint32_t base_count;
    uint64_t handles[MODEL_HANDLES]; /* ever issued */
    uint32_t handle_count;
    KIRQL irql[SUT_ACTORS];
    uint8_t actor;

    /* The ledger the contract implies. */
    uint64_t commit_pages;
    uint64_t locked_pages;
    uint64_t domain_pages;
    uint64_t view_bytes;
    uint32_t pins;
    uint32_t leaks;
    uint32_t breaches;
    uint32_t handles_alive;
    /* Clumsy accounting, see above. */
    uint64_t ram_estimate;
    uint64_t pool_estimate;
};

enum model_expect {
    MUST_SUCCEED,
    MUST_FAIL, /* with this status, where exact statuses are judged */
    MAY_FAIL   /* for a shortage; success is as good */
};

struct model_answer {
    enum model_expect expect;
    NTSTATUS status;             /* of MUST_FAIL */
    enum contract_clause clause; /* broken when the answer is another */
    enum dialect dialect;        /* of by_dialect */
    bool by_dialect;             /* this one made the answer what it is */
    bool stops;                  /* of MUST_FAIL: by a bug check, and the system with it */
    uint8_t chain;               /* MUST_SUCCEED, MAY_FAIL: the chain and index meant */
    uint8_t index;
    bool by_choice;   /* MUST_FAIL: others may grant it, and what that means nobody knows */
    bool no_effect;   /* success and failure are as good, and change nothing */
    bool any_status;  /* if it fails: by a choice, and with what status nobody knows */
    bool short_first; /* ADD, START: pool may run out before the reason to fail is reached */
};

/* The clause that is broken when the answer is another. */
static inline enum contract_clause model_broken(const struct model_answer *answer) {
    return answer->by_dialect ? dialect_broken(answer->dialect) : answer->clause;
}

/* Whether a success is as right, and what it means nobody knows: of a choice that is not held, or that its
 * owner has declared otherwise. */
static inline bool model_leaves_open(const struct model_answer *answer) {
    return answer->by_choice && (!dialect_held || (answer->by_dialect && !dialect_is_ours(answer->dialect)));
}

void model_reset(struct model *model, const struct program *program);

/* What an implementation's ledger has to say, as far as it is compared (ledger.h). */
struct sut_ledger model_ledger(const struct model *model);
/* Whether Dxgkrnl stops the system for a callback at DISPATCH_LEVEL or above (ANY-IRQL). */
bool model_stops_at_dispatch(const struct model *model);
/* H of the contract: the last byte of the highest installed frame. */
uint64_t model_highest_address(const struct model *model);

/*
 * Callbacks: what must each answer? And what becomes of the model when it has succeeded, for the save area
 * that the answer names: with its argument as it was before, and as it came back.
 */
#define MODEL_CALLBACK(name, number, word, race, needs, undone_by, help, member, type, ...)                  \
    struct model_answer model_##member##_answer(const struct model *model, HANDLE handle, const type *arg);  \
    void model_##member##_done(struct model *model, uint8_t chain, uint8_t index, const type *asked,         \
                               const type *answered);
PROGRAM_CALLBACKS(MODEL_CALLBACK)
#undef MODEL_CALLBACK

/* Whether a contiguous logical range of this many pages is certainly free in a chain's domain. */
bool model_contiguous_free(const struct model *model, uint8_t chain, uint64_t pages);

/* ---- callbacks: this has come of one ---- */
void model_pinned(struct model *model, uint8_t chain, uint8_t index, const struct model_pin *pin);
void model_unpinned(struct model *model, uint8_t chain, uint8_t index);
void model_mapped(struct model *model, const struct model_view *view);
/* Ends the view mapped last at this base. */
void model_unmapped(struct model *model, uint32_t view);
/* The live view of that index with that base which was mapped last; -1 when there is none. */
int model_find_view(const struct model *model, uint8_t chain, uint8_t index, uint64_t base);
bool model_base_covered(const struct model *model, uint64_t address);
uint64_t model_view_charge(uint64_t offset, uint64_t size);

/* ---- the bus ---- */
struct model_answer model_start_answer(const struct model *model, uint8_t device);
struct model_answer model_stop_answer(const struct model *model, uint8_t device);
struct model_answer model_link_answer(const struct model *model, uint8_t lead, uint8_t joiner);
struct model_answer model_add_answer(const struct model *model, uint8_t device);
struct model_answer model_remove_answer(const struct model *model, uint8_t device);
struct model_answer model_surprise_answer(const struct model *model, uint8_t device);
struct model_answer model_power_answer(const struct model *model, uint8_t device);
struct model_answer model_reset_answer(const struct model *model, uint8_t device, bool begin);
struct model_answer model_secure_answer(const struct model *model, uint8_t device);

/* A device is there whose driver names a chain, of so many links. */
void model_added(struct model *model, uint8_t device, uint8_t named, uint8_t links);
void model_linked(struct model *model, uint8_t lead, uint8_t joiner);
void model_started(struct model *model, uint8_t chain);
/* It has started, and has a domain that is not owed to it (DIALECT_DOMAIN). */
void model_attached_unasked(struct model *model, uint8_t chain);
void model_attached(struct model *model, uint8_t chain);
/* Takes back pins and views and counts them; the chain's handles have died one by one. */
void model_stopped(struct model *model, uint8_t chain);
void model_removed(struct model *model, uint8_t device);
/* Its driver answers otherwise. False: nothing has changed, for it runs, and was asked at its start. */
bool model_answers(struct model *model, uint8_t device, uint8_t as);
void model_handle_issued(struct model *model, uint8_t device, uint64_t handle);
void model_handle_died(struct model *model, uint8_t device);

/* ---- model_caps.c: what the driver of a chain's lead says of it, and what follows ---- */

/* DXGK_DRIVERCAPS.MemoryManagementCaps.Value, as a driver of this version answers. */
UINT model_driver_caps(const struct program_adapter *adapter, ULONG version);

/* What a driver answers says its own line of the world, or since OP_ANSWERS that of adapter `as`. Its version
 * stays, for that is fixed when it is loaded. */
struct model_caps model_caps_as(const struct program *program, uint8_t lead, uint8_t as);
static inline struct model_caps model_caps(const struct program *program, uint8_t lead) {
    return model_caps_as(program, lead, lead);
}
/* The reserved ranges that it answers with; returns how many. Whether all of them are the firmware's. */
uint32_t model_ranges(const struct program *program, uint8_t lead, struct model_range *ranges);
bool model_ranges_fit(const struct program *program, const struct model_range *ranges, uint32_t count);

#endif
