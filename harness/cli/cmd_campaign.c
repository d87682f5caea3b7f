/* pinfuzz campaign: the page of a campaign; while it runs, counts what its inputs reach and makes the page
 * anew. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/campaign/page.h"
#include "harness/cli/campaign_count.h"
#include "harness/cli/cmd.h"
#include "harness/cli/processor.h"
#include "harness/cli/reach.h"
#include "harness/verdict/child.h"

/* Thousandths of the processor time of a campaign's processes that go into counting and into pages: with what
 * fuzz/run itself takes to write down figures (a fifth of a percent) less than one percent. */
#define SHARE     4u
#define SHARE_ALL 1000u /* no limit */

struct options {
    const char *out;
    const char *corpus;
    unsigned share;
};

static const struct option option_table[] = {
    {"-o", NULL, OPTION_NAME, offsetof(struct options, out), 0, 0},
    {"--share", NULL, OPTION_COUNT, offsetof(struct options, share), 1, SHARE_ALL},
    {"--watch", NULL, OPTION_NAME, offsetof(struct options, corpus), 0, 0}};

/* ---- the page ---- */

#define PATH_BYTES 4096u

static bool write_page(const char *out, const struct campaign_page *page) {
    char part[PATH_BYTES];
    snprintf(part, sizeof(part), "%s.part", out);
    FILE *file = fopen(part, "w");
    if (!file) {
        fprintf(stderr, "%s: %s\n", part, strerror(errno));
        return false;
    }
    campaign_page(file, page);
    bool ok = fflush(file) == 0 && ferror(file) == 0;
    if (fclose(file) != 0 || !ok || rename(part, out) != 0) {
        fprintf(stderr, "%s: %s\n", out, strerror(errno));
        return false;
    }
    return true;
}

static int page_once(const char *directory, const char *out, bool links) {
    struct record record;
    struct reached reached;
    reached_table *cells = child_shared(sizeof(*cells));
    if (!cells || !record_read(directory, &record))
        return CMD_BAD_INPUT;
    bool ok = reached_read(directory, &reached, cells);
    struct campaign_page page = {
        .record = &record, .reached = &reached, .is_counted = reach_is_counted, .links = links};
    ok = ok && write_page(out, &page);
    reached_free(&reached);
    record_free(&record);
    return ok ? CMD_KEPT : CMD_BAD_INPUT;
}

/* ---- while it runs ---- */

/* Seconds between two pages: at first as browsers read them, then a hundredth of the time gone, up to half a
 * minute. A page takes some 10 ms, with sanitizers. */
#define PAUSE_LEAST 5.0
#define PAUSE_MOST  30.0

