/*
 * src/ behind the seam as another implementation, which follows the documents and made other choices. One
 * file for each variant includes this. That file says in variant_table() what it does differently between the
 * driver and src/ (callbacks of its own), and in variant_seam() what of the rest of the seam is its own.
 */
#ifndef TESTS_DIALECTS_VARIANT_H
#define TESTS_DIALECTS_VARIANT_H

#include <string.h>

/* What this file calls what each implementation calls sut_get(); another name where several are in one
 * program. */
#ifndef VARIANT_GET
#define VARIANT_GET sut_get
#endif

struct sut;
static const struct sut *sut_get_whole(void);
#define sut_get sut_get_whole
#include "sut/sut_dxgk.c"
#undef sut_get

#include "dxgk/adapter.h"
#include "dxgk/callbacks.h"
#include "dxgk/machine.h"

/* What each device's driver registered, and the table it is handed. */
static struct sut_miniport drivers[SUT_DEVICES];
static DXGKRNL_INTERFACE tables[SUT_DEVICES];

/* For a callback in which a variant looks something up and then calls the core, and what it saw is to hold
 * still: one at a time. Taken before any lock of the core, and only for tests/dialects/fuzz: where calls wait
 * for one another, no bug that is planted into their races would show. */
#ifndef VARIANT_SERIAL
#define VARIANT_SERIAL 0
#endif
static struct nt_lock variant_lock = {.name = "variant", .rank = NT_LOCK_NONE};

static inline void variant_begin_call(void) {
    if (VARIANT_SERIAL)
        nt_lock_acquire(&variant_lock);
}

static inline void variant_end_call(void) {
    if (VARIANT_SERIAL)
        nt_lock_release(&variant_lock);
}

/* ANY-NULL, ANY-IRQL: another call is the core's to refuse, and neither locks nor its argument are touched.
 */
static inline bool variant_judges(const void *argument) {
    return argument && nt_irql() == PASSIVE_LEVEL;
}

/* The chain that a callback is about, and its lock; NULL: nobody's handle, and no lock. */
static inline struct dxgk_chain *variant_look(HANDLE handle) {
    nt_lock_acquire(&dxgk_machine.adapters);
    const struct dxgk_adapter *lead = dxgk_handle_find(&dxgk_machine.handles, handle);
    struct dxgk_chain *chain = lead && dxgk_adapter_leads(lead) ? lead->chain : NULL;
    if (chain)
        nt_lock_acquire(&chain->lock);
    nt_lock_release(&dxgk_machine.adapters);
    return chain;
}

static inline void variant_looked(struct dxgk_chain *chain) {
    if (chain)
        nt_lock_release(&chain->lock);
}

static inline unsigned variant_lead(const struct dxgk_chain *chain) {
    return (unsigned)((const struct sut_miniport *)chain->members[0]->miniport.context - drivers);
}

/* The member of this index, which the chain may lack; NULL: none. */
static inline struct dxgk_adapter *variant_member(const struct dxgk_chain *chain, UINT index) {
    return chain && index < chain->length ? chain->by_index[index] : NULL;
}

static void variant_table(DXGKRNL_INTERFACE *table);

/* Puts the variant's own callbacks where the table has callbacks at all. */
static inline void variant_replace(DXGKRNL_INTERFACE *table, const DXGKRNL_INTERFACE *own) {
#define REPLACE(slot, type, function)                                                                        \
    if (table->slot && own->slot)                                                                            \
        table->slot = own->slot;
    DXGK_CALLBACKS(REPLACE)
#undef REPLACE
}

static NTSTATUS variant_start(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    const struct sut_miniport *driver = context;
    DXGKRNL_INTERFACE *table = &tables[driver - drivers];
    *table = *dxgkrnl;
    variant_table(table);
    return driver->start_device(driver->context, table);
}

static NTSTATUS variant_add_device(void *context) {
    const struct sut_miniport *driver = context;
    return driver->add_device(driver->context);
}

static NTSTATUS variant_begin(void *context, DXGKARG_BEGINEXCLUSIVEACCESS *argument) {
    const struct sut_miniport *driver = context;
    return driver->begin_exclusive(driver->context, argument);
}

static NTSTATUS variant_end(void *context, DXGKARG_ENDEXCLUSIVEACCESS *argument) {
    const struct sut_miniport *driver = context;
    return driver->end_exclusive(driver->context, argument);
}

static NTSTATUS variant_link(void *context, LINKED_DEVICE *linked) {
    const struct sut_miniport *driver = context;
    return driver->link_device(driver->context, linked);
}

static NTSTATUS variant_query(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    const struct sut_miniport *driver = context;
    return driver->query_adapter_info(driver->context, query);
}

/* What the core asks the driver through; a variant that changes answers has its own. */
static NTSTATUS (*variant_asks)(void *context, const DXGKARG_QUERYADAPTERINFO *query) = variant_query;

static void variant_stop(void *context) {
    const struct sut_miniport *driver = context;
    driver->stop_device(driver->context);
}

static NTSTATUS variant_add(unsigned device, const struct sut_miniport *miniport) {
    if (device >= SUT_DEVICES)
        return STATUS_INVALID_PARAMETER;
    const struct sut_miniport before = drivers[device];
    struct sut_miniport between = {
        .context = &drivers[device],
        .version = miniport->version,
        .add_device = variant_add_device,
        .link_device = variant_link,
        .start_device = variant_start,
        .query_adapter_info = variant_asks,
        .stop_device = variant_stop,
        .begin_exclusive = variant_begin,
        .end_exclusive = variant_end,
    };
    drivers[device] = *miniport;
    NTSTATUS status = add_device(device, &between);
    if (!NT_SUCCESS(status))
        drivers[device] = before;
    return status;
}

static void variant_seam(struct sut *sut);

const struct sut *VARIANT_GET(void);
const struct sut *VARIANT_GET(void) {
    static struct sut sut;
    sut = *sut_get_whole();
    sut.hold_chosen = false;
    sut.add = variant_add;
    variant_seam(&sut);
    return &sut;
}

#endif
