#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "harness/verdict/verdict.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/contract/call.h"
#include "harness/drive/executor.h"
#include "harness/program/text_words.h"

void verdict_print_outcome(FILE *file, unsigned outcome) {
    if (outcome == VERDICT_KEPT) {
        fprintf(file, "kept");
    } else {
        fprintf(file, "violated %s", contract_table[outcome].id);
    }
}

/* ---- in this process ---- */

static jmp_buf violation;
static unsigned violated;

static void on_violation(enum contract_clause clause) {
    violated = clause;
    longjmp(violation, 1);
}

unsigned verdict_here(const struct program *program, const struct run_options *options) {
    violated = VERDICT_KEPT;
    contract_on_violation(on_violation);
    if (setjmp(violation) == 0) {
        executor_run_with(program, options);
    }
    contract_on_violation(NULL);
    return violated;
}

/* ---- in a child ---- */

void *verdict_shared(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("pinfuzz: mmap");
        return NULL;
    }
    return memory;
}

bool verdict_child(void (*body)(void *context), void *context, int error, unsigned timeout, int *status) {
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("pinfuzz: fork");
        return false;
    }
    if (child == 0) {
        if (error >= 0) {
            dup2(error, STDERR_FILENO);
        }
        alarm(timeout);
        body(context);
        exit(0); /* not _exit(): see the header */
    }
    while (waitpid(child, status, 0) < 0 && errno == EINTR) {
    }
    return true;
}

void verdict_print_death(FILE *file, int status, unsigned timeout) {
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        fprintf(file, "hung (longer than %u s)", timeout);
    } else if (WIFSIGNALED(status)) {
        fprintf(file, "crashed (signal %d)", WTERMSIG(status));
    } else {
        fprintf(file, "crashed (exit status %d)", WEXITSTATUS(status));
    }
}

/* ---- what was said ---- */

/* The topmost frames are often the sanitizer's own, or the library's. */
static bool is_runtime_frame(const char *name, size_t length) {
    static const char *const prefixes[] = {"__asan",      "__msan",        "__tsan", "__ubsan",
                                           "__sanitizer", "__interceptor", "__lsan", "___interceptor"};
    static const char *const names[] = {"malloc",  "calloc",  "realloc", "free",          "memcpy",
                                        "memmove", "memset",  "memcmp",  "strlen",        "abort",
                                        "raise",   "gsignal", "mmap",    "aligned_alloc", "__assert_fail"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0) {
            return true;
        }
    }
    return false;
}

/* "    #1 0x55d5 in dxgk_unpin /src/dxgk/pin.c:120:5", or without symbols "    #1 0x55d5  (/bin/x+0x1234)".
 */
static const char *find_function(const char *report, size_t *length) {
    for (const char *line = report; line != NULL; line = strchr(line, '\n')) {
        line += line != report || *line == '\n';
        const char *at = line + strspn(line, " ");
        if (*at != '#') {
            continue;
        }
        at += strcspn(at, "\n ");
        at += strspn(at, " ");
        at += strcspn(at, "\n "); /* the address */
        if (strncmp(at, " in ", 4) == 0) {
            at += 4;
            *length = strcspn(at, "\n (");
            if (!is_runtime_frame(at, *length)) {
                return at;
            }
        } else {
            at += strcspn(at, "\n+");
            if (*at == '+') {
                *length = strcspn(at, ")\n");
                return at;
            }
        }
    }
    return NULL;
}

/* Copies to the end of the line, or to " on ", where addresses and sizes follow; digits become one '#',
 * unless `numbers` are wanted. */
static size_t copy_kind(const char *from, bool numbers, char *what, size_t capacity) {
    size_t length = 0;
    for (; *from != 0 && *from != '\n' && length + 1 < capacity; from++) {
        bool digit = !numbers && *from >= '0' && *from <= '9';
        if (strncmp(from, " on ", 4) == 0 || strncmp(from, " (pc ", 5) == 0 ||
            strncmp(from, " (pid=", 6) == 0) {
            break;
        }
        if (digit && strncmp(from, "0x", 2) == 0) {
            from += 2 + strspn(from + 2, "0123456789abcdef") - 1;
        } else if (digit) {
            from += strspn(from, "0123456789") - 1;
        }
        what[length++] = digit ? '#' : *from;
    }
    what[length] = 0;
    return length;
}

/* Where a sanitizer begins to speak, at what it calls the bug; NULL when none does. */
static const char *find_kind(const char *report) {
    static const char *const marks[] = {"runtime error: ", "Sanitizer: ", "Sanitizer:"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *mark = strstr(report, marks[i]);
        if (mark != NULL) {
            return mark + strlen(marks[i]);
        }
    }
    return NULL;
}

