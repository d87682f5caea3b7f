/* Starting, linking, stopping, removing: the order of things, their statuses, and undoing them. */
#include "unit/dxgk_rig.h"

#define H ((UINT64_C(8191) << 12) | 0xFFF) /* last byte of the highest frame in rig_config() */

static int up(void **state) {
    (void)state;
    rig_boot(RIG_IOMMU);
    return 0;
}

static int down(void **state) {
    (void)state;
    rig_down();
    return 0;
}

static void restart_machine(enum rig_iommu iommu) {
    rig_down();
    rig_boot(iommu);
}

/* Fails to start with this status, with these calls, and leaves nothing. */
static void fails(struct rig_device *device, NTSTATUS status, const char *log) {
    struct rig_ledger before = rig_ledger();
    rig_log[0] = 0;
    assert_int_equal(dxgk_adapter_start(device->adapter), status);
    if (log)
        assert_string_equal(rig_log, log);
    struct rig_ledger after = rig_ledger();
    rig_assert_same(&before, &after);
    for (unsigned i = 0; i < RIG_DEVICES; i++)
        if (rig[i].adapter)
            assert_int_equal(dxgk_look_domain(rig[i].adapter), 0);
}

static void starts(struct rig_device *device, const char *log) {
    rig_log[0] = 0;
    assert_int_equal(dxgk_adapter_start(device->adapter), STATUS_SUCCESS);
    if (log)
        assert_string_equal(rig_log, log);
}

static void stops(struct rig_device *device, const char *log) {
    rig_log[0] = 0;
    assert_int_equal(dxgk_adapter_stop(device->adapter), STATUS_SUCCESS);
    if (log)
        assert_string_equal(rig_log, log);
}

static void one_alone(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain(0, 1);
    uint64_t before = nt_commit_charged();
    starts(lead, "memory0 caps0 driver0 ranges0 start0 adapter0[0] size0[0] ");
    assert_int_equal(nt_commit_charged(), before + 8);
    assert_int_equal(rig_ledger().dxgk.handles, 1);
    assert_int_not_equal(dxgk_look_domain(lead->adapter), 0);
    assert_int_equal(nt_section_pages(dxgk_look_section(lead->adapter, 0)), 8);
    assert_null(dxgk_look_section(lead->adapter, 1));
    struct rig_ledger ledger = rig_ledger();
    rig_log[0] = 0;
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_string_equal(rig_log, "");
    struct rig_ledger after = rig_ledger();
    rig_assert_same(&ledger, &after);
}

static void eight_in_order(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain(3, 8);
    for (unsigned i = 0; i < 8; i++)
        lead->sizes[i] = (i + 1) * PAGE;
    lead->sizes[5] = 0;
    starts(&rig[7], "memory3 caps3 driver3 ranges3 "
                    "start4 start5 start6 start7 start8 start9 start10 start3 "
                    "adapter3[0] size3[0] adapter3[1] size3[1] adapter3[2] size3[2] adapter3[3] size3[3] "
                    "adapter3[4] size3[4] adapter3[5] size3[5] adapter3[6] size3[6] adapter3[7] size3[7] ");
    assert_int_equal(nt_commit_charged(), 36 - 6);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(dxgk_look_domain(rig[3 + i].adapter), dxgk_look_domain(lead->adapter));
        for (unsigned j = 0; j < i; j++)
            assert_ptr_not_equal(rig[3 + i].handle, rig[3 + j].handle);
        const struct nt_section *section = dxgk_look_section(lead->adapter, i);
        if (i == 5)
            assert_null(section);
        else
            assert_int_equal(nt_section_pages(section), i + 1);
    }
    assert_null(dxgk_look_section(rig[4].adapter, 0)); /* leads nothing */
    stops(&rig[9], "stop3 stop10 stop9 stop8 stop7 stop6 stop5 stop4 ");
    assert_int_equal(nt_commit_charged(), 0);
    assert_int_equal(rig_ledger().dxgk.handles, 0);
    assert_int_equal(dxgk_adapter_stop(lead->adapter), STATUS_INVALID_DEVICE_STATE);
}

