/*
 * First everything runs, then the findings are told apart, then one of each is made small and kept. What is
 * kept already runs first, so that a finding that is there is known again, whatever its folder is called.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/triage.h"
#include "harness/verdict/shrink.h"

/* A program that runs longer hangs: most run in a millisecond. */
#define TIMEOUT 10u
#define JOBS    2u
/* Twice tells what is not the same every time, mostly. */
#define RUNS 2u
/* What is put behind the name of the folder: names, numbers. */
#define OUT_MAX_LENGTH (TRIAGE_PATH - 128u)

#define STATUS_INTERRUPTED 130

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal) {
    (void)signal;
    interrupted = 1;
    triage_replay_stop();
}

/* ---- the findings ---- */

struct triage {
    struct cmd_files paths; /* those that are kept, then those that were given */
    size_t kept;
    struct triage_file *files;
    struct triage_group groups[TRIAGE_GROUPS];
    size_t count;
    bool too_many;
};

static struct triage_group *find_group(struct triage *all, const char *key) {
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->groups[i].key, key) == 0)
            return &all->groups[i];
    return NULL;
}

/* "crashes/pin-count-pin2/program.txt" is in crashes/pin-count-pin2. */
static void set_place(struct triage_group *group, const char *path) {
    snprintf(group->place, sizeof(group->place), "%.*s", (int)(strrchr(path, '/') - path), path);
}

static void add_to_group(struct triage *all, uint32_t at) {
    const struct triage_file *file = &all->files[at];
    char key[sizeof(all->groups[0].key)];
    bool given = at >= all->kept;
    verdict_key(&file->verdict, key, sizeof(key));
    struct triage_group *group = find_group(all, key);
    if (!group) {
        if (all->count == TRIAGE_GROUPS) {
            all->too_many = true;
            return;
        }
        group = &all->groups[all->count++];
        *group = (struct triage_group){.verdict = file->verdict, .smallest = at};
        memcpy(group->key, key, sizeof(key));
    }
    if (!given) {
        if (!group->kept_before) {
            group->kept_before = true;
            group->smallest = at;
            set_place(group, all->paths.paths[at]);
        }
        return;
    }
    group->files++;
    if (!group->kept_before && (file->size < all->files[group->smallest].size)) {
        group->smallest = at;
        group->verdict = file->verdict;
    }
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const struct triage_group *)a)->key, ((const struct triage_group *)b)->key);
}

/* Groups of what is kept alone are no news. */
static void group_files(struct triage *all) {
    for (uint32_t i = 0; i < all->paths.count; i++)
        if (all->files[i].state == TRIAGE_FOUND)
            add_to_group(all, i);
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (all->groups[i].files > 0)
            all->groups[count++] = all->groups[i];
    all->count = count;
    qsort(all->groups, all->count, sizeof(all->groups[0]), by_key);
}

/* ---- one finding ---- */

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What went wrong, on a line of its own. */
static bool complain(const struct triage_look *look) {
    fflush(stdout);
    if (look->error[0] != 0)
        fprintf(stderr, "%s\n", look->error);
    return false;
}

/* Makes it small and keeps it. False when that cannot be done, or was interrupted. */
static bool keep(struct triage *all, struct triage_group *group, const struct program *program,
                 const struct triage_options *options) {
    static struct program small;
    struct triage_look look;
    const char *from = base_name(all->paths.paths[group->smallest]);
    const char *source = "";
    program_copy(&small, program);
    struct minimize_result result =
        shrink(&small, &group->verdict, options->candidates, options->timeout, &interrupted);
    if (interrupted) {
        printf(" interrupted, not kept\n");
        return false;
    }
    if (!triage_look(group, &small, options->timeout, &look) ||
        !triage_keep(group, &small, result.kept > 0 ? program : NULL, from, options, &look, &source)) {
        printf(" not kept\n");
        return complain(&look);
    }
    printf(" %s (", group->place);
    if (result.kept == 0)
        printf("as it was: it did not show a third time");
    else
        printf("%u operations -> %u", program->op_count, small.op_count);
    printf("%s%s)\n", source[0] != 0 ? "; " : "", source);
    return true;
}