const char *verdict_find_function(const char *report, size_t *length) {
    const char *kind = find_kind(report);
    return find_function(kind != NULL ? kind : report, length);
}

/* "PROGRAM: FILE:LINE: FUNCTION: Assertion `EXPRESSION' failed.", where the function may be a name or a whole
 * declaration: becomes "failed assertion in FUNCTION: EXPRESSION", which does not depend on who built it
 * where. */
static bool read_assertion(const char *report, char *what, size_t capacity) {
    static const char mark[] = ": Assertion `";
    const char *end = strstr(report, mark);
    if (end == NULL) {
        return false;
    }
    const char *begin = report;
    for (const char *at = report; at < end; at++) {
        begin = *at == '\n' ? at + 1 : strncmp(at, ": ", 2) == 0 ? at + 2 : begin;
    }
    const char *name_end = begin;
    while (name_end < end && *name_end != '(') {
        name_end++;
    }
    const char *name = name_end;
    while (name > begin && (isalnum((unsigned char)name[-1]) || name[-1] == '_')) {
        name--;
    }
    const char *expression = end + strlen(mark);
    const char *last = strstr(expression, "' failed");
    int length = (int)(last != NULL ? (size_t)(last - expression) : strcspn(expression, "\n"));
    snprintf(what, capacity, "failed assertion in %.*s: %.*s", (int)(name_end - name), name, length,
             expression);
    return true;
}

void verdict_read_report(const char *report, bool numbers, char *what, size_t capacity) {
    const char *kind = find_kind(report);
    if (kind == NULL && read_assertion(report, what, capacity)) {
        return;
    }
    /* Without a sanitizer's word the first line is what the process said of itself. */
    size_t used = copy_kind(kind != NULL ? kind : report, numbers, what, capacity);
    size_t length;
    const char *function = verdict_find_function(report, &length);
    if (function != NULL) {
        snprintf(what + used, capacity - used, "%s%.*s", used != 0 ? " in " : "in ", (int)length, function);
    }
}

/* ---- the verdict of one program ---- */

/* A report names the bug in its first lines; stacks follow. 64 KiB hold several. */
#define REPORT_MAX (UINT32_C(64) << 10)

struct job {
    const struct program *program;
    volatile unsigned outcome;
    volatile unsigned opcode; /* of the last call that began; PROGRAM_OPCODES: none has */
};

static struct job *job;

static void note_call(struct call *call, bool performed) {
    if (!performed) {
        job->opcode = call->opcode;
    }
}

static void run_job(void *context) {
    (void)context;
    const struct run_options options = {.quiet = true, .observe = note_call};
    job->outcome = verdict_here(job->program, &options);
    if (job->outcome != VERDICT_KEPT) {
        _exit(0); /* a run that was left in the middle leaks, and that is not its finding */
    }
}

static void read_report(FILE *file, struct verdict *verdict) {
    static char report[REPORT_MAX];
    rewind(file);
    size_t size = fread(report, 1, sizeof report - 1, file);
    report[size] = 0;
    verdict_read_report(report, false, verdict->what, sizeof verdict->what);
    verdict_read_report(report, true, verdict->said, sizeof verdict->said);
}

bool verdict_of(const struct program *program, unsigned timeout, struct verdict *verdict) {
    *verdict = (struct verdict){.outcome = VERDICT_KEPT};
    if (job == NULL && (job = verdict_shared(sizeof *job)) == NULL) {
        return false;
    }
    FILE *file = tmpfile();
    if (file == NULL) {
        perror("pinfuzz: tmpfile");
        return false;
    }
    *job = (struct job){.program = program, .outcome = VERDICT_KEPT, .opcode = PROGRAM_OPCODES};
    bool done = verdict_child(run_job, NULL, fileno(file), timeout, &verdict->status);
    verdict->outcome = job->outcome;
    verdict->died = done && verdict->status != 0;
    if (verdict->died) {
        read_report(file, verdict);
        if (verdict->what[0] == 0 && job->opcode < PROGRAM_OPCODES) {
            snprintf(verdict->what, sizeof verdict->what, "in %s", text_opcodes[job->opcode]);
            snprintf(verdict->said, sizeof verdict->said, "%s", verdict->what);
        }
    }
    fclose(file);
    return done;
}

bool verdict_same(const struct verdict *a, const struct verdict *b) {
    if (!a->died && !b->died) {
        return a->outcome == b->outcome;
    }
    return a->died && b->died && a->status == b->status && strcmp(a->what, b->what) == 0;
}

void verdict_print(FILE *file, const struct verdict *verdict, unsigned timeout) {
    if (!verdict->died) {
        verdict_print_outcome(file, verdict->outcome);
        return;
    }
    verdict_print_death(file, verdict->status, timeout);
    if (verdict->said[0] != 0) {
        fprintf(file, ": %s", verdict->said);
    }
}
