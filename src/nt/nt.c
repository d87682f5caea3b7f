/* Boots the services in order, and shuts them down in the opposite order. */
#include "nt/nt.h"

#include <stdio.h>
#include <stdlib.h>

#include "nt/alias.h"
#include "nt/arena.h"
#include "nt/fault.h"
#include "nt/private.h"
#include "nt/window.h"

static bool booted;

bool nt_boot(const struct nt_config *config) {
    if (booted) {
        fputs("nt_boot: a machine is running already\n", stderr);
        abort();
    }
    if (!nt_arena_boot())
        return false;
    booted = true;
    nt_fault_arm(NT_FAULT_ANY, 0);
    nt_irql_boot();
    nt_lock_init(&nt_memory_lock, "memory", NT_LOCK_MEMORY);
    nt_pool_boot(config->pool_bytes);
    nt_phys_boot(config);
    nt_window_boot();
    nt_section_boot(config->view_bytes);
    return true;
}

void nt_shutdown(void) {
    if (!booted)
        return;
    booted = false;
    nt_lock_shutdown();
    nt_section_shutdown();
    nt_phys_trim();
    /* In this order: aliased pages are part of windows, and get other memory below them. */
    nt_window_shutdown();
    nt_alias_shutdown();
    nt_arena_shutdown();
}