static bool tell_group(struct triage *all, struct triage_group *group, const struct triage_options *options) {
    static struct program program;
    struct triage_look look = {.error = ""};
    bool ok = true;
    printf("%s: %u %s", group->key, group->files, group->files == 1 ? "file," : "files,");
    fflush(stdout);
    if (!cmd_load(all->paths.paths[group->smallest], LOAD_DETECT, &program)) {
        printf(" cannot be read any more\n");
        return false;
    }
    if (group->kept_before || options->dry) {
        ok = !options->sarif || triage_look(group, &program, options->timeout, &look);
        printf(" %s %s\n", group->kept_before ? "kept before:" : "not kept: the smallest is",
               group->kept_before ? group->place : all->paths.paths[group->smallest]);
        ok = ok || complain(&look);
    } else {
        ok = keep(all, group, &program, options);
    }
    char key[sizeof(group->key)];
    for (uint32_t i = (uint32_t)all->kept; options->verbose && i < all->paths.count; i++) {
        if (all->files[i].state == TRIAGE_FOUND) {
            verdict_key(&all->files[i].verdict, key, sizeof(key));
            if (strcmp(key, group->key) == 0)
                printf("    %s\n", all->paths.paths[i]);
        }
    }
    fflush(stdout);
    return ok;
}

/* ---- what shows nothing ---- */

static void tell_others(struct triage *all, const struct triage_options *options, uint32_t *others) {
    static const char *const words[] = {"untried", "junk", "kept", "flaky"};
    for (unsigned state = TRIAGE_JUNK; state <= TRIAGE_FOUND; state++) {
        unsigned now = state % TRIAGE_FOUND; /* what was not tried comes last */
        for (size_t i = all->kept; i < all->paths.count; i++) {
            const struct triage_file *file = &all->files[i];
            if (file->state != now)
                continue;
            others[now]++;
            if (now == TRIAGE_WAITING && interrupted)
                continue; /* too many to name */
            printf("%s: %s%s", words[now], all->paths.paths[i], file->why);
            if (now == TRIAGE_FLAKY) {
                printf(": ");
                verdict_print(stdout, &file->verdict, options->timeout);
                printf(", then ");
                verdict_print(stdout, &file->other, options->timeout);
            }
            printf("\n");
        }
    }
}

/* ---- the whole ---- */

/* What cannot be listed below a DIR is said, and the rest goes on; a DIR that is not there is a mistake. */
static bool add_given(struct triage *all, char *const *given, size_t count, bool *complete) {
    struct stat status;
    for (size_t i = 0; i < count; i++) {
        if (!cmd_stat(given[i], &status)) {
            fprintf(stderr, "%s: %s\n", given[i], strerror(errno));
            return false;
        }
    }
    *complete = true;
    for (size_t i = 0; i < count; i++)
        *complete &= cmd_files_add_all(&all->paths, given[i]);
    return true;
}

struct name {
    const char *text;
    size_t length;
};

static int by_name(const void *key, const void *path) {
    const struct name *name = key;
    const char *other = *(char *const *)path;
    int order = strncmp(name->text, other, name->length);
    return order != 0 ? order : -(other[name->length] != 0);
}

static int by_path(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether FILE was given, too, for FILE.txt. An empty one is no program, whatever its text says. */
static bool is_twin(const char *path, char *const *sorted, size_t count) {
    size_t length = strlen(path);
    if (length <= 4 || strcmp(path + length - 4, ".txt") != 0)
        return false;
    struct name name = {path, length - 4};
    char *const *twin = bsearch(&name, sorted, count, sizeof(*sorted), by_name);
    struct stat status;
    return twin && cmd_stat(*twin, &status) && status.st_size > 0;
}

/* fuzz/run leaves each finding twice, as FILE and as FILE.txt: that is one. */
static bool drop_twins(struct triage *all) {
    size_t count = all->paths.count - all->kept;
    if (count == 0)
        return true;
    char **given = all->paths.paths + all->kept;
    char **sorted = calloc(2 * count, sizeof(*sorted));
    if (!sorted) {
        perror("pinfuzz");
        return false;
    }
    char **twins = sorted + count;
    size_t dropped = 0;
    memcpy(sorted, given, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), by_path);
    for (size_t i = 0; i < count; i++)
        if (is_twin(given[i], sorted, count))
            twins[dropped++] = given[i];
        else
            given[i - dropped] = given[i];
    all->paths.count -= dropped;
    while (dropped > 0)
        free(twins[--dropped]);
    free(sorted);
    return true;
}

