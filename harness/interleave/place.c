/* What a person reads of a race: where an access is in the source, and under which locks it was made. */
#define _POSIX_C_SOURCE 200809L /* popen() */

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/interleave/place.h"

/* The runtime of a sanitizer, when one is linked. It looks at the instruction before the address. */
extern __attribute__((weak)) void __sanitizer_symbolize_pc(void *pc, const char *format, char *out,
                                                           size_t size);
/* Where the program's image begins, as the linker says. */
extern __attribute__((weak, visibility("hidden"))) const char __ehdr_start[];

enum {
    PLACE_MAX = 512,
    PLACES = 64
};

/* The address of the call in the file: images that may lie anywhere are linked from 0 on. */
static uintptr_t address_in_file(uintptr_t pc) {
    if (!__ehdr_start)
        return pc - 1;
    uint16_t type;
    memcpy(&type, __ehdr_start + offsetof(Elf64_Ehdr, e_type), sizeof(type));
    return pc - 1 - (type == ET_DYN ? (uintptr_t)__ehdr_start : 0);
}

/* Drops the directories above the last src/, or all of them where there is none. */
static const char *short_path(const char *path) {
    const char *from = NULL;
    for (const char *at = path; (at = strstr(at, "/src/")); at++)
        from = at + 1;
    if (!from && strncmp(path, "src/", 4) == 0)
        from = path;
    if (from)
        return from;
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether a symbolizer knew the function and the line. */
static bool is_known(const char *function, const char *place) {
    const char *colon = strchr(place, ':');
    return function[0] && function[0] != '?' && function[0] != '<' && colon && colon != place &&
           place[0] != '?' && colon[1] >= '1' && colon[1] <= '9';
}

/* "dxgk_unpin\nsrc/dxgk/pin.c:124:14" -> "dxgk_unpin src/dxgk/pin.c:124" */
static bool put_place(char *function, char *text, size_t size) {
    char *place = strchr(function, '\n');
    if (!place)
        return false;
    *place++ = 0;
    place[strcspn(place, "\n")] = 0;
    if (!is_known(function, place))
        return false;
    const char *from = short_path(place);
    /* A column says no more to a reader. */
    const char *line = strchr(from, ':');
    int end = line ? (int)(line - from) + 1 + (int)strspn(line + 1, "0123456789") : (int)strlen(from);
    snprintf(text, size, "%s %.*s", function, end, from);
    return true;
}

static bool ask_tool(const char *command, char *text, size_t size) {
    FILE *pipe = popen(command, "r");
    if (!pipe)
        return false;
    char answer[PLACE_MAX];
    size_t length = fread(answer, 1, sizeof(answer) - 1, pipe);
    answer[length] = 0;
    /* What it has to say further is of no interest, yet must be read for it to end in peace. */
    char rest[256];
    while (fread(rest, 1, sizeof(rest), pipe) > 0)
        continue;
    return pclose(pipe) == 0 && put_place(answer, text, size);
}

static void find_place(uintptr_t pc, char *text, size_t size) {
    char answer[PLACE_MAX] = "";
    if (__sanitizer_symbolize_pc) {
        __sanitizer_symbolize_pc((void *)pc, "%f\n%s:%l", answer, sizeof(answer));
        if (put_place(answer, text, size))
            return;
    } else {
        static const char *const tools[] = {
            "llvm-symbolizer-19 --no-inlines -e",
            "llvm-symbolizer --no-inlines -e",
            "addr2line -f -e",
        };
        for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
            char command[160];
            snprintf(command, sizeof(command), "%s /proc/%ld/exe 0x%llx 2>/dev/null", tools[i],
                     (long)getpid(), (unsigned long long)address_in_file(pc));
            if (ask_tool(command, text, size))
                return;
        }
    }
    snprintf(text, size, "offset 0x%llx", (unsigned long long)address_in_file(pc));
}

const char *place_of(uintptr_t pc, char *text, size_t size) {
    /* A process may report the same race a hundred times, and a symbolizer takes its time. */
    static struct {
        uintptr_t pc;
        char text[128];
    } places[PLACES];
    static unsigned count;
    if (pc == 0) {
        snprintf(text, size, "a place unknown");
        return text;
    }
    unsigned at = 0;
    while (at < PLACES && at < count && places[at].pc != pc)
        at++;
    if (at == PLACES || at == count) {
        at = count < PLACES ? count++ : PLACES - 1;
        places[at].pc = pc;
        find_place(pc, places[at].text, sizeof(places[at].text));
    }
    snprintf(text, size, "%s", places[at].text);
    return text;
}

const char *place_describe(const struct accesses_side *side, char *text, size_t size) {
    char place[128], held[96] = "";
    size_t used = 0;
    for (unsigned i = 0; i < ACCESSES_LOCKS && used < sizeof(held); i++) {
        const char *name = side->locks >> i & 1 ? accesses_lock_name(i) : NULL;
        if (name)
            used += (size_t)snprintf(held + used, sizeof(held) - used, "%s'%s'", used ? " " : "", name);
    }
    place_of(side->pc, place, sizeof(place));
    const char *what = side->freed ? "free" : side->write ? "write" : "read";
    snprintf(text, size, "%s of %u byte%s by actor %u at %s, holding %s", what, side->size,
             side->size == 1 ? "" : "s", side->actor, place, used ? held : "no lock");
    return text;
}
