/* State coverage: the same execution marks the same counters, whatever ran before, and what differs in
 * state differs in counters. */
#define _DEFAULT_SOURCE /* scandir */
#include "harness/judge/state_coverage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness/drive/executor.h"
#include "harness/program/load.h"

static struct program program;
static uint8_t once[STATE_COUNTERS];
static uint32_t ended;

static void run_text(const char *text) {
    struct text_error error;
    if (!text_parse("test", text, strlen(text), &program, &error)) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    executor_run(&program);
}

static uint32_t marked(void) {
    uint32_t count, not_zero = 0;
    const uint16_t *seen = state_seen(&count);
    for (uint32_t i = 0; i < STATE_COUNTERS; i++)
        not_zero += state_counters[i] != 0;
    CHECK(count == not_zero);
    for (uint32_t i = 0; i < count; i++)
        CHECK(seen[i] < STATE_COUNTERS && state_counters[seen[i]] != 0);
    return count;
}

static uint8_t clause_counter(enum contract_clause clause, uint32_t outcome) {
    return state_counters[STATE_AT_CLAUSES + (uint32_t)clause * STATE_OUTCOMES + outcome];
}

static void clauses_are_told_apart(void) {
    run_text("machine\npin2 lead(0) index=0 CommitSize=1p\n");
    CHECK(clause_counter(CLAUSE_PIN_SUCCEEDS, 0) && !clause_counter(CLAUSE_PIN_TWICE, 1));
    run_text("machine\npin2 lead(0) index=0 CommitSize=1p\npin2 lead(0) index=0 CommitSize=1p\n");
    CHECK(clause_counter(CLAUSE_PIN_SUCCEEDS, 0) == 1 && clause_counter(CLAUSE_PIN_TWICE, 1) == 1);
    run_text("machine\npin2 lead(0) index=0 CommitSize=1p fail_nth=1\n");
    CHECK(!clause_counter(CLAUSE_PIN_SUCCEEDS, 0) && clause_counter(CLAUSE_PIN_SUCCEEDS, 2));
}

/* Each of these programs ends in a state, or with an outcome, that none of the others has. */
static void states_are_told_apart(void) {
    static const char *const programs[] = {
        "machine\n",
        "machine\nunpin lead(0) index=0\n",
        "machine\nadapter 0 maximum_size=0\nunpin lead(0) index=0\n",
        "machine\npin2 lead(0) index=0 CommitSize=1p\nunpin lead(0) index=0\n",
        "machine\npin lead(0) index=0 CommitSize=1p\nunpin lead(0) index=0\n",
        "machine iommu=remap_always\npin2 lead(0) index=0 CommitSize=1p PreferContiguous\nunpin lead(0)\n",
        "machine iommu=remap_always\npin2 lead(0) index=0 CommitSize=1p\nunpin lead(0) index=0\n",
        "machine iommu=none\npin2 lead(0) index=0 CommitSize=1p\nunpin lead(0) index=0\n",
        "machine\nmap lead(0) index=0 Size=1p\nunpin lead(0) index=0\n",
        "machine\npower 0 d3\nunpin lead(0) index=0\n",
        "machine\nreset 0 begin\nunpin lead(0) index=0\n",
        "machine\nsurprise_remove 0\nunpin lead(0) index=0\n",
        "machine\nstop 0\nunpin lead(0) index=0\n",
        "machine\npin2 lead(0) index=0 CommitSize=1p fail_nth=1\nunpin lead(0) index=0\n",
    };
    static uint8_t pairs[sizeof(programs) / sizeof(programs[0])][STATE_AT_DEPTHS];
    for (uint32_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        run_text(programs[i]);
        memcpy(pairs[i], state_counters, STATE_AT_DEPTHS);
        memset(pairs[i], 0, STATE_AT_PAIRS);
        for (uint32_t k = 0; k < i; k++)
            CHECK(memcmp(pairs[i], pairs[k], STATE_AT_DEPTHS) != 0);
    }
}

static void depths_are_counted(void) {
    const uint8_t *pins = state_counters + STATE_AT_DEPTHS;
    const uint8_t *views = pins + STATE_DEPTHS;
    run_text("machine\nadapter 1\nadapter 2\npin2 lead(0) index=0 CommitSize=1p\n"
             "pin2 lead(1) index=0 CommitSize=1p\nunpin lead(0) index=0\nunpin lead(1) index=0\n"
             "map lead(2) index=0 Size=1p\n");
    CHECK(pins[0] && pins[1] && !pins[2]);
    CHECK(views[0] && !views[1]);
}

/* Whatever ran before, and whether the engine clears the counters or not. */
static void nothing_is_left_of_the_last_one(void) {
    static const char text[] = "machine\nadapter 1 joins=0\npin2 lead(0) index=1 CommitSize=2p\n"
                               "map lead(0) index=0 Size=1p\nstop 0\nstart 0\n";
    run_text(text);
    uint32_t count = marked();
    CHECK(count > 20);
    memcpy(once, state_counters, sizeof(once));
    run_text("machine iommu=none\nadapter 0 maximum_size=0\nunpin lead(0) index=7\nirql apc\n");
    run_text(text);
    CHECK(marked() == count && memcmp(once, state_counters, sizeof(once)) == 0);
    memset(state_counters, 0, sizeof(state_counters));
    run_text(text);
    CHECK(marked() == count && memcmp(once, state_counters, sizeof(once)) == 0);
}

static void count_ends(void) {
    ended++;
    CHECK(marked() > 0);
}

static void an_engine_can_fetch_them(void) {
    state_on_end(count_ends);
    run_text("machine\n");
    state_on_end(NULL);
    run_text("machine\n");
    CHECK(ended == 1);
}

/* Every seed twice, with every other one in between. */
static void seeds_cover_the_same_again(void) {
    enum {
        SEEDS = 256
    };
    static const char *const places[] = {"pin_args_fuzzer", "pin_unpin_fuzzer", "adapter_chain_fuzzer"};
    static uint8_t counters[SEEDS][STATE_COUNTERS];
    for (uint32_t round = 0; round < 2; round++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            char path[4096];
            struct dirent **entries;
            struct text_error error;
            snprintf(path, sizeof(path), "%s/corpus/%s", PINFUZZ_ROOT, places[i]);
            int found = scandir(path, &entries, NULL, alphasort);
            for (int k = 0; k < found; k++) {
                snprintf(path, sizeof(path), "%s/corpus/%s/%s", PINFUZZ_ROOT, places[i], entries[k]->d_name);
                bool seed = strstr(entries[k]->d_name, ".txt") != NULL && count < SEEDS;
                free(entries[k]);
                if (!seed)
                    continue;
                CHECK(program_load(path, LOAD_TEXT, &program, &error));
                executor_run(&program);
                if (round == 0)
                    memcpy(counters[count], state_counters, STATE_COUNTERS);
                CHECK(memcmp(counters[count], state_counters, STATE_COUNTERS) == 0);
                count++;
            }
            if (found >= 0)
                free(entries);
        }
        CHECK(count > 50);
    }
}

int main(void) {
    clauses_are_told_apart();
    states_are_told_apart();
    depths_are_counted();
    nothing_is_left_of_the_last_one();
    an_engine_can_fetch_them();
    seeds_cover_the_same_again();
    return 0;
}
