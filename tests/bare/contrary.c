/* The subject as somebody else's implementation that made other choices than this project. */
#include "somebody.h"

static bool boot_with_iommu(const struct sut_machine_config *config) {
    return config->iommu != SUT_IOMMU_NONE && boot(config);
}

static NTSTATUS start_nothing(unsigned device) {
    (void)device;
    return STATUS_NOT_SUPPORTED;
}

const struct sut *sut_get(void) {
    static struct sut contrary;
    contrary = somebody("contrary");
    contrary.boot = boot_with_iommu;
    contrary.start = start_nothing;
    return &contrary;
}
