/* The charts of a campaign's page. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/campaign/chart.h"
#include "harness/campaign/page.h"
#include "harness/page/html.h"

/* ---- names and looks of lines ---- */

/* The number of the first line with this line's target, or engine, counted among those that differ in it. */
static unsigned rank(const struct record *record, unsigned line, bool engines) {
    unsigned count = 0;
    for (unsigned i = 0; i <= line; i++) {
        unsigned k = 0;
        while (strcmp(engines ? record->lines[k].engine : record->lines[k].target,
                      engines ? record->lines[i].engine : record->lines[i].target) != 0)
            k++;
        bool is_first = k == i;
        if (strcmp(engines ? record->lines[i].engine : record->lines[i].target,
                   engines ? record->lines[line].engine : record->lines[line].target) == 0)
            return count;
        count += is_first;
    }
    return count;
}

static bool many_engines(const struct record *record) {
    for (unsigned i = 1; i < record->line_count; i++)
        if (strcmp(record->lines[i].engine, record->lines[0].engine) != 0)
            return true;
    return false;
}

#define NAME (2 * RECORD_NAME + 4)
static void name_line(const struct record *record, unsigned line, char *name) {
    const struct record_line *it = &record->lines[line];
    int length = (int)record_spoken(it->target);
    if (many_engines(record))
        snprintf(name, NAME, "%.*s %s", length, it->target, it->engine);
    else
        snprintf(name, NAME, "%.*s", length, it->target);
}

/* ---- what the engines say ---- */

static void put_values(FILE *to, const struct record *record, enum record_value value, struct chart chart) {
    struct chart_line lines[RECORD_LINES];
    char names[RECORD_LINES][NAME];
    bool engines = many_engines(record);
    chart.lines = lines;
    chart.end = record->end;
    chart.top = NAN;
    for (unsigned i = 0; i < record->line_count; i++) {
        struct record_point *points = malloc((record->sample_count + 1) * sizeof(*points));
        size_t count = points ? record_series(record, i, value, points) : 0;
        if (count == 0) {
            free(points);
            continue;
        }
        name_line(record, i, names[i]);
        unsigned target = rank(record, i, false);
        lines[chart.line_count++] =
            (struct chart_line){names[i], points, count, target, engines ? rank(record, i, true) : target};
    }
    if (chart.line_count > 0)
        chart_put(to, &chart);
    for (unsigned i = 0; i < chart.line_count; i++)
        free(lines[i].points);
}

/* ---- what their inputs reach ---- */

static int by_time(const void *a, const void *b) {
    double d = ((const struct record_point *)a)->seconds - ((const struct record_point *)b)->seconds;
    return d > 0 ? 1 : d < 0 ? -1 : 0;
}

/* When this target, or any, found the first input that reaches it; negative: none did. */
static double found_at(const struct reached *reached, unsigned target, unsigned clause, unsigned situation) {
    if (target == reached->target_count) {
        struct reached_first first = reached_first(reached, clause, situation);
        return first.found ? first.found->seconds : -1;
    }
    uint32_t found = (*reached->cells)[target][clause][situation].found;
    return found ? reached->inputs[found - 1].seconds : -1;
}

/* When a target's first worker said something. */
static double began_at(const struct campaign_page *page, unsigned target) {
    const struct record *record = page->record;
    for (size_t i = 0; target < page->reached->target_count && i < record->sample_count; i++) {
        const struct record_sample *sample = &record->samples[i];
        if (strcmp(record->lines[sample->line].target, page->reached->targets[target]) == 0)
            return sample->seconds;
    }
    return 0;
}

/* When it said something last, and so was running. */
static double ended_at(const struct campaign_page *page, unsigned target) {
    const struct record *record = page->record;
    for (size_t i = record->sample_count; target < page->reached->target_count && i-- > 0;) {
        const struct record_sample *sample = &record->samples[i];
        if (strcmp(record->lines[sample->line].target, page->reached->targets[target]) == 0)
            return sample->seconds;
    }
    return record->end;
}

