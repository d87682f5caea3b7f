/* The drivers of a run, by device: what they answer, and the tables that they call through. */
#include "harness/drive/driver.h"

#include "harness/judge/run.h"

struct miniport drivers[SUT_DEVICES];

const DXGKRNL_INTERFACE *driver_table(uint8_t device) {
    if (drivers[device].has_interface)
        return &drivers[device].dxgkrnl;
    for (uint32_t i = 0; i < run.program->machine.adapters; i++)
        if (drivers[i].has_interface)
            return &drivers[i].dxgkrnl;
    return NULL;
}

void driver_settings(const struct program *program, uint8_t device, uint8_t as, const struct model_caps *caps,
                     struct miniport_settings *settings) {
    const struct program_adapter *adapter = &program->adapters[as];
    uint8_t own = program->adapters[device].version;
    uint8_t dxgkrnl = program->machine.dxgkrnl_version;
    ULONG version = program_version_value(own);
    bool older = program_version_value(dxgkrnl) == caps->served;
    *settings = (struct miniport_settings){
        .version = version,
        .served = caps->served,
        .interface_size = program_version_size(older ? dxgkrnl : own),
        .caps = {.Value = adapter->caps},
        .memory_caps = model_driver_caps(adapter, version),
        .highest_visible = adapter->highest_visible,
        .maximum_size = adapter->maximum_size,
        .reserved = adapter->reserved,
        .reserved_first = adapter->reserved_first,
        .reserved_pages = adapter->reserved_pages,
        .remapped = caps->mode == MODE_REMAPPED,
        .areas = caps->supported,
        .wrong = adapter->miniport,
    };
}

void driver_answers(uint8_t device, uint8_t as) {
    driver_settings(run.program, device, as, &run.model.caps[device], &drivers[device].settings);
}
