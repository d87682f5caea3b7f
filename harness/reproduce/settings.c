/* What a driver is told to be, as an initializer in C. */
#include "harness/drive/driver.h"
#include "harness/program/world.h"
#include "harness/reproduce/scenario.h"

void settings_put(struct put *to, const struct program *program, uint8_t device, uint8_t as) {
    const struct program_adapter *adapter = &program->adapters[device];
    const struct model_caps caps = model_caps_as(program, device, as);
    struct miniport_settings settings;
    driver_settings(program, device, as, &caps, &settings);
    uint8_t served =
        settings.served == settings.version ? adapter->version : program->machine.dxgkrnl_version;
    put(to, "    {.version = %s,\n     .served = %s,\n     .interface_size = 0x%zx,\n",
        world_versions.names[adapter->version], world_versions.names[served], settings.interface_size);
    put(to, "     .memory_caps = 0x%x,\n     .remapped = %s,\n     .areas = %s,\n", settings.memory_caps,
        settings.remapped ? "true" : "false", settings.areas ? "true" : "false");
    if (settings.reserved) {
        put(to, "     .reserved = %u,\n     .reserved_first = ", settings.reserved);
        put_number(to, settings.reserved_first);
        put(to, ",\n     .reserved_pages = ");
        put_number(to, settings.reserved_pages);
        put(to, ",\n");
    }
    put(to, "     .caps = {.Value = %u}, /*", (unsigned)settings.caps.Value);
    for (unsigned bit = 0; bit < world_caps.count; bit++)
        if (settings.caps.Value >> bit & 1)
            put(to, " %s", world_caps.names[bit]);
    put(to, " */\n     .highest_visible = ");
    put_number(to, settings.highest_visible);
    put(to, ",\n     .maximum_size = ");
    put_number(to, settings.maximum_size);
    const char *between = ",\n     .wrong = ";
    for (unsigned bit = 0; bit < world_miniports.count; bit++) {
        if (settings.wrong >> bit & 1)
            put(to, "%sPROGRAM_MP_%s", between, world_miniports.names[bit]);
        between = settings.wrong >> bit & 1 ? " | " : between;
    }
    put(to, "}");
}
