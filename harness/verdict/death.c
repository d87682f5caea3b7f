/* What a process died of, by its wait status and by what was said. */
#define _POSIX_C_SOURCE 200809L

#include "harness/verdict/death.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

bool death_is_hang(int status) {
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
}

void death_name(int status, char *name, size_t capacity) {
    if (death_is_hang(status))
        snprintf(name, capacity, "hang");
    else if (WIFSIGNALED(status))
        snprintf(name, capacity, "signal %d", WTERMSIG(status));
    else
        snprintf(name, capacity, "exit status %d", WEXITSTATUS(status));
}

void death_print(FILE *file, int status, unsigned timeout) {
    char name[32];
    if (death_is_hang(status)) {
        fprintf(file, "hung (longer than %u s)", timeout);
    } else {
        death_name(status, name, sizeof(name));
        fprintf(file, "crashed (%s)", name);
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
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strlen(names[i]) == length && strncmp(name, names[i], length) == 0)
            return true;
    return false;
}

/* "    #1 0x55d5 in dxgk_unpin /src/dxgk/pin.c:120:5", or without symbols "    #1 0x55d5  (/bin/x+0x1234)".
 */
static const char *find_function(const char *report, size_t *length) {
    for (const char *line = report; line; line = strchr(line, '\n')) {
        line += line != report || *line == '\n';
        const char *at = line + strspn(line, " ");
        if (*at != '#')
            continue;
        at += strcspn(at, "\n ");
        at += strspn(at, " ");
        at += strcspn(at, "\n "); /* the address */
        if (strncmp(at, " in ", 4) == 0) {
            at += 4;
            *length = strcspn(at, "\n (");
            if (!is_runtime_frame(at, *length))
                return at;
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
            strncmp(from, " (pid=", 6) == 0)
            break;
        if (digit && strncmp(from, "0x", 2) == 0)
            from += 2 + strspn(from + 2, "0123456789abcdef") - 1;
        else if (digit)
            from += strspn(from, "0123456789") - 1;
        what[length++] = digit ? '#' : *from;
    }
    what[length] = 0;
    return length;
}

/* Where a sanitizer begins to speak, at what it calls the bug; NULL when none does. */
static const char *find_kind(const char *report) {
    static const char *const marks[] = {"runtime error: ", "Sanitizer: ", "Sanitizer:"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        const char *mark = strstr(report, marks[i]);
        if (mark)
            return mark + strlen(marks[i]);
    }
    return NULL;
}

const char *death_find_function(const char *report, size_t *length) {
    const char *kind = find_kind(report);
    return find_function(kind ? kind : report, length);
}

/* "PROGRAM: FILE:LINE: FUNCTION: Assertion `EXPRESSION' failed.", where the function may be a name or a whole
 * declaration: becomes "failed assertion in FUNCTION: EXPRESSION", which does not depend on who built it
 * where. */
static bool read_assertion(const char *report, char *what, size_t capacity) {
    static const char mark[] = ": Assertion `";
    const char *end = strstr(report, mark);
    if (!end)
        return false;
    const char *begin = report;
    for (const char *at = report; at < end; at++)
        begin = *at == '\n' ? at + 1 : strncmp(at, ": ", 2) == 0 ? at + 2 : begin;
    const char *name_end = begin;
    while (name_end < end && *name_end != '(')
        name_end++;
    const char *name = name_end;
    while (name > begin && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
        name--;
    const char *expression = end + strlen(mark);
    const char *last = strstr(expression, "' failed");
    int length = (int)(last ? (size_t)(last - expression) : strcspn(expression, "\n"));
    snprintf(what, capacity, "failed assertion in %.*s: %.*s", (int)(name_end - name), name, length,
             expression);
    return true;
}

void death_read(const char *report, bool numbers, char *what, size_t capacity) {
    const char *kind = find_kind(report);
    if (!kind && read_assertion(report, what, capacity))
        return;
    /* Without a sanitizer's word the first line is what the process said of itself. */
    size_t used = copy_kind(kind ? kind : report, numbers, what, capacity);
    size_t length;
    const char *function = death_find_function(report, &length);
    if (function)
        snprintf(what + used, capacity - used, "%s%.*s", used != 0 ? " in " : "in ", (int)length, function);
}
