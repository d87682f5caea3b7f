/* The oracle's look at all there is: before and after a race, after pressure, at the end. */
#include "harness/judge/check.h"
#include "harness/judge/run.h"

void check_everything(enum contract_clause pins, enum contract_clause views) {
    for (uint8_t i = 0; i < run.program->machine.adapters; i++)
        for (uint8_t k = 0; k < run.model.chains[i].count; k++)
            if (run.model.chains[i].areas[k].pin.live)
                check_pin_alive(i, k, MODEL_SAMPLES, pins);
    for (uint32_t i = 0; i < run.model.view_count; i++)
        check_view_alive(&run.model.views[i], views);
}