static void nine_are_too_many(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain(0, 8);
    struct rig_device *ninth = rig_add(8);
    assert_int_equal(dxgk_adapter_link(lead->adapter, ninth->adapter), STATUS_INVALID_DEVICE_STATE);
    for (unsigned i = 9; i < RIG_DEVICES; i++)
        rig_add(i);
    struct dxgk_adapter *adapter = NULL;
    struct dxgk_miniport miniport = {.add_device = rig_add_device,
                                     .link_device = rig_link_device,
                                     .version = DXGKDDI_INTERFACE_VERSION_WDDM3_0};
    assert_int_equal(dxgk_adapter_add(&miniport, &adapter), STATUS_INSUFFICIENT_RESOURCES);
    assert_null(adapter);
}

static void linking_has_rules(void **state) {
    (void)state;
    struct rig_device *a = rig_chain(0, 2);
    struct rig_device *b = rig_chain(2, 2);
    struct rig_device *c = rig_add(4);
    struct rig_device *d = rig_add(5);
    assert_int_equal(dxgk_adapter_link(c->adapter, c->adapter), STATUS_INVALID_PARAMETER);
    /* not single */
    assert_int_equal(dxgk_adapter_link(a->adapter, b->adapter), STATUS_INVALID_DEVICE_STATE);
    /* not leads */
    assert_int_equal(dxgk_adapter_link(rig[1].adapter, c->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_link(c->adapter, rig[1].adapter), STATUS_INVALID_DEVICE_STATE);
    /* started */
    starts(c, NULL);
    assert_int_equal(dxgk_adapter_link(a->adapter, c->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_link(c->adapter, d->adapter), STATUS_INVALID_DEVICE_STATE);
    stops(c, NULL);
    /* gone */
    assert_int_equal(dxgk_adapter_surprise_remove(d->adapter), STATUS_SUCCESS);
    assert_int_equal(dxgk_adapter_link(c->adapter, d->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_link(d->adapter, c->adapter), STATUS_INVALID_DEVICE_STATE);
    rig_links(0, 3);
    rig[4].link = rig[1].link;
    a->members[2] = 4;
    /* One that does not answer leaves all as it was. */
    rig_log[0] = 0;
    c->link_status = STATUS_UNSUCCESSFUL;
    assert_int_equal(dxgk_adapter_link(a->adapter, c->adapter), STATUS_UNSUCCESSFUL);
    assert_string_equal(rig_log, "link0 link1 link4 ");
    starts(c, NULL);
    stops(c, NULL);
    c->link_status = STATUS_SUCCESS;
    assert_int_equal(dxgk_adapter_link(a->adapter, c->adapter), STATUS_SUCCESS);
    starts(rig + 4, "memory0 caps0 driver0 ranges0 start1 start4 start0 "
                    "adapter0[0] size0[0] adapter0[1] size0[1] adapter0[2] size0[2] ");
}

/* Linked while the machine runs, a device leads that is linked to, whatever the joiner says. */
static void the_one_linked_to_leads(void **state) {
    (void)state;
    struct rig_device *lead = rig_add(0);
    struct rig_device *joiner = rig_add(1);
    rig_links(0, 2);
    lead->members[1] = 1;
    lead->link.LeadLink = FALSE;
    joiner->link.LeadLink = TRUE;
    assert_int_equal(dxgk_adapter_link(lead->adapter, joiner->adapter), STATUS_SUCCESS);
    rig_log[0] = 0;
    assert_int_equal(dxgk_adapter_start(lead->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dxgk_adapter_start(joiner->adapter), STATUS_INVALID_DEVICE_STATE);
    assert_string_equal(rig_log, "");
    /* It is still the first: its removal leaves the other alone. */
    rig_remove(lead);
    rig_links(1, 1);
    joiner->members[0] = 1;
    assert_int_equal(dxgk_adapter_start(joiner->adapter), STATUS_SUCCESS);
}

/* The three of a chain come, one after another, and say this of it. */
static struct rig_device *three(unsigned lead, ULONG uid, ULONG links) {
    restart_machine(RIG_IOMMU);
    struct rig_device *first = rig_chain_drivers(0, 3);
    for (unsigned i = 0; i < 3; i++)
        rig[i].link.LeadLink = lead >> i & 1;
    rig[0].link.LeadLink = rig[0].link.LeadLink ? 0xFF : 0; /* any BOOLEAN that is not FALSE */
    rig[1].link.ChainUid = uid;
    rig[2].link.NumberOfLinksInChain = links;
    rig_log[0] = 0;
    rig_plug_chain(0, 3);
    assert_string_equal(rig_log, "add0 link0 add1 link1 add2 link2 ");
    return first;
}

static void the_chain_must_be_whole(void **state) {
    (void)state;
    fails(three(5, 7, 3), STATUS_INVALID_DEVICE_STATE, "");
    fails(three(0, 7, 3), STATUS_INVALID_DEVICE_STATE, "");
    fails(three(1, 8, 3), STATUS_INVALID_DEVICE_STATE, "");
    fails(three(1, 7, 4), STATUS_INVALID_DEVICE_STATE, "");
    starts(three(1, 7, 3), NULL);
}

/* A chain grows with those that come, and its lead need not be the first. */
static void a_chain_gathers(void **state) {
    (void)state;
    rig_chain_drivers(0, 3);
    assert_int_equal(rig_plug(&rig[2]), STATUS_SUCCESS);
    fails(&rig[2], STATUS_INVALID_DEVICE_STATE, "");
    assert_int_equal(rig_plug(&rig[1]), STATUS_SUCCESS);
    fails(&rig[1], STATUS_INVALID_DEVICE_STATE, "");
    rig_add(5); /* of none */
    assert_int_equal(rig_plug(&rig[0]), STATUS_SUCCESS);
    starts(&rig[2], "memory0 caps0 driver0 ranges0 start2 start1 start0 "
                    "adapter0[0] size0[0] adapter0[1] size0[1] adapter0[2] size0[2] ");
    starts(&rig[5], NULL);
}

static void drivers_can_decline(void **state) {
    (void)state;
    struct rig_ledger before = rig_ledger();
    struct rig_device *device = rig_driver(0);
    device->add_status = STATUS_UNSUCCESSFUL;
    assert_int_equal(rig_plug(device), STATUS_UNSUCCESSFUL);
    assert_string_equal(rig_log, "add0 ");
    device->add_status = STATUS_SUCCESS;
    device->link_status = STATUS_NO_MEMORY;
    assert_int_equal(rig_plug(device), STATUS_NO_MEMORY);
    assert_null(device->adapter);
    struct rig_ledger after = rig_ledger();
    rig_assert_same(&before, &after);
    device->link_status = STATUS_SUCCESS;
    assert_int_equal(rig_plug(device), STATUS_SUCCESS);
}

/* The driver says which device an index means (LINK-INDEX). */
static void indices_are_the_drivers(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain(0, 3);
    lead->reversed = true;
    starts(lead, NULL);
    stops(lead, NULL);
    lead->members[2] = 0; /* two indices of one device */
    fails(lead, STATUS_INVALID_PARAMETER, NULL);
    lead->members[2] = 9; /* nobody's */
    fails(lead, STATUS_INVALID_PARAMETER, NULL);
    lead->members[2] = 2;
    lead->adapter_status = STATUS_UNSUCCESSFUL;
    fails(lead, STATUS_UNSUCCESSFUL,
          "memory0 caps0 driver0 ranges0 start1 start2 start0 adapter0[0] stop0 stop2 stop1 ");
}

static void failing_starts_stop_who_started(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain(0, 4);
    rig[3].start_status = STATUS_UNSUCCESSFUL;
    fails(lead, STATUS_UNSUCCESSFUL, "memory0 caps0 driver0 ranges0 start1 start2 start3 stop2 stop1 ");
    rig[3].start_status = STATUS_SUCCESS;
    rig[1].start_status = STATUS_NO_MEMORY;
    fails(lead, STATUS_NO_MEMORY, "memory0 caps0 driver0 ranges0 start1 ");
    rig[1].start_status = STATUS_SUCCESS;
    rig[0].start_status = STATUS_UNSUCCESSFUL;
    fails(lead, STATUS_UNSUCCESSFUL,
          "memory0 caps0 driver0 ranges0 start1 start2 start3 start0 stop3 stop2 stop1 ");
    rig[0].start_status = STATUS_SUCCESS;
    rig[0].caps_status = STATUS_UNSUCCESSFUL;
    fails(lead, STATUS_UNSUCCESSFUL, "memory0 caps0 ");
    rig[0].caps_status = STATUS_SUCCESS;
    rig[0].size_status[1] = STATUS_UNSUCCESSFUL;
    fails(lead, STATUS_UNSUCCESSFUL,
          "memory0 caps0 driver0 ranges0 start1 start2 start3 start0 "
          "adapter0[0] size0[0] adapter0[1] size0[1] stop0 stop3 stop2 stop1 ");
    rig[0].size_status[1] = STATUS_SUCCESS;
    starts(lead, NULL);
}

/* Everything is wrong at once; one after another is put right. */
static void checks_come_in_order(void **state) {
    (void)state;
    restart_machine(RIG_PLAIN);
    struct rig_device *lead = rig_chain(0, 2);
    lead->caps = REQUIRED;
    lead->visible = H;
    lead->sizes[0] = PAGE + 1;
    lead->sizes[1] = 65536 * PAGE; /* a page more than can be charged, together with the other */
    lead->caps_status = STATUS_UNSUCCESSFUL;
    lead->memory_status = STATUS_INVALID_LEVEL;
    lead->size_status[1] = STATUS_INVALID_HANDLE;
    lead->driver_status = STATUS_NO_MEMORY;
    lead->driver_caps_xor = 0x2000;
    static const char *const areas = "memory0 caps0 driver0 start1 start0 adapter0[0] size0[0] adapter0[1] "
                                     "size0[1] stop0 stop1 ";
    fails(lead, STATUS_INVALID_LEVEL, "memory0 ");
    lead->memory_status = STATUS_SUCCESS;
    fails(lead, STATUS_UNSUCCESSFUL, "memory0 caps0 ");
    lead->caps_status = STATUS_SUCCESS;
    fails(lead, STATUS_NO_MEMORY, "memory0 caps0 driver0 ");
    lead->driver_status = STATUS_SUCCESS;
    fails(lead, STATUS_INVALID_PARAMETER, "memory0 caps0 driver0 "); /* they disagree */
    lead->driver_caps_xor = 0;
    fails(lead, STATUS_NOT_SUPPORTED, "memory0 caps0 driver0 "); /* required */
    lead->caps = SUPPORTED;
    fails(lead, STATUS_NOT_SUPPORTED, "memory0 caps0 driver0 "); /* visible */
    lead->visible = H + 1;
    fails(lead, STATUS_INVALID_HANDLE, areas);
    lead->size_status[1] = STATUS_SUCCESS;
    fails(lead, STATUS_INVALID_PARAMETER, areas);
    lead->sizes[0] = PAGE;
    fails(lead, STATUS_COMMITMENT_LIMIT, areas);
    lead->sizes[0] = 0;
    starts(lead, "memory0 caps0 driver0 start1 start0 adapter0[0] size0[0] adapter0[1] size0[1] ");
    assert_int_equal(nt_commit_charged(), 65536);
    assert_int_equal(dxgk_look_domain(lead->adapter), 0);
}

static void commit_never_wraps(void **state) {
    (void)state;
    rig_down();
    rig_boot_vast(RIG_IOMMU);
    struct rig_device *lead = rig_chain(0, 8);
    for (unsigned i = 0; i < 8; i++)
        lead->sizes[i] = (UINT64_C(1) << 61); /* eight of them are 2^64 bytes, 0 in 64 bits */
    starts(lead, NULL);
    assert_int_equal(nt_commit_charged(), UINT64_C(1) << 52);
    stops(lead, NULL);
    lead->sizes[7] += PAGE;
    fails(lead, STATUS_COMMITMENT_LIMIT, NULL);
    for (unsigned i = 0; i < 8; i++)
        lead->sizes[i] = UINT64_MAX - 4095;
    fails(lead, STATUS_COMMITMENT_LIMIT, NULL);
    for (unsigned i = 1; i < 8; i++)
        lead->sizes[i] = 0;
    starts(lead, NULL);
    assert_int_equal(nt_commit_charged(), (UINT64_C(1) << 52) - 1);
    stops(lead, NULL);
    lead->sizes[0] = UINT64_MAX;
    fails(lead, STATUS_INVALID_PARAMETER, NULL);
}

static void mode_by_caps_version_and_memory(void **state) {
    (void)state;
    enum {
        NO = -1,
        NONE,
        ISOLATED,
        REMAPPED
    };
    static const struct {
        enum rig_iommu iommu;
        UINT32 caps;
        ULONG version;
        uint64_t visible;
        int mode;
    } rows[] = {
        {RIG_PLAIN, 0, DXGKDDI_INTERFACE_VERSION_WDDM3_0, H + 1, NONE},
        {RIG_PLAIN, 0, DXGKDDI_INTERFACE_VERSION_WDDM3_0, H, NO},
        {RIG_PLAIN, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM3_0, H + 1, NONE},
        {RIG_PLAIN, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM3_0, H, NO},
        {RIG_PLAIN, REQUIRED, DXGKDDI_INTERFACE_VERSION_WDDM3_0, UINT64_MAX, NO},
        {RIG_IOMMU, 0, DXGKDDI_INTERFACE_VERSION_WDDM3_0, H + 1, NONE},
        {RIG_IOMMU, REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM3_0, H, NO}, /* not without Supported */
        {RIG_IOMMU, SUPPORTED, DXGKDDI_INTERFACE_VERSION_WDDM3_0, H + 1, ISOLATED},
        {RIG_IOMMU, SUPPORTED, DXGKDDI_INTERFACE_VERSION_WDDM3_0, H, NO},
        {RIG_IOMMU, SUPPORTED, DXGKDDI_INTERFACE_VERSION_WDDM2_4, H + 1, ISOLATED},
        {RIG_IOMMU, REQUIRED, DXGKDDI_INTERFACE_VERSION_WDDM2_6, H + 1, NONE}, /* no such bit yet */
        {RIG_IOMMU, REQUIRED, DXGKDDI_INTERFACE_VERSION_WDDM2_7, H + 1, ISOLATED},
        {RIG_PLAIN, REQUIRED, DXGKDDI_INTERFACE_VERSION_WDDM2_7, H + 1, NO},
        {RIG_IOMMU, SUPPORTED, DXGKDDI_INTERFACE_VERSION_WDDM2_3, H + 1, NONE},
        {RIG_PLAIN, 0, DXGKDDI_INTERFACE_VERSION_WDDM2_3, H, NO},
        {RIG_IOMMU, REQUIRED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM2_9, H, REMAPPED},
        {RIG_IOMMU, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM2_9, H, REMAPPED},
        {RIG_IOMMU, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM2_9, 0, REMAPPED},
        {RIG_IOMMU, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM2_9, H + 1, ISOLATED},
        {RIG_IOMMU, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM2_9, UINT64_MAX, ISOLATED},
        {RIG_IOMMU, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM2_8, H, NO},
        {RIG_REMAPPED, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM2_9, UINT64_MAX, REMAPPED},
        {RIG_REMAPPED, SUPPORTED | REMAPPING, DXGKDDI_INTERFACE_VERSION_WDDM2_8, UINT64_MAX, ISOLATED},
        {RIG_REMAPPED, SUPPORTED, DXGKDDI_INTERFACE_VERSION_WDDM3_0, UINT64_MAX, ISOLATED},
        {RIG_REMAPPED, 0, DXGKDDI_INTERFACE_VERSION_WDDM3_0, UINT64_MAX, NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        restart_machine(rows[i].iommu);
        struct rig_device *lead = rig_driver(0);
        lead->version = rows[i].version;
        lead->caps = rows[i].caps;
        lead->visible = rows[i].visible;
        assert_int_equal(rig_plug(lead), STATUS_SUCCESS);
        if (rows[i].mode == NO) {
            fails(lead, STATUS_NOT_SUPPORTED, NULL);
            continue;
        }
        bool supported = lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4 &&
                         ((rows[i].caps & SUPPORTED) ||
                          (lead->version >= DXGKDDI_INTERFACE_VERSION_WDDM2_7 && (rows[i].caps & REQUIRED)));
        starts(lead, NULL);
        assert_int_equal(dxgk_look_domain(lead->adapter) != 0,
                         rows[i].mode == ISOLATED || rows[i].mode == REMAPPED);
        assert_int_equal(dxgk_look_section(lead->adapter, 0) != NULL, supported);
        if (!supported)
            continue;
        PMDL mdl;
        NTSTATUS status = rows[i].mode == REMAPPED ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
        assert_int_equal(rig_pin(lead, 0, PAGE, &mdl), status);
    }
}

/* Every fault point of a start, one after another; then it starts. */
static void every_fault_is_undone(void **state) {
    (void)state;
    struct rig_device *lead = rig_chain(0, 3);
    lead->sizes[1] = 0;
    bool fired = true;
    unsigned failures = 0;
    for (uint32_t nth = 1; fired; nth++) {
        struct rig_ledger before = rig_ledger();
        rig_log[0] = 0;
        nt_fault_arm(NT_FAULT_ANY, nth);
        NTSTATUS status = dxgk_adapter_start(lead->adapter);
        uint32_t passed = nt_fault_passed(&fired);
        nt_fault_arm(NT_FAULT_ANY, 0);
        if (!fired) {
            assert_int_equal(status, STATUS_SUCCESS);
            assert_int_equal(passed, nth - 1);
            break;
        }
        static const NTSTATUS statuses[] = {STATUS_INSUFFICIENT_RESOURCES,
                                            STATUS_INSUFFICIENT_RESOURCES,
                                            STATUS_INSUFFICIENT_RESOURCES,
                                            STATUS_COMMITMENT_LIMIT,
                                            STATUS_NO_MEMORY,
                                            STATUS_NO_MEMORY};
        assert_true(nth <= sizeof(statuses) / sizeof(*statuses));
        assert_int_equal(status, statuses[nth - 1]);
        if (nth <= 3)
            assert_string_equal(rig_log, "memory0 caps0 driver0 ranges0 ");
        else
            assert_string_equal(strstr(rig_log, "size0[2]"), "size0[2] stop0 stop2 stop1 ");
        struct rig_ledger after = rig_ledger();
        rig_assert_same(&before, &after);
        failures++;
    }
    assert_int_equal(failures, 6); /* three attachments, commit, two sections */
}

static void surprise_removal_is_a_notification(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 3);
    DXGK_ADL *adl;
    uint64_t word = 1;
    assert_int_equal(rig_pin2(lead, 0, PAGE, false, &adl), STATUS_SUCCESS);
    assert_true(rig_gpu_write(&rig[2], adl->Pages[0], 42));
    assert_int_equal(dxgk_adapter_surprise_remove(rig[2].adapter), STATUS_SUCCESS);
    assert_int_equal(dxgk_adapter_surprise_remove(rig[2].adapter), STATUS_INVALID_DEVICE_STATE);
    assert_false(rig_gpu_read(&rig[2], adl->Pages[0], &word));
    assert_int_equal(word, 1);
    assert_true(rig_gpu_read(&rig[1], adl->Pages[0], &word));
    assert_int_equal(word, 42);
    assert_int_equal(rig_pin2(lead, 2, PAGE, false, &adl), STATUS_SUCCESS);
    assert_int_equal(rig_ledger().dxgk.pins, 2);
    rig_log[0] = 0;
    rig_remove(&rig[2]); /* its driver cleans up, as any */
    assert_string_equal(rig_log, "stop0 stop2 stop1 ");
    assert_int_equal(rig_ledger().dxgk.leaks, 2);
    assert_int_equal(rig_ledger().dxgk.pins, 0);
    rig_links(0, 2);
    starts(lead, "memory0 caps0 driver0 ranges0 start1 start0 adapter0[0] size0[0] adapter0[1] size0[1] ");
    assert_int_equal(dxgk_adapter_surprise_remove(lead->adapter), STATUS_SUCCESS);
    stops(lead, "stop0 stop1 ");
    fails(lead, STATUS_INVALID_DEVICE_STATE, "");
}

static void removing_renumbers_or_dissolves(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 4);
    rig_log[0] = 0;
    rig_remove(&rig[1]);
    assert_string_equal(rig_log, "stop0 stop3 stop2 stop1 ");
    lead->link.NumberOfLinksInChain = 3;
    lead->members[1] = 2;
    lead->members[2] = 3;
    lead->sizes[1] = 5 * PAGE;
    lead->sizes[2] = 6 * PAGE;
    starts(lead, "memory0 caps0 driver0 ranges0 start2 start3 start0 "
                 "adapter0[0] size0[0] adapter0[1] size0[1] adapter0[2] size0[2] ");
    for (unsigned i = 2; i < 4; i++) { /* alone, once the lead is gone */
        rig[i].link.NumberOfLinksInChain = 1;
        rig[i].members[0] = i;
    }
    DXGK_ADL *adl;
    assert_int_equal(rig_pin2(lead, 2, 6 * PAGE, true, &adl), STATUS_SUCCESS);
    assert_int_equal(rig_pin2(lead, 3, PAGE, true, &adl), STATUS_INVALID_PARAMETER);
    rig_log[0] = 0;
    rig_remove(lead);
    assert_string_equal(rig_log, "stop0 stop3 stop2 ");
    assert_int_equal(rig_ledger().dxgk.leaks, 1);
    assert_int_equal(dxgk_adapter_stop(rig[2].adapter), STATUS_INVALID_DEVICE_STATE);
    starts(&rig[3], "memory3 caps3 driver3 ranges3 start3 adapter3[0] size3[0] ");
    starts(&rig[2], "memory2 caps2 driver2 ranges2 start2 adapter2[0] size2[0] ");
    assert_int_not_equal(dxgk_look_domain(rig[2].adapter), dxgk_look_domain(rig[3].adapter));
}

/* Whatever is out at a stop is taken back, once, in one count a pin and a view. */
static void stop_takes_back(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 2);
    struct rig_ledger idle = rig_ledger();
    stops(lead, NULL);
    struct rig_ledger stopped = rig_ledger();
    starts(lead, NULL);
    DXGK_ADL *adl;
    PMDL mdl;
    void *base[3];
    assert_int_equal(rig_pin2(lead, 0, 8 * PAGE, true, &adl), STATUS_SUCCESS);
    assert_int_equal(rig_pin(lead, 1, PAGE, &mdl), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 0, 0, PAGE, &base[0]), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 0, PAGE, PAGE, &base[1]), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 1, 7 * PAGE, PAGE, &base[2]), STATUS_SUCCESS);
    assert_true(dxgk_look_descriptor(adl) && dxgk_look_descriptor(mdl));
    stops(lead, "stop0 stop1 ");
    struct rig_ledger again = rig_ledger();
    assert_int_equal(again.dxgk.leaks, stopped.dxgk.leaks + 5);
    rig_assert_same(&stopped, &again);
    assert_false(nt_view_accessible(base[0], 1));
    assert_false(dxgk_look_descriptor(adl));
    assert_false(dxgk_look_descriptor(mdl));
    starts(lead, NULL);
    again = rig_ledger();
    rig_assert_same(&idle, &again);
    stops(lead, NULL);
    assert_int_equal(rig_ledger().dxgk.leaks, 5); /* nothing out, nothing counted */
}

