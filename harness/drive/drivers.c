/* The drivers of a run, by device, and the tables that they call through. */
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
