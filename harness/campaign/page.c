/* The page of a campaign, from its state to its last table. */
#define _XOPEN_SOURCE 700
#include "harness/campaign/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/campaign/chart.h"
#include "harness/page/html.h"

extern const struct html_asset html_campaign_css, html_campaign_js;

/* Browsers read the file again after so many seconds; what it holds changes less often after a while. */
#define REFRESH 5u

/* ---- figures ---- */

/* What a line has come to; NAN: nobody says. */
static double last_of(const struct record *record, unsigned line, enum record_value value) {
    struct record_point *points = malloc((record->sample_count + 1) * sizeof(*points));
    size_t count = points ? record_series(record, line, value, points) : 0;
    double last = count ? points[count - 1].value : NAN;
    free(points);
    return last;
}

static double sum_of(const struct record *record, enum record_value value) {
    double sum = 0;
    for (unsigned i = 0; i < record->line_count; i++) {
        double last = last_of(record, i, value);
        sum += isnan(last) ? 0 : last;
    }
    return sum;
}

static void put_figure(FILE *to, const char *name, const char *value, const char *more) {
    fprintf(to, "<div><dt>%s</dt><dd>%s<span class=\"dim\"> %s</span></dd></div>\n", name, value, more);
}

static void put_tally(FILE *to, const char *name, const struct grid_tally *tally, bool all_counted) {
    char value[CHART_TEXT], more[160];
    snprintf(value, sizeof(value), "%u of %u", tally->found, tally->all);
    snprintf(more, sizeof(more), "found by fuzzing, %u of them by no seed; %u by seeds only, %u %s",
             tally->unseeded, tally->given, tally->never, all_counted ? "never" : "not yet");
    put_figure(to, name, value, more);
}

static void put_figures(FILE *to, const struct campaign_page *page) {
    const struct record *record = page->record;
    char value[CHART_TEXT], more[CHART_TEXT + 32], each[CHART_TEXT];
    double executions = sum_of(record, RECORD_EXECUTIONS);
    struct grid_tally situations = grid_tally(page, true), clauses = grid_tally(page, false);
    fputs("<dl class=\"figures\">\n", to);
    snprintf(value, sizeof(value), "%zu", record->finding_count);
    put_figure(to, "Findings", value, record->finding_count ? "listed below" : "");
    chart_number(executions, value, sizeof(value));
    chart_number(record->end > 0 ? executions / record->end : 0, each, sizeof(each));
    snprintf(more, sizeof(more), "%s a second", each);
    put_figure(to, "Executions", value, more);
    put_tally(to, "Clauses", &clauses, page->waiting == 0);
    put_tally(to, "Situations", &situations, page->waiting == 0);
    fputs("</dl>\n", to);
}

/* ---- state ---- */

static void put_date(FILE *to, double time) {
    struct tm tm;
    char text[64];
    if (isnan(time)) /* it is not known */
        return;
    time_t seconds = (time_t)time;
    if (gmtime_r(&seconds, &tm)) {
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
        fputs(text, to);
    }
}

static void put_state(FILE *to, const struct campaign_page *page, const struct record_run *run) {
    char text[CHART_TEXT];
    chart_time(page->record->end, text, sizeof(text));
    if (page->running) {
        fprintf(to, "<strong class=\"state running\">Running</strong> for %s", text);
        if (!isnan(run->asked)) {
            chart_time(run->begins + run->asked, text, sizeof(text));
            fprintf(to, " of %s", text);
        }
    } else if (strcmp(run->ended, "finished") == 0) {
        fprintf(to, "<strong class=\"state\">Finished</strong> after %s", text);
    } else if (run->ended[0] != 0) {
        fputs("<strong class=\"state\">Ended</strong>: ", to);
        html_text(to, run->ended);
        fprintf(to, ", after %s", text);
    } else {
        fprintf(to,
                "<strong class=\"state\">Not ended</strong>: killed, or still running; the last figures are "
                "from second %.0f",
                page->record->end);
    }
}

static void put_head(FILE *to, const struct campaign_page *page) {
    static const struct record_run none = {.started = NAN, .asked = NAN, .jobs = NAN};
    const struct record *record = page->record;
    const struct record_run *run = record->run_count ? &record->runs[record->run_count - 1] : &none;
    const struct record_run *first = record->run_count ? &record->runs[0] : &none;
    fputs("<header><h1>Campaign</h1>\n<p>", to);
    put_state(to, page, run);
    fputs(". Began ", to);
    put_date(to, first->started);
    if (record->run_count > 1)
        fprintf(to, ", in %u runs", record->run_count);
    fputs(". Engines: ", to);
    html_text(to, run->engines);
    if (!isnan(run->jobs))
        fprintf(to, "; %.0f processes at once", run->jobs);
    fputs("; implementation: ", to);
    html_text(to, strcmp(run->subject, "builtin") == 0 ? "dxgk, this project's own" : run->subject);
    fputs(".</p>\n", to);
    if (page->running) {
        fprintf(
            to,
            "<p class=\"bar no-print\" id=\"refresh\" data-seconds=\"%u\"><span class=\"dim\">This page is "
            "read again every %u s.</span></p>\n",
            REFRESH, REFRESH);
    }
    if (page->waiting > 0) {
        fprintf(to,
                "<p class=\"dim\">%zu inputs are yet to be counted: clauses and situations are those of the "
                "others.</p>\n",
                page->waiting);
    }
    fputs("</header>\n", to);
}