/* The power goes while drivers are in the middle of things: nobody is called, nothing stays. */
static void power_off_asks_nobody(void **state) {
    (void)state;
    struct rig_device *lead = rig_started(0, 3);
    rig_chain(3, 2);
    DXGK_ADL *adl;
    void *base;
    assert_int_equal(rig_pin2(lead, 1, 3 * PAGE, false, &adl), STATUS_SUCCESS);
    assert_int_equal(rig_map(lead, 1, 0, PAGE, &base), STATUS_SUCCESS);
    rig_log[0] = 0;
    dxgk_shutdown();
    assert_string_equal(rig_log, "");
    memset(rig, 0, sizeof(rig));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_alone, up, down),
        cmocka_unit_test_setup_teardown(eight_in_order, up, down),
        cmocka_unit_test_setup_teardown(nine_are_too_many, up, down),
        cmocka_unit_test_setup_teardown(linking_has_rules, up, down),
        cmocka_unit_test_setup_teardown(the_one_linked_to_leads, up, down),
        cmocka_unit_test_setup_teardown(the_chain_must_be_whole, up, down),
        cmocka_unit_test_setup_teardown(a_chain_gathers, up, down),
        cmocka_unit_test_setup_teardown(drivers_can_decline, up, down),
        cmocka_unit_test_setup_teardown(indices_are_the_drivers, up, down),
        cmocka_unit_test_setup_teardown(failing_starts_stop_who_started, up, down),
        cmocka_unit_test_setup_teardown(checks_come_in_order, up, down),
        cmocka_unit_test_setup_teardown(commit_never_wraps, up, down),
        cmocka_unit_test_setup_teardown(mode_by_caps_version_and_memory, up, down),
        cmocka_unit_test_setup_teardown(every_fault_is_undone, up, down),
        cmocka_unit_test_setup_teardown(surprise_removal_is_a_notification, up, down),
        cmocka_unit_test_setup_teardown(removing_renumbers_or_dissolves, up, down),
        cmocka_unit_test_setup_teardown(stop_takes_back, up, down),
        cmocka_unit_test_setup_teardown(power_off_asks_nobody, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