/* The programs in the folders of `out`, which need not be there yet. */
static bool add_kept(struct triage *all, const char *out) {
    struct dirent **entries = NULL;
    int count = scandir(out, &entries, NULL, alphasort);
    bool ok = count >= 0 || errno == ENOENT;
    if (!ok)
        fprintf(stderr, "%s: %s\n", out, strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[TRIAGE_PATH];
        struct stat status;
        int length = snprintf(path, sizeof(path), "%s/%s/program.txt", out, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && (size_t)length < sizeof(path) && stat(path, &status) == 0)
            ok &= cmd_files_add_all(&all->paths, path);
        free(entries[i]);
    }
    free(entries);
    all->kept = all->paths.count;
    return ok;
}

static int triage(struct triage *all, const struct triage_options *options, bool ok) {
    uint32_t others[TRIAGE_FOUND] = {0};
    size_t given = all->paths.count - all->kept;
    if (all->paths.count > TRIAGE_FILES) {
        fprintf(stderr, "pinfuzz triage: %zu files; more than %u are too many at a time\n", all->paths.count,
                TRIAGE_FILES);
        return CMD_BAD_INPUT;
    }
    all->files = triage_replay(all->paths.paths, all->paths.count, options);
    if (!all->files)
        return CMD_BAD_INPUT;
    for (size_t i = 0; i < all->kept; i++) {
        if (all->files[i].state == TRIAGE_JUNK) {
            fprintf(stderr, "%s%s\n", all->paths.paths[i], all->files[i].why);
            ok = false;
        }
    }
    group_files(all);
    uint32_t found = 0;
    for (size_t i = 0; i < all->count; i++) {
        found += all->groups[i].files;
        if (!interrupted)
            ok &= tell_group(all, &all->groups[i], options);
    }
    tell_others(all, options, others);
    printf("%zu files: %zu findings in %u, %u kept, %u flaky, %u junk", given, all->count, found,
           others[TRIAGE_KEPT], others[TRIAGE_FLAKY], others[TRIAGE_JUNK]);
    if (others[TRIAGE_WAITING] > 0)
        printf(", %u not tried", others[TRIAGE_WAITING]);
    printf("%s\n", interrupted ? "; interrupted: the same again goes on" : "");
    if (all->too_many)
        fprintf(stderr, "pinfuzz triage: more than %u findings: some were left out\n", TRIAGE_GROUPS);
    if (options->sarif)
        ok &= triage_sarif(options->sarif, all->groups, all->count, all->paths.paths, !interrupted);
    return interrupted && all->count == 0                    ? STATUS_INTERRUPTED
           : !ok || (others[TRIAGE_WAITING] && !interrupted) ? CMD_BAD_INPUT
           : all->count > 0                                  ? CMD_VIOLATED
                                                             : CMD_KEPT;
}

static const struct option option_table[] = {
    {"-o", NULL, OPTION_NAME, offsetof(struct triage_options, out), 0, 0},
    {"--sarif", NULL, OPTION_NAME, offsetof(struct triage_options, sarif), 0, 0},
    {"--jobs", NULL, OPTION_COUNT, offsetof(struct triage_options, jobs), 1, TRIAGE_JOBS},
    {"--runs", NULL, OPTION_COUNT, offsetof(struct triage_options, runs), 1, TRIAGE_RUNS},
    {"--timeout", NULL, OPTION_COUNT, offsetof(struct triage_options, timeout), 1, VERDICT_TIMEOUT_MAX},
    {"--candidates", NULL, OPTION_COUNT, offsetof(struct triage_options, candidates), 1, UINT32_MAX},
    {"--dry-run", "-n", OPTION_FLAG, offsetof(struct triage_options, dry), 0, 0},
    {"--verbose", "-v", OPTION_FLAG, offsetof(struct triage_options, verbose), 0, 0},
};

