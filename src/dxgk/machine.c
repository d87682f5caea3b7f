/* The state of the one machine. */
#include "dxgk/machine.h"

#include <stdio.h>
#include <stdlib.h>

struct dxgk_machine dxgk_machine;

static dxgk_bug_check_hook *bug_check_hook;

void dxgk_on_bug_check(dxgk_bug_check_hook *hook) {
    bug_check_hook = hook;
}

void dxgk_bug_check(ULONG code) {
    if (bug_check_hook)
        bug_check_hook(code);
    fprintf(stderr, "dxgk: bug check 0x%x\n", (unsigned)code);
    abort();
}
