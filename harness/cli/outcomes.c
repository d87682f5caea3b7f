/* Counts the outcomes of a race's schedules, and prints them. */
#include "harness/cli/outcomes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/enumerate/state.h"
#include "harness/judge/race.h"
#include "harness/program/text_words.h"
#include "harness/verdict/verdict.h"

static uint64_t state;

void outcomes_done(void) {
    state = state_number();
}

void outcomes_note(struct outcomes *self, unsigned verdict) {
    struct outcome outcome;
    memset(&outcome, 0, sizeof(outcome)); /* what lies between members is compared, too */
    outcome.verdict = verdict;
    outcome.calls = race.count;
    outcome.state = state;
    state = 0;
    for (uint32_t i = 0; i < race.count; i++) {
        outcome.opcode[i] = race.answered[i].opcode;
        outcome.status[i] = race.answered[i].status;
    }
    uint32_t i = 0;
    while (i < self->count && memcmp(&self->of[i].outcome, &outcome, sizeof(outcome)) != 0)
        i++;
    if (i == OUTCOMES) {
        self->full = true;
        return;
    }
    if (i == self->count) {
        self->of[i].outcome = outcome;
        self->of[i].schedules = 0;
        self->count++;
    }
    self->of[i].schedules++;
}

void outcomes_print(const struct outcomes *self) {
    for (uint32_t i = 0; i < self->count; i++) {
        const struct outcome *outcome = &self->of[i].outcome;
        printf("    %" PRIu64 " schedules: ", self->of[i].schedules);
        verdict_print_outcome(stdout, outcome->verdict);
        for (uint32_t k = 0; k < outcome->calls; k++)
            printf(", %s 0x%" PRIx32, text_opcodes[outcome->opcode[k]], (uint32_t)outcome->status[k]);
        printf(", state %016" PRIx64 "\n", outcome->state);
    }
    if (self->full)
        printf("    and more than %u others\n", OUTCOMES);
}
