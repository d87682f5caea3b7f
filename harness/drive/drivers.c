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

struct miniport_settings driver_settings(const struct program *program, uint8_t device, uint8_t as) {
    const struct program_adapter answering = model_answering(program, device, as);
    const struct program_adapter *adapter = &answering;
    const struct program_machine *machine = &program->machine;
    const struct model_caps caps = model_caps_as(program, device, as);
    bool older = program_version_value(machine->dxgkrnl_version) == caps.served;
    return (struct miniport_settings){
        .version = program_version_value(adapter->version),
        .served = caps.served,
        .interface_size = program_version_size(older ? machine->dxgkrnl_version : adapter->version),
        .caps = {.Value = adapter->caps},
        .memory_caps = model_driver_caps(adapter),
        .highest_visible = adapter->highest_visible,
        .maximum_size = adapter->maximum_size,
        .reserved = adapter->reserved,
        .reserved_first = adapter->reserved_first,
        .reserved_pages = adapter->reserved_pages,
        .remapped = caps.mode == MODE_REMAPPED,
        .areas = caps.supported,
        .wrong = adapter->miniport,
    };
}

void driver_answers(uint8_t device, uint8_t as) {
    drivers[device].settings = driver_settings(run.program, device, as);
}
