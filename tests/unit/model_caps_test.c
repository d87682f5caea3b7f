/* What versions, caps and the machine's flags come to, row by row: docs/contract.md, "How a device gets
 * there". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/contract/model.h"
#include "harness/contract/resolve.h"

static struct program program;

#define CAPS(member) (1u << PROGRAM_CAP_BIT_##member)
#define SUPPORTED    CAPS(IommuIsolationSupported)
#define REQUIRED     CAPS(IommuIsolationRequired)
#define REMAP        CAPS(DmaRemappingSupported)

/* A plain machine of two adapters, whose first has this version and these caps. */
static void world(uint8_t version, uint8_t caps) {
    program_default_machine(&program.machine);
    program.machine.adapters = 2;
    for (unsigned i = 0; i < 2; i++)
        program_default_adapter(&program.adapters[i]);
    program.adapters[0].version = version;
    program.adapters[0].caps = caps;
}

static void versions_are_the_older_of_two(void **state) {
    (void)state;
    world(PROGRAM_WDDM_3_0, SUPPORTED);
    assert_int_equal(model_caps(&program, 0).served, DXGKDDI_INTERFACE_VERSION_WDDM3_0);
    assert_true(model_caps(&program, 0).early);
    program.machine.dxgkrnl_version = PROGRAM_WDDM_2_8;
    assert_int_equal(model_caps(&program, 0).served, DXGKDDI_INTERFACE_VERSION_WDDM2_8);
    assert_false(model_caps(&program, 0).early);
    assert_true(model_caps(&program, 0).supported);
    program.machine.dxgkrnl_version = PROGRAM_WDDM_2_3; /* it does not know the bit */
    assert_false(model_caps(&program, 0).supported);
    world(PROGRAM_WDDM_2_3, SUPPORTED); /* the driver does not */
    assert_int_equal(model_driver_caps(&program.adapters[0], model_caps(&program, 0).served), 0);
    assert_false(model_caps(&program, 0).supported);
}

static void required_counts_from_2_7_on(void **state) {
    (void)state;
    world(PROGRAM_WDDM_2_6, REQUIRED);
    assert_false(model_caps(&program, 0).required || model_caps(&program, 0).supported);
    world(PROGRAM_WDDM_2_7, REQUIRED);
    assert_true(model_caps(&program, 0).required && model_caps(&program, 0).supported);
    assert_true(model_caps(&program, 0).forced); /* whatever the flags say */
    program.machine.iommu_flags = 0;
    assert_true(model_caps(&program, 0).forced);
    program.machine.iommu = SUT_IOMMU_NONE;
    assert_false(model_caps(&program, 0).forced);
}

static void caps_agree_from_2_9_on(void **state) {
    (void)state;
    for (uint8_t caps = 0; caps < 4; caps++) {
        world(PROGRAM_WDDM_2_9, caps);
        assert_true(model_caps(&program, 0).matches);
        program.adapters[0].miniport = PROGRAM_MP_DIFFER_SUPPORTED;
        assert_false(model_caps(&program, 0).matches);
        program.adapters[0].miniport = PROGRAM_MP_DIFFER_REQUIRED;
        assert_false(model_caps(&program, 0).matches);
        program.adapters[0].version = PROGRAM_WDDM_2_8; /* asked in one place only */
        assert_true(model_caps(&program, 0).matches);
    }
}

static void modes(void **state) {
    (void)state;
    world(PROGRAM_WDDM_2_9, SUPPORTED | REMAP);
    assert_int_equal(model_caps(&program, 0).mode, MODE_ISOLATED);
    program.machine.iommu = SUT_IOMMU_REMAP_ALWAYS;
    assert_int_equal(model_caps(&program, 0).mode, MODE_REMAPPED);
    program.adapters[0].miniport = PROGRAM_MP_NO_APERTURE2;
    assert_int_equal(model_caps(&program, 0).mode, MODE_ISOLATED);
    program.adapters[0].miniport = 0;
    program.machine.iommu = SUT_IOMMU_PRESENT;
    uint64_t highest = program.machine.highest_pfn * MODEL_PAGE + (MODEL_PAGE - 1);
    program.adapters[0].highest_visible = highest + 1;
    assert_int_equal(model_caps(&program, 0).mode, MODE_ISOLATED);
    program.adapters[0].highest_visible = highest;
    assert_int_equal(model_caps(&program, 0).mode, MODE_REMAPPED);
    assert_true(model_caps(&program, 0).edge);
    program.adapters[0].caps = REMAP; /* counts only with isolation */
    assert_int_equal(model_caps(&program, 0).mode, MODE_PHYSICAL);
}