static int main_triage(int argc, char **argv) {
    struct triage_options options = {.out = "crashes", .jobs = JOBS, .runs = RUNS, .timeout = TIMEOUT};
    struct words words;
    if (!options_read(&cmd_triage, argc, argv, &options, &words))
        return CMD_BAD_INPUT;
    if (strlen(options.out) >= OUT_MAX_LENGTH)
        return cmd_usage(&cmd_triage, "-o wants a shorter name");
    /* Without SA_RESTART, and the second one kills. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    bool complete = false;
    struct triage *all = calloc(1, sizeof(*all));
    if (!all) {
        perror("pinfuzz triage");
        return CMD_BAD_INPUT;
    }
    bool added = add_kept(all, options.out) && add_given(all, words.at, (size_t)words.count, &complete) &&
                 drop_twins(all);
    int result = added ? triage(all, &options, complete) : CMD_BAD_INPUT;
    cmd_files_free(&all->paths);
    free(all);
    return result;
}

const struct cmd cmd_triage = {
    .name = "triage",
    .summary = "tell findings of fuzzers apart, and keep a small one of each",
    .main = main_triage,
    CMD_OPTIONS(option_table),
    .takes = "DIR",
    .help =
        "NAME\n"
        "    pinfuzz triage - tell findings of fuzzers apart, and keep a small one of each\n"
        "\n"
        "SYNOPSIS\n"
        "    pinfuzz triage [OPTION...] FILE|DIR...\n"
        "\n"
        "DESCRIPTION\n"
        "    Runs each FILE and every file below each DIR twice, each time in a process of its own. Groups\n"
        "    the files that break the same clause, or that die in the same way in the same function.\n"
        "    Minimizes the smallest file of each group, and keeps it in a folder below ./crashes:\n"
        "\n"
        "        crashes/pin-count-pin2/program.txt    the program, with what it shows as a comment\n"
        "                               verdict.txt    what it reports\n"
        "                               source.c       the same as C that needs no harness (not of a race)\n"
        "                               report.html    the same to look at: `pinfuzz help report`\n"
        "\n"
        "    The names of files do not matter: libFuzzer's crash-*, leak-*, timeout-*, oom-* and\n"
        "    slow-unit-*, AFL++'s files in crashes/ and hangs/, ClusterFuzz's test cases, and texts.\n"
        "    Zip archives, and files of Base64, are read as directories are.\n"
        "    An oom-* runs without the memory limit that it exceeded. A file that its target rejects,\n"
        "    because it has operations of another target, runs here. FILE.txt is skipped if FILE exists:\n"
        "    fuzz/run writes both for the same program.\n"
        "\n"
        "    Programs that are kept below ./crashes run first; a finding that one of them still shows is\n"
        "    not kept again. An existing folder is never written to; if the name of a new folder is taken,\n"
        "    the new one gets a number, -2.\n"
        "\n"
        "    Prints a line for each finding, a line for each file without one, and a summary:\n"
        "\n"
        "        PIN-COUNT: 17 files, crashes/pin-count-pin2 (214 operations -> 2)\n"
        "        PIN-TWICE: 3 files, kept before: crashes/pin-twice-pin\n"
        "        junk: out/README.txt:1:1: expected machine, adapter or an operation, got 'Command'\n"
        "        junk: out/crash-0: empty\n"
        "        kept: out/crash-51fe\n"
        "        flaky: out/crash-77aa: violated PIN-COUNT, then kept\n"
        "        24 files: 2 findings in 20, 1 kept, 1 flaky, 2 junk\n"
        "\n"
        "    kept: the program breaks nothing here. Its bug is fixed, or shows only in another build, as a\n"
        "    leak does under AddressSanitizer. junk: the file is not a program, and why.\n"
        "\n"
        "    Ctrl-C ends triage after the files that are running; findings kept so far stay, and the same\n"
        "    command continues from there. A second Ctrl-C does not wait.\n"
        "\n"
        "OPTIONS\n"
        "    -o DIR           where the folders go, made if missing; default: ./crashes\n"
        "    --sarif FILE     also write the findings as SARIF 2.1.0, for code scanning\n"
        "    -n, --dry-run    keep nothing\n"
        "    -v, --verbose    name the files of each finding\n"
        "    --runs N         run each file N times; default: 2\n"
        "    --jobs N         files that run at once, up to 64; default: 2\n"
        "    --timeout S      a program that runs longer than S seconds hangs; default: 10\n"
        "    --candidates N   see `pinfuzz help minimize`\n"
        "\n"
        "EXIT STATUS\n"
        "    0   no findings\n"
        "    1   findings, new ones or known ones\n"
        "    2   the command line has an error, or something cannot be read or written\n"
        "    130 interrupted before any finding\n"
        "\n"
        "EXAMPLES\n"
        "    pinfuzz triage build/fuzz/findings\n"
        "    pinfuzz triage -n --sarif findings.sarif afl-out/*/crashes\n",
};