/* A campaign that is watched. */
struct watched {
    pid_t parent;   /* fuzz/run, whose children the engines are */
    double began;   /* what it had taken by then, for building */
    double started; /* by the clock */
    unsigned share;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Whether there is processor time to spend: of what the campaign's processes have taken, or where the system
 * does not say, of what a single one may have. */
static bool may_spend(const struct watched *watched) {
    double taken = processor_family(watched->parent) - watched->began;
    if (watched->began < 0 || taken < 0)
        taken = now() - watched->started;
    return watched->share == SHARE_ALL || processor_own() < taken * watched->share / 1000;
}

/* At least as long as it takes until there is processor time to spend again. Of a second at a time: false
 * when the parent is gone by then. */
static bool pause_after(const struct record *record, const struct watched *watched) {
    double pause = record->end / 100;
    pause = pause < PAUSE_LEAST ? PAUSE_LEAST : pause > PAUSE_MOST ? PAUSE_MOST : pause;
    for (double until = now() + pause;
         getppid() == watched->parent && (now() < until || !may_spend(watched));)
        sleep(1);
    return getppid() == watched->parent;
}

/* Until it is killed, or whoever started it is: fuzz/run kills it when the campaign ends, and counts what is
 * left. */
static int watch(const char *directory, const struct options *options, const char *out) {
    struct campaign_count count;
    struct watched watched = {getppid(), processor_family(getppid()), now(), options->share};
    bool goes_on = true;
    if (!campaign_count_begin(&count, directory, options->corpus))
        return CMD_BAD_INPUT;
    while (goes_on) {
        struct record record;
        if (!record_read(directory, &record) ||
            (campaign_count_waiting(&count) == 0 && !campaign_count_look(&count, &record)))
            return CMD_BAD_INPUT;
        while (campaign_count_waiting(&count) > 0 && may_spend(&watched))
            campaign_count_some(&count);
        struct campaign_page page = {.record = &record,
                                     .reached = &count.reached,
                                     .is_counted = reach_is_counted,
                                     .links = !options->out,
                                     .running = true,
                                     .waiting = campaign_count_waiting(&count)};
        if (!campaign_count_write(&count) || !write_page(out, &page))
            return CMD_BAD_INPUT;
        goes_on = pause_after(&record, &watched);
        record_free(&record);
    }
    return CMD_KEPT;
}

static int main_campaign(int argc, char **argv) {
    struct options options = {.share = SHARE};
    struct words words;
    char out[PATH_BYTES];
    if (!options_read(&cmd_campaign, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    const char *directory = words.at[0];
    snprintf(out, sizeof(out), "%s", options.out ? options.out : record_path(directory, "campaign.html"));
    return options.corpus ? watch(directory, &options, out) : page_once(directory, out, !options.out);
}

const struct cmd cmd_campaign = {
    .name = "campaign",
    .summary = "make the page of a campaign: figures, findings and clauses over time",
    .main = main_campaign,
    CMD_OPTIONS(option_table),
    .takes = "DIR",
    .takes_one = true,
    .help =
        "NAME\n"
        "    pinfuzz campaign - make the page of a campaign\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz campaign [-o FILE] [--watch CORPUS [--share N]] DIR\n"
        "\n"
        "DESCRIPTION\n"
        "    DIR is the directory in which fuzz/run has recorded a campaign, running or ended:\n"
        "    build/fuzz/campaign is the last one. Makes a page of it for a browser: executions, speed,\n"
        "    edges, features, inputs and stability over time; each clause in each of its situations, with\n"
        "    when it was reached first, by which target, or by seeds only; and what was found. The page is\n"
        "    one file that needs nothing beside it.\n"
        "\n"
        "    fuzz/run makes that page itself, DIR/campaign.html, and makes it anew while it runs; a browser\n"
        "    that shows it reads it again every few seconds.\n"
        "\n"
        "OPTIONS\n"
        "    -o FILE          the page; default: DIR/campaign.html. Only there it has links to the reports "
        "of\n"
        "                     findings, which lie in DIR/reports\n"
        "    --share N        with --watch: thousandths of the campaign's processor time to take; default: "
        "5;\n"
        "                     1000: all that there is\n"
        "    --watch CORPUS   what fuzz/run starts beside its engines: until it is killed, counts what the\n"
        "                     inputs in CORPUS/TARGET/ reach, writes that down, and makes the page of a\n"
        "                     campaign that runs. May lag behind, for it keeps to its share\n"
        "\n"
        "FILES\n"
        "    Tables with tabs between cells, `-` where nothing is known, and the names of columns in the\n"
        "    first line; docs/campaign.md has each column.\n"
        "\n"
        "    DIR/campaign.tsv    the engines' figures, every few seconds\n"
        "    DIR/reached.tsv     each clause in each situation, by target: what reached it first\n"
        "    DIR/findings.tsv    what was found, and when\n"
        "    DIR/reports.tsv     the pages of findings (`pinfuzz report`), where there are some\n"
        "    DIR/runs.tsv        when the campaign began, with what, and how it ended\n"
        "\n"
        "EXIT STATUS\n"
        "    0 done; 2 DIR has no records of a campaign, a line of them is not as it should be, or the page\n"
        "    cannot be written\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz campaign build/fuzz/campaign -o /tmp/page.html\n",
};
