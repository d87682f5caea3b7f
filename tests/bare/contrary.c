/* The subject as somebody else's implementation that is not held to this project's choices, and made others.
 */
#define sut_get sut_get_whole
#include "sut/sut_dxgk.c"
#undef sut_get

static bool boot_with_iommu(const struct sut_machine_config *config) {
    return config->iommu != SUT_IOMMU_NONE && boot(config);
}

static NTSTATUS start_nothing(unsigned device) {
    (void)device;
    return STATUS_NOT_SUPPORTED;
}

const struct sut *sut_get(void) {
    static struct sut contrary;
    contrary = *sut_get_whole();
    contrary.name = "contrary";
    contrary.hold_chosen = false;
    contrary.boot = boot_with_iommu;
    contrary.start = start_nothing;
    return &contrary;
}
