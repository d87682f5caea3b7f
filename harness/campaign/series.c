/* What the workers of a line said, put together: how a value of a campaign went. */
#include <math.h>
#include <stdlib.h>

#include "harness/campaign/record.h"

/* What each worker said last, of this run; and what the runs before it came to, for executions go on from 0
 * in each. */
struct workers {
    double said[RECORD_WORKERS];
    bool now[RECORD_WORKERS]; /* at this moment */
    unsigned count;
    double before;
};

static void forget(struct workers *workers, bool keep_sum) {
    double sum = 0;
    for (unsigned i = 0; i < workers->count; i++) {
        sum += isnan(workers->said[i]) ? 0 : workers->said[i];
        workers->said[i] = NAN;
    }
    workers->before += keep_sum ? sum : 0;
}

static double better(double a, double b, bool less) {
    return isnan(a) || (!isnan(b) && (less ? b < a : b > a)) ? b : a;
}

/* Of speeds and stability only those count that say something at this moment: the others have ended. */
static double together(const struct workers *workers, enum record_value value) {
    bool sums = value == RECORD_EXECUTIONS || value == RECORD_SPEED;
    bool momentary = value == RECORD_SPEED || value == RECORD_STABILITY;
    double all = NAN;
    for (unsigned i = 0; i < workers->count; i++) {
        double one = momentary && !workers->now[i] ? NAN : workers->said[i];
        if (!sums)
            all = better(all, one, value == RECORD_STABILITY);
        else if (!isnan(one))
            all = (isnan(all) ? 0 : all) + one;
    }
    return value == RECORD_EXECUTIONS && !isnan(all) ? all + workers->before : all;
}

static void hear(struct workers *workers, const struct record_sample *sample, enum record_value value) {
    for (; workers->count < sample->worker; workers->count++)
        workers->said[workers->count] = NAN;
    workers->said[sample->worker - 1] = sample->value[value];
    workers->now[sample->worker - 1] = true;
}

size_t record_series(const struct record *record, unsigned line, enum record_value value,
                     struct record_point *points) {
    struct workers *workers = calloc(1, sizeof(*workers));
    size_t count = 0;
    unsigned run = 0;
    for (size_t i = 0; workers && i < record->sample_count;) {
        const struct record_sample *first = &record->samples[i];
        bool any = false;
        for (unsigned k = 0; k < workers->count; k++)
            workers->now[k] = false;
        for (; i < record->sample_count && record->samples[i].run == first->run &&
               record->samples[i].seconds <= first->seconds;
             i++) {
            if (record->samples[i].line != line)
                continue;
            if (first->run != run) {
                forget(workers, value == RECORD_EXECUTIONS);
                run = first->run;
            }
            hear(workers, &record->samples[i], value);
            any = true;
        }
        double all = together(workers, value);
        if (any && !isnan(all))
            points[count++] = (struct record_point){first->seconds, all};
    }
    free(workers);
    return count;
}
