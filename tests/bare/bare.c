/*
 * src/ as another implementation that offers nothing optional: the oracle cannot look inside, and it is not
 * held to this project's choices. The harness must then raise no false alarm on any seed, and must not use
 * members of the seam that are missing.
 */
#include <stdlib.h>
#include <string.h>

#include "somebody.h"

/* Drivers get tables that end where their Size says. */
static struct {
    struct sut_miniport driver;
    DXGKRNL_INTERFACE *table;
} between[SUT_DEVICES];

static NTSTATUS new_between(void *context) {
    const struct sut_miniport *driver = context;
    return driver->add_device(driver->context);
}

static NTSTATUS link_between(void *context, LINKED_DEVICE *linked) {
    const struct sut_miniport *driver = context;
    return driver->link_device(driver->context, linked);
}

static NTSTATUS start_between(void *context, const DXGKRNL_INTERFACE *dxgkrnl) {
    const struct sut_miniport *driver = context;
    unsigned device = 0;
    while (&between[device].driver != driver)
        device++;
    free(between[device].table);
    between[device].table = malloc(dxgkrnl->Size);
    if (!between[device].table)
        return STATUS_NO_MEMORY;
    memcpy(between[device].table, dxgkrnl, dxgkrnl->Size);
    return driver->start_device(driver->context, between[device].table);
}

static NTSTATUS query_between(void *context, const DXGKARG_QUERYADAPTERINFO *query) {
    const struct sut_miniport *driver = context;
    return driver->query_adapter_info(driver->context, query);
}

static void stop_between(void *context) {
    const struct sut_miniport *driver = context;
    driver->stop_device(driver->context);
}

static NTSTATUS begin_between(void *context, DXGKARG_BEGINEXCLUSIVEACCESS *argument) {
    const struct sut_miniport *driver = context;
    return driver->begin_exclusive(driver->context, argument);
}

static NTSTATUS end_between(void *context, DXGKARG_ENDEXCLUSIVEACCESS *argument) {
    const struct sut_miniport *driver = context;
    return driver->end_exclusive(driver->context, argument);
}

static NTSTATUS add_between(unsigned device, const struct sut_miniport *miniport) {
    if (find(device))
        return STATUS_INVALID_PARAMETER;
    between[device].driver = *miniport;
    return sut_get_whole()->add(device, &(struct sut_miniport){.context = &between[device].driver,
                                                               .version = miniport->version,
                                                               .add_device = new_between,
                                                               .link_device = link_between,
                                                               .start_device = start_between,
                                                               .query_adapter_info = query_between,
                                                               .stop_device = stop_between,
                                                               .begin_exclusive = begin_between,
                                                               .end_exclusive = end_between});
}

const struct sut *sut_get(void) {
    static struct sut bare;
    bare = somebody("bare");
    bare.dma = NULL;
    bare.domain = NULL;
    bare.page = NULL;
    bare.ledger = NULL;
    bare.domain_pages = NULL;
    bare.descriptor_alive = NULL;
    bare.cpu_accessible = NULL;
    bare.fault_passed = NULL; /* without it arm_fault is of no use, either */
    bare.add = add_between;
    return &bare;
}
