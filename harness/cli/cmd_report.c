/* pinfuzz report: findings as pages to look at. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/triage.h"
#include "harness/picture/finding.h"
#include "harness/verdict/shrink.h"

/* Of a directory's name: a page's is put behind it. */
#define OUT_MAX_LENGTH (TRIAGE_PATH - 2 * TRIAGE_NAME)

struct options {
    enum load_form form;
    const char *out;
    const char *sources;
    bool as_is;
    unsigned timeout;
    unsigned candidates;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

/* ---- names ---- */

/* Those of the pages that were written, before they got numbers. */
static struct {
    char (*name)[TRIAGE_NAME];
    size_t count;
} written;

/* How many pages have this name by now, this one included; 0 with a message when there is no memory. */
static unsigned number_of(const char *name) {
    unsigned number = 1;
    for (size_t i = 0; i < written.count; i++)
        number += strcmp(written.name[i], name) == 0;
    void *more = realloc(written.name, (written.count + 1) * sizeof(*written.name));
    if (!more) {
        perror("pinfuzz report");
        return 0;
    }
    written.name = more;
    snprintf(written.name[written.count++], TRIAGE_NAME, "%s", name);
    return number;
}

static bool is_finding(const struct verdict *verdict) {
    return verdict->died || verdict->outcome != VERDICT_KEPT;
}

/* A page that the same command wrote before is written again; two findings of one command have two pages. */
static bool name_page(const struct options *options, const struct finding *finding, char *path) {
    char name[TRIAGE_NAME] = "no-finding";
    if (is_finding(&finding->verdict))
        triage_name(&finding->verdict, finding->program, finding->recording->op, name);
    unsigned number = number_of(name);
    int length = snprintf(path, TRIAGE_PATH, "%s/%s", options->out, name);
    snprintf(path + length, TRIAGE_PATH - (size_t)length, number > 1 ? "-%u.html" : ".html", number);
    return number > 0;
}

/* ---- one page ---- */

static bool write_page(const struct options *options, struct finding *finding) {
    char path[TRIAGE_PATH];
    if (!finding_record(finding) || !name_page(options, finding, path))
        return false;
    if (!triage_page(path, finding))
        return false;
    printf("%s: ", finding->name);
    verdict_print(stdout, &finding->verdict, finding->timeout);
    printf(": %s\n", path);
    fflush(stdout);
    return true;
}

static bool is_same(const struct program *a, const struct program *b) {
    static uint8_t bytes[2][PROGRAM_BYTES];
    size_t size = program_encode(a, bytes[0]);
    return program_encode(b, bytes[1]) == size && memcmp(bytes[0], bytes[1], size) == 0;
}

static bool report_file(const struct options *options, const char *path) {
    static struct program original, program;
    struct finding finding = {
        .name = path, .program = &program, .sources = options->sources, .timeout = options->timeout};
    if (!cmd_load(path, options->form, &original) ||
        !verdict_of(&original, options->timeout, &finding.verdict))
        return false;
    program_copy(&program, &original);
    if (is_finding(&finding.verdict) && !options->as_is) {
        (void)shrink(&program, &finding.verdict, options->candidates, options->timeout, &interrupted);
        finding.original = is_same(&program, &original) ? NULL : &original;
    }
    return !interrupted && write_page(options, &finding);
}

static const struct option option_table[] = {
    {"-o", NULL, OPTION_NAME, offsetof(struct options, out), 0, 0},
    {"--sources", NULL, OPTION_NAME, offsetof(struct options, sources), 0, 0},
    {"--as-is", NULL, OPTION_FLAG, offsetof(struct options, as_is), 0, 0},
    {"--timeout", NULL, OPTION_COUNT, offsetof(struct options, timeout), 1, VERDICT_TIMEOUT_MAX},
    {"--candidates", NULL, OPTION_COUNT, offsetof(struct options, candidates), 1, UINT32_MAX},
    OPTION_FORMS(struct options, form),
};

static int main_report(int argc, char **argv) {
    struct options options = {
        .form = LOAD_DETECT, .out = "report", .sources = ".", .timeout = VERDICT_TIMEOUT};
    struct cmd_files files = {0};
    struct words words;
    int result = CMD_KEPT;
    if (!options_read(&cmd_report, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    if (strlen(options.out) >= OUT_MAX_LENGTH)
        return cmd_usage(&cmd_report, "-o wants a shorter name");
    if (mkdir(options.out, 0777) != 0 && (errno != EEXIST || !cmd_is_directory(options.out))) {
        fprintf(stderr, "%s: %s\n", options.out, strerror(errno));
        return CMD_BAD_INPUT;
    }
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    for (int i = 0; i < words.count; i++)
        result = cmd_files_add(&files, words.at[i], options.form) ? result : CMD_BAD_INPUT;
    for (size_t i = 0; i < files.count && !interrupted; i++)
        result = report_file(&options, files.paths[i]) ? result : CMD_BAD_INPUT;
    cmd_files_free(&files);
    free(written.name);
    return interrupted ? CMD_BAD_INPUT : result;
}

const struct cmd cmd_report = {
    .name = "report",
    .summary = "make a page of each finding, to look at in a browser",
    .main = main_report,
    CMD_OPTIONS(option_table),
    .takes = "FILE",
    .help =
        "NAME\n"
        "    pinfuzz report - make a page of each finding, to look at in a browser\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz report [OPTION...] FILE|DIR...\n"
        "\n"
        "DESCRIPTION\n"
        "    Runs the program in each FILE, and each one below each DIR, minimizes it if it breaks "
        "something\n"
        "    (`pinfuzz help minimize`), and writes an HTML page of what happens: what was called, what was\n"
        "    expected and what came; each step on a timeline, with the adapters, what of their save areas\n"
        "    is pinned, mapped and viewed; by the model and as the implementation showed it. Of a race: who\n"
        "    runs and who holds which lock, at each point; of a death, the sanitizer's stack. The program,\n"
        "    minimized and as it was; the same as C; the commands that show it again.\n"
        "\n"
        "    A page is one file that loads nothing. The arrow keys step through it. It is called after what\n"
        "    broke and where, pin-exact-pin2.html; a second one of that name is pin-exact-pin2-2.html. "
        "Pages\n"
        "    of an earlier command are overwritten. A program that breaks nothing gets a page as well, "
        "which\n"
        "    says so. Prints a line for each:\n"
        "\n"
        "        crash-3f1c: violated PIN-EXACT: report/pin-exact-pin2.html\n"
        "\n"
        "    `pinfuzz triage` writes the page of each finding that it keeps: report.html in its folder.\n"
        "\n"
        "OPTIONS\n"
        "    -o DIR           where the pages go, made if missing; default: ./report\n"
        "    --as-is          do not minimize: show the program as it is\n"
        "    --sources DIR    where src/ of the implementation lies, for the lines that are shown beside\n"
        "                     places; default: the working directory\n"
        "    --timeout S      a program that runs longer than S seconds hangs; default: 60\n"
        "    --candidates N   see `pinfuzz help minimize`\n"
        "    --as-text, --as-bytes\n"
        "                     read every FILE as text, or as bytes, whatever it looks like\n"
        "\n"
        "EXIT STATUS\n"
        "    0   all pages were written, whatever they show\n"
        "    2   the command line has an error, or something cannot be read or written\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz report crash-3f1c -o report\n"
        "    pinfuzz report build/fuzz/findings -o findings.html.d\n",
};
