/*
 * src/ behind the seam as another implementation, which follows the documents and made other choices. One
 * file for each variant includes this. That file says in VARIANT_... what it does differently between the
 * driver and src/ (a table of callbacks of its own), and defines variant_change() for the rest of the seam.
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
static bool in_stop[SUT_DEVICES];
static bool d3[SUT_DEVICES];

/* The device whose table holds this handle; SUT_DEVICES: none. */
static inline unsigned device_of(HANDLE handle) {
    for (unsigned i = 0; i < SUT_DEVICES; i++)
        if (tables[i].DeviceHandle == handle && handle)
            return i;
    return SUT_DEVICES;
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
    unsigned device = (unsigned)((const struct sut_miniport *)context - drivers);
    tables[device] = *dxgkrnl;
    variant_table(&tables[device]);
    NTSTATUS status = drivers[device].start_device(drivers[device].context, &tables[device]);
    if (!NT_SUCCESS(status))
        tables[device].DeviceHandle = NULL;
    return status;
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

static void variant_stop(void *context) {
    const struct sut_miniport *driver = context;
    in_stop[driver - drivers] = true;
    driver->stop_device(driver->context);
    in_stop[driver - drivers] = false;
    tables[driver - drivers].DeviceHandle = NULL;
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
        .query_adapter_info = variant_query,
        .stop_device = variant_stop,
        .begin_exclusive = variant_begin,
        .end_exclusive = variant_end,
    };
    drivers[device] = *miniport;
    NTSTATUS status = add_device(device, &between);
    if (NT_SUCCESS(status))
        d3[device] = false;
    else
        drivers[device] = before;
    return status;
}

static NTSTATUS variant_power(unsigned device, bool d0) {
    NTSTATUS status = power_device(device, d0);
    if (NT_SUCCESS(status))
        d3[device] = !d0;
    return status;
}

static void variant_seam(struct sut *sut);

const struct sut *VARIANT_GET(void);
const struct sut *VARIANT_GET(void) {
    static struct sut sut;
    sut = *sut_get_whole();
    sut.hold_chosen = false;
    sut.add = variant_add;
    sut.power = variant_power;
    variant_seam(&sut);
    return &sut;
}

#endif
