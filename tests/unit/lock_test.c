/* A lock that a call keeps is found when the call returns, be it the bus's, and the next run is not hurt. */
#include "harness/judge/run.h"
#include "harness/program/text.h"
#include "harness/verdict/verdict.h"

#include <string.h>

#include "check.h"

static const char *kept;

static const char *lock_held(void) {
    return kept;
}

static void pressure(void) {
    kept = "gate";
}

static void set_hooks(const struct sut_hooks *hooks) {
    CHECK(hooks == NULL);
    kept = NULL;
}

static struct sut subject;

static unsigned run_text(const char *text) {
    static struct program program;
    struct text_error error;
    CHECK(text_parse("test", text, strlen(text), &program, &error));
    return verdict_here(&program, &(struct run_options){.quiet = true, .subject = &subject});
}

int main(void) {
    subject = *sut_get();
    subject.lock_held = lock_held;
    subject.set_hooks = set_hooks;
    subject.memory_pressure = pressure;
    CHECK(run_text("stop 0\n") == VERDICT_KEPT);
    CHECK(run_text("pressure\nstop 0\n") == CLAUSE_RACE_LIVE);
    CHECK(strcmp(run_got_text, "actor 0 still holds 'gate'") == 0);
    uint32_t op;
    CHECK(run_last_op(&op) && op == 0);
    CHECK(run_text("stop 0\n") == VERDICT_KEPT);
    /* Whoever cannot say is not asked. */
    subject.lock_held = NULL;
    CHECK(run_text("pressure\nstop 0\n") == VERDICT_KEPT);
    return 0;
}