/* ---- findings ---- */

static void put_finding(FILE *to, const struct campaign_page *page, const struct record_finding *finding,
                        unsigned like) {
    char text[CHART_TEXT];
    chart_time(finding->seconds, text, sizeof(text));
    fputs("<tr><td>", to);
    bool linked = page->links && finding->report;
    if (linked)
        fprintf(to, "<a href=\"%s\">", finding->report); /* plain characters: record.c */
    html_text(to, finding->cause);
    fputs(linked ? "</a></td><td>" : "</td><td>", to);
    html_text_of(to, finding->target, record_spoken(finding->target));
    fputs("</td><td>", to);
    html_text(to, finding->engine);
    fprintf(to, "</td><td class=\"number\">%s</td><td class=\"number\">%u</td><td><code>", text, like);
    html_text(to, finding->file);
    fputs("</code></td></tr>\n", to);
}

/* Of findings that broke the same in a target the first, and how many there are. */
static void put_findings(FILE *to, const struct campaign_page *page) {
    const struct record *record = page->record;
    fputs("<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>\n", to);
    if (record->finding_count == 0) {
        fputs("<p>None.</p></section>\n", to);
        return;
    }
    fputs(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"findings\"><table><thead><tr>"
        "<th scope=\"col\">What broke</th><th scope=\"col\">Target</th><th scope=\"col\">Engine</th>"
        "<th scope=\"col\" class=\"number\">First after</th><th scope=\"col\" class=\"number\">Times</th>"
        "<th scope=\"col\">First file</th></tr></thead><tbody>\n",
        to);
    for (size_t i = 0; i < record->finding_count; i++) {
        const struct record_finding *it = &record->findings[i];
        unsigned like = 0;
        bool first = true;
        for (size_t k = 0; k < record->finding_count; k++) {
            const struct record_finding *other = &record->findings[k];
            bool same = strcmp(it->cause, other->cause) == 0 && strcmp(it->target, other->target) == 0;
            first = first && !(same && k < i);
            like += same;
        }
        if (first)
            put_finding(to, page, it, like);
    }
    fputs("</tbody></table></div></section>\n", to);
}

/* ---- the last figures ---- */

static void put_cell(FILE *to, double value, const char *unit) {
    char text[CHART_TEXT] = "–";
    if (!isnan(value))
        chart_number(value, text, sizeof(text));
    fprintf(to, "<td class=\"number\">%s%s</td>", text, isnan(value) ? "" : unit);
}

static void put_table(FILE *to, const struct record *record) {
    static const struct {
        enum record_value value;
        const char *name, *unit;
    } columns[] = {{RECORD_EXECUTIONS, "Executions", ""}, {RECORD_SPEED, "Speed", "/s"},
                   {RECORD_EDGES, "Edges", ""},           {RECORD_FEATURES, "Features", ""},
                   {RECORD_CORPUS, "Inputs", ""},         {RECORD_STABILITY, "Stability", "%"}};
    size_t count = sizeof(columns) / sizeof(*columns);
    fputs(
        "<section aria-labelledby=\"figures\"><h2 id=\"figures\">Last figures</h2>\n"
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"figures\"><table><thead><tr>"
        "<th scope=\"col\">Target</th><th scope=\"col\">Engine</th>",
        to);
    for (size_t i = 0; i < count; i++)
        fprintf(to, "<th scope=\"col\" class=\"number\">%s</th>", columns[i].name);
    fputs("</tr></thead><tbody>\n", to);
    for (unsigned line = 0; line < record->line_count; line++) {
        fputs("<tr><th scope=\"row\">", to);
        html_text_of(to, record->lines[line].target, record_spoken(record->lines[line].target));
        fputs("</th><td>", to);
        html_text(to, record->lines[line].engine);
        fputs("</td>", to);
        for (size_t i = 0; i < count; i++)
            put_cell(to, last_of(record, line, columns[i].value), columns[i].unit);
        fputs("</tr>\n", to);
    }
    fputs("</tbody></table></div>\n"
          "<p class=\"dim\">All of this is in <code>campaign.tsv</code>, <code>reached.tsv</code>, "
          "<code>findings.tsv</code> and <code>runs.tsv</code> beside this page; docs/campaign.md describes "
          "their columns.</p></section>\n",
          to);
}

void campaign_page(FILE *to, const struct campaign_page *page) {
    const struct html_page frame = {.title = page->running ? "Campaign, running" : "Campaign",
                                    .styles = {&html_campaign_css},
                                    .scripts = {&html_campaign_js},
                                    .refresh = page->running ? REFRESH : 0};
    html_begin(to, &frame);
    fputs("<a class=\"skip\" href=\"#findings\">To the findings</a>\n<main>\n", to);
    put_head(to, page);
    put_figures(to, page);
    put_findings(to, page);
    if (page->record->sample_count > 0)
        lines_put(to, page);
    else
        fputs("<p>No figures yet: the engines have just begun.</p>\n", to);
    grid_put(to, page);
    if (page->record->sample_count > 0)
        put_table(to, page->record);
    fputs("</main>\n", to);
    html_end(to, &frame);
}
