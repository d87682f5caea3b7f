/* What the driver of a chain's lead says of it, and what follows: the versions, the caps, the mode. */
#include "harness/contract/model.h"

UINT model_driver_caps(const struct program_adapter *adapter, ULONG version) {
    const DXGK_IOMMU_CAPS caps = {.Value = adapter->caps};
    bool supported = !caps.IommuIsolationSupported == !!(adapter->miniport & PROGRAM_MP_DIFFER_SUPPORTED);
    bool required = !caps.IommuIsolationRequired == !!(adapter->miniport & PROGRAM_MP_DIFFER_REQUIRED);
    const DXGK_VIDMMCAPS said = {
        .IoMmuSecureModeSupported = supported && version >= DXGKDDI_INTERFACE_VERSION_WDDM2_4,
        .IoMmuSecureModeRequired = required && version >= DXGKDDI_INTERFACE_VERSION_WDDM2_7,
        .MapAperture2Supported =
            !(adapter->miniport & PROGRAM_MP_NO_APERTURE2) && version >= DXGKDDI_INTERFACE_VERSION_WDDM2_9,
    };
    return said.Value;
}

/* IOMMUFlags, of drivers below WDDM 2.9. */
#define ENABLED       0x01u
#define FORCE         0x07u /* enabled, mappings, attach */
#define BYPASS        0x08u
#define ALLOW_FAILURE 0x10u

struct model_caps model_caps_as(const struct program *program, uint8_t lead, uint8_t as) {
    const struct program_adapter *adapter = &program->adapters[as];
    const struct program_machine *machine = &program->machine;
    const DXGK_IOMMU_CAPS iommu = {.Value = adapter->caps};
    ULONG own = program_version_value(program->adapters[lead].version);
    const DXGK_VIDMMCAPS driver = {.Value = model_driver_caps(adapter, own)};
    ULONG dxgkrnl = program_version_value(machine->dxgkrnl_version);
    uint64_t highest = machine->highest_pfn * MODEL_PAGE + (MODEL_PAGE - 1);
    struct model_caps caps = {.served = own < dxgkrnl ? own : dxgkrnl};
    caps.early = caps.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_9;
    bool supported = caps.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_4 && driver.IoMmuSecureModeSupported;
    bool required = caps.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_7 && driver.IoMmuSecureModeRequired;
    caps.alone = required && !supported;
    caps.required =
        required && !(caps.alone && (DIALECT_IS(REQUIRED, NOTHING) || DIALECT_IS(REQUIRED, REFUSED)));
    caps.supported = supported || caps.required;
    caps.matches = !caps.early ||
                   (iommu.IommuIsolationSupported == supported && iommu.IommuIsolationRequired == required);
    caps.edge = adapter->highest_visible == highest;
    caps.all_visible = adapter->highest_visible > highest || (caps.edge && DIALECT_IS(EQUAL, STARTS));

    bool remapped = caps.early && iommu.DmaRemappingSupported && driver.MapAperture2Supported &&
                    (machine->iommu == SUT_IOMMU_REMAP_ALWAYS || !caps.all_visible);
    bool bypassed = !caps.early && caps.served >= DXGKDDI_INTERFACE_VERSION_WDDM2_4 &&
                    (machine->iommu_flags & (ENABLED | BYPASS)) == (ENABLED | BYPASS);
    bool domain = machine->iommu != SUT_IOMMU_NONE && (caps.supported || bypassed);
    caps.mode = !domain ? MODE_PHYSICAL : caps.supported && remapped ? MODE_REMAPPED : MODE_ISOLATED;
    caps.unsure =
        caps.early && !caps.supported && machine->iommu != SUT_IOMMU_NONE && DIALECT_IS(DOMAIN, OTHERWISE);
    caps.forced = domain && !caps.early && (caps.required || (machine->iommu_flags & FORCE) == FORCE);
    caps.let_go = caps.forced && !caps.required && (machine->iommu_flags & ALLOW_FAILURE) != 0;
    return caps;
}

uint32_t model_ranges(const struct program *program, uint8_t lead, struct model_range *ranges) {
    const struct program_adapter *adapter = &program->adapters[lead];
    uint32_t count = adapter->miniport & PROGRAM_MP_FAIL_RANGES ? 0 : adapter->reserved;
    for (uint32_t i = 0; i < count; i++)
        ranges[i] = (struct model_range){
            .first = adapter->reserved_first + i * (UINT64_C(1) + adapter->reserved_pages),
            .pages = adapter->reserved_pages,
        };
    return count;
}

bool model_ranges_fit(const struct program *program, const struct model_range *ranges, uint32_t count) {
    const struct program_machine *machine = &program->machine;
    bool fit = true;
    for (uint32_t i = 0; i < count; i++)
        fit &= ranges[i].first >= machine->firmware_first &&
               ranges[i].first + ranges[i].pages <= machine->firmware_first + machine->firmware_pages;
    return fit;
}