/* flags 1, 2 and 4 force; 8 does for those that cannot isolate; 16 lets a failure go. All below 2.9 alone. */
static void flags(void **state) {
    (void)state;
    for (uint32_t flags = 0; flags <= PROGRAM_IOMMU_FLAGS; flags++) {
        for (unsigned supported = 0; supported < 2; supported++) {
            bool bypassed = (flags & 9) == 9;
            bool domain = supported || bypassed;
            bool forced = domain && (flags & 7) == 7;
            world(PROGRAM_WDDM_2_4, supported ? SUPPORTED : 0);
            program.machine.iommu_flags = flags;
            const struct model_caps old = model_caps(&program, 0);
            assert_int_equal(old.mode, domain ? MODE_ISOLATED : MODE_PHYSICAL);
            assert_int_equal(old.forced, forced);
            assert_int_equal(old.let_go, forced && (flags & 16) != 0);
            program.adapters[0].version = PROGRAM_WDDM_2_9;
            const struct model_caps new = model_caps(&program, 0);
            assert_int_equal(new.mode, supported ? MODE_ISOLATED : MODE_PHYSICAL);
            assert_false(new.forced);
        }
    }
}

static void ranges_lie_in_the_firmware(void **state) {
    (void)state;
    struct model_range ranges[PROGRAM_RESERVED_MAX];
    world(PROGRAM_WDDM_3_0, SUPPORTED);
    program.machine.firmware_first = 0x100;
    program.machine.firmware_pages = 8;
    program.adapters[0].reserved = 2;
    program.adapters[0].reserved_first = 0x101;
    program.adapters[0].reserved_pages = 3;
    assert_int_equal(model_ranges(&program, 0, ranges), 2);
    assert_int_equal(ranges[1].first, 0x105); /* a page apart */
    assert_true(model_ranges_fit(&program, ranges, 2));
    program.adapters[0].reserved_first = 0x102;
    (void)model_ranges(&program, 0, ranges);
    assert_false(model_ranges_fit(&program, ranges, 2));
    program.adapters[0].reserved_first = 0xff;
    (void)model_ranges(&program, 0, ranges);
    assert_false(model_ranges_fit(&program, ranges, 1));
    program.adapters[0].miniport = PROGRAM_MP_FAIL_RANGES;
    assert_int_equal(model_ranges(&program, 0, ranges), 0);
}

/* Who joins a chain that is there to be joined; who leads it. */
static void chains_at_boot(void **state) {
    (void)state;
    struct resolve_chains chains;
    program_default_machine(&program.machine);
    program.machine.adapters = PROGRAM_ADAPTERS;
    for (uint8_t i = 0; i < PROGRAM_ADAPTERS; i++) {
        program_default_adapter(&program.adapters[i]);
        program.adapters[i].joins = i > 0 && i < 10;
    }
    program.adapters[10].joins = 3; /* 2 leads no chain */
    program.adapters[11].absent = true;
    program.adapters[12].joins = 12; /* 11 is absent */
    program.adapters[14].joins = 14;
    resolve_chains(&program, &chains);
    assert_int_equal(chains.count[0], SUT_CHAIN_MAX);
    assert_int_equal(chains.lead[7], 0);
    assert_int_equal(chains.lead[8], 8); /* the ninth */
    assert_int_equal(chains.lead[10], 10);
    assert_int_equal(chains.lead[12], 12);
    assert_int_equal(chains.lead[14], 13);
    assert_int_equal(chains.member[13][1], 14);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_the_older_of_two),
        cmocka_unit_test(required_counts_from_2_7_on),
        cmocka_unit_test(caps_agree_from_2_9_on),
        cmocka_unit_test(modes),
        cmocka_unit_test(flags),
        cmocka_unit_test(ranges_lie_in_the_firmware),
        cmocka_unit_test(chains_at_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
