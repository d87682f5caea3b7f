/* For tests/planted/bench: state coverage as if there were none. Linked with --wrap for each of these. */
#include "harness/judge/state_coverage.h"

void __wrap_state_begin(void);
void __wrap_state_end(const struct model *model);
uint32_t __wrap_state_before(const struct model *model, const struct call *call);
void __wrap_state_after(uint32_t before, const struct model *model, const struct call *call);

void __wrap_state_begin(void) {}

void __wrap_state_end(const struct model *model) {
    (void)model;
}

uint32_t __wrap_state_before(const struct model *model, const struct call *call) {
    (void)model;
    (void)call;
    return 0;
}

void __wrap_state_after(uint32_t before, const struct model *model, const struct call *call) {
    (void)before;
    (void)model;
    (void)call;
}
