/*
 * Minimizing toward a verdict. Candidates run in a worker (worker.h). Where the finding itself is a death
 * each gets a child of its own, and the report of its sanitizer is read.
 */
#include "harness/verdict/shrink.h"

#include "harness/verdict/worker.h"

/* In a worker a candidate takes some 0.1 ms: half a minute for the worst. In a child of its own, some
 * 10 ms and with symbols 100 ms: a few minutes. */
#define LIMIT_WORKER 300000u
#define LIMIT_CHILD  20000u

struct wish {
    const struct verdict *wanted;
    unsigned timeout;
    volatile sig_atomic_t *stop;
};

static bool test_in_worker(const struct program *candidate, uint32_t *ended, void *context) {
    const struct wish *wish = context;
    struct worker_answer answer;
    if (!worker_run(candidate, wish->timeout, &answer)) {
        *wish->stop = 1;
        return false;
    }
    *ended = answer.ended;
    return !answer.died && answer.outcome == wish->wanted->outcome;
}

static bool test_in_child(const struct program *candidate, uint32_t *ended, void *context) {
    const struct wish *wish = context;
    struct verdict verdict;
    (void)ended;
    if (!verdict_of(candidate, wish->timeout, &verdict)) {
        *wish->stop = 1;
        return false;
    }
    return verdict_same(&verdict, wish->wanted);
}

struct minimize_result shrink(struct program *program, const struct verdict *wanted, uint32_t limit,
                              unsigned timeout, volatile sig_atomic_t *stop) {
    static struct program original;
    struct wish wish = {.wanted = wanted, .timeout = timeout, .stop = stop};
    struct minimize_result result;
    struct verdict verdict;
    if (!wanted->died) {
        program_copy(&original, program);
        result = minimize(program, test_in_worker, &wish, limit ? limit : LIMIT_WORKER, stop);
        worker_end();
        if (verdict_of(program, timeout, &verdict) && verdict_same(&verdict, wanted))
            return result;
        /* An implementation that keeps something from run to run: the long way. */
        program_copy(program, &original);
    }
    return minimize(program, test_in_child, &wish, limit ? limit : LIMIT_CHILD, stop);
}