/* Points of how many clauses, or clauses in situations, were reached by then. */
static size_t reached_series(const struct campaign_page *page, unsigned target, bool situations, double end,
                             struct record_point *points) {
    size_t count = 0;
    points[count++] = (struct record_point){began_at(page, target), 0};
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++) {
        unsigned from = situations ? 1 : SITUATION_NONE, to = situations ? REACHED_SITUATIONS : 1;
        for (unsigned i = from; i < to; i++) {
            double at = found_at(page->reached, target, clause, i);
            enum grid_state state = at < 0 ? GRID_NEVER : grid_state(page, clause, i);
            if (state == GRID_FOUND || state == GRID_NEW)
                points[count++].seconds = at;
        }
    }
    qsort(points + 1, count - 1, sizeof(*points), by_time);
    for (size_t i = 1; i < count; i++)
        points[i].value = (double)i;
    double last = points[count - 1].seconds;
    points[count] = (struct record_point){last > end ? last : end, (double)(count - 1)};
    return count + 1;
}

/* The style that the lines of a target have in the other charts. */
static unsigned colour_of(const struct record *record, const char *target, unsigned otherwise) {
    for (unsigned i = 0; i < record->line_count; i++)
        if (strcmp(record->lines[i].target, target) == 0)
            return rank(record, i, false);
    return record->line_count + otherwise;
}

#define NOTHING 2u /* points: the line's beginning and end */
static void put_reached(FILE *to, const struct campaign_page *page, bool situations, struct chart chart) {
    struct chart_line lines[REACHED_TARGETS + 1];
    char names[REACHED_TARGETS + 1][NAME];
    const struct reached *reached = page->reached;
    size_t most = CONTRACT_CLAUSE_COUNT * (situations ? REACHED_SITUATIONS : 1) + 2;
    chart.lines = lines;
    chart.end = page->record->end;
    chart.from_zero = chart.steps = true;
    chart.top = grid_tally(page, situations).all;
    chart.top_name = "all there are";
    /* All of them together last, where there are several. */
    for (unsigned i = 0; i < reached->target_count + (reached->target_count > 1); i++) {
        struct record_point *points = malloc(most * sizeof(*points));
        if (!points)
            break;
        size_t count = reached_series(page, i, situations, ended_at(page, i), points);
        bool one = i < reached->target_count;
        if (one && count == NOTHING &&
            colour_of(page->record, reached->targets[i], 0) >= page->record->line_count) {
            free(points); /* nobody runs it, or not yet: its seeds are there */
            continue;
        }
        unsigned style = one ? colour_of(page->record, reached->targets[i], i) : CHART_TOGETHER;
        char *name = names[chart.line_count];
        snprintf(name, NAME, "%.*s", one ? (int)record_spoken(reached->targets[i]) : 8,
                 one ? reached->targets[i] : "together");
        lines[chart.line_count++] = (struct chart_line){name, points, count, style, one ? style : 0};
    }
    if (chart.line_count > 0)
        chart_put(to, &chart);
    for (unsigned i = 0; i < chart.line_count; i++)
        free(lines[i].points);
}

void lines_put(FILE *to, const struct campaign_page *page) {
    const struct record *record = page->record;
    fputs("<section aria-labelledby=\"charts\"><h2 id=\"charts\">Over time</h2>\n<p class=\"dim\">A grey "
          "line across: from there on the target was not running. A dotted line "
          "upwards: here other targets begin. (+N): N more than at the target's first "
          "figure.</p>\n<div class=\"charts\">\n",
          to);
    put_reached(to, page, true,
                (struct chart){
                    .title = "Situations", .unit = "", .says = "of clauses, reached by what fuzzing found"});
    put_reached(
        to, page, false,
        (struct chart){.title = "Clauses", .unit = "", .says = "put to the test by what fuzzing found"});
    put_values(
        to, record, RECORD_EDGES,
        (struct chart){.title = "Edges", .unit = "", .says = "of the implementation; axis not from 0"});
    put_values(to, record, RECORD_FEATURES,
               (struct chart){.title = "Features",
                              .unit = "",
                              .says = "edges by how often, and states; axis not from 0"});
    put_values(
        to, record, RECORD_EXECUTIONS,
        (struct chart){.title = "Executions", .unit = "", .says = "of all workers", .from_zero = true});
    put_values(to, record, RECORD_SPEED,
               (struct chart){.title = "Speed",
                              .unit = "/s",
                              .says = "executions a second, of all workers",
                              .from_zero = true});
    put_values(to, record, RECORD_CORPUS,
               (struct chart){.title = "Corpus", .unit = "", .says = "inputs", .from_zero = true});
    put_values(to, record, RECORD_STABILITY,
               (struct chart){
                   .title = "Stability", .unit = "%", .says = "as AFL++ measures it; of its worst worker"});
    fputs("</div></section>\n", to);
}
