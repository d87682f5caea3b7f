/* Keeps the states of an enumeration, and writes and reads them. */
#define _POSIX_C_SOURCE 200809L

#include "harness/enumerate/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/enumerate/mix.h"
#include "harness/program/text.h"

/* ---- in memory ---- */

static uint32_t slot_of(const struct progress *p, uint64_t number, bool faulted) {
    uint32_t at = (uint32_t)(number ^ number >> 32) & (p->slots - 1);
    for (;; at = (at + 1) & (p->slots - 1)) {
        const struct progress_node *node = p->found[at] ? &p->node[p->found[at] - 1] : NULL;
        if (!node || (node->number == number && node->faulted == faulted))
            return at;
    }
}

/* Who reached it without a fault can still meet one, and so stands for who has met one. */
bool progress_seen(const struct progress *p, uint64_t number, bool faulted) {
    return p->slots &&
           (p->found[slot_of(p, number, false)] || (faulted && p->found[slot_of(p, number, true)]));
}

static bool no_memory(void) {
    fprintf(stderr, "pinfuzz enumerate: no memory for more states\n");
    return false;
}

static void enter(struct progress *p, uint32_t i) {
    uint32_t at = slot_of(p, p->node[i].number, p->node[i].faulted);
    if (!p->found[at])
        p->found[at] = i + 1;
}

/* For so many nodes. */
static bool make_room(struct progress *p, uint32_t count) {
    uint32_t room = p->room ? p->room : 1024;
    while (room < count)
        room *= 2;
    if (room == p->room)
        return true;
    struct progress_node *node = room <= PROGRESS_MAX ? realloc(p->node, room * sizeof(*node)) : NULL;
    if (!node)
        return no_memory();
    p->node = node;
    p->room = room;
    free(p->found);
    p->slots = room * 4;
    p->found = calloc(p->slots, sizeof(*p->found));
    if (!p->found)
        return no_memory();
    for (uint32_t i = 0; i < p->count; i++)
        enter(p, i);
    return true;
}

bool progress_add(struct progress *p, const struct progress_node *node) {
    if (!make_room(p, p->count + 1))
        return false;
    p->node[p->count] = *node;
    enter(p, p->count++);
    return true;
}

/* ---- in a file ---- */

#define MAGIC UINT64_C(0x31656772756e6570) /* "penurge1" */

struct header {
    uint64_t magic;
    uint64_t asked; /* hash of what is asked for, and of who runs it */
    uint64_t sum;   /* of what follows the header */
    uint32_t count;
    uint32_t next;
    uint64_t left;
    uint32_t capped;
    double spent;
};

static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        hash = mix(hash, word);
    }
    while (size--)
        hash = mix(hash, *at++);
    return hash;
}

/* The program that runs, implementation and all, where the system shows it: another one may number states
 * another way. */
static uint64_t mix_build(uint64_t hash) {
    static unsigned char part[1 << 16];
    FILE *file = fopen("/proc/self/exe", "rb");
    size_t size;
    while (file && (size = fread(part, 1, sizeof(part), file)) > 0)
        hash = mix_bytes(hash, part, size);
    if (file)
        fclose(file);
    return hash;
}

static uint64_t asked_for(const struct enumeration *self) {
    static struct program program;
    static char text[TEXT_WORLD_MAX];
    static uint64_t hash; /* of one process's enumeration */
    if (hash != 0)
        return hash;
    hash = mix_build(MIX_BEGIN);
    hash = mix(mix(mix(mix(hash, self->odd), self->repeat), self->faults), self->merge);
    for (unsigned i = 0; i < self->world_count; i++) {
        small_world_begin(&self->worlds[i], &program);
        hash = mix_bytes(hash, text, text_print_world(&program, text, sizeof(text)));
        hash = mix(hash, self->worlds[i].depth);
    }
    return hash;
}

static bool fail(const char *path, const char *why) {
    fprintf(stderr, "%s: %s\n", path, why);
    return false;
}

bool progress_save(const struct progress *p, const struct enumeration *self) {
    char path[4096];
    size_t counts = self->world_count * sizeof(self->counts[0]);
    size_t nodes = p->count * sizeof(*p->node);
    const struct header header = {.magic = MAGIC,
                                  .asked = asked_for(self),
                                  .sum =
                                      mix_bytes(mix_bytes(MIX_BEGIN, self->counts, counts), p->node, nodes),
                                  .count = p->count,
                                  .next = p->next,
                                  .left = self->left,
                                  .capped = self->capped,
                                  .spent = self->spent};
    /* A name of its own: one whose parent was killed may be writing for the last time. */
    if (snprintf(path, sizeof(path), "%s.%ld", self->state, (long)getpid()) >= (int)sizeof(path))
        return fail(self->state, "the name is too long");
    FILE *file = fopen(path, "wb");
    if (!file)
        return fail(path, strerror(errno));
    bool done = fwrite(&header, sizeof(header), 1, file) == 1 && fwrite(self->counts, counts, 1, file) == 1 &&
                (nodes == 0 || fwrite(p->node, nodes, 1, file) == 1) && fflush(file) == 0 &&
                fsync(fileno(file)) == 0;
    done = fclose(file) == 0 && done;
    if (done && rename(path, self->state) == 0)
        return true;
    int error = errno;
    unlink(path);
    return fail(path, strerror(error));
}

static bool read_all(FILE *file, struct progress *p, struct enumeration *self) {
    struct header header;
    size_t counts = self->world_count * sizeof(self->counts[0]);
    if (fread(&header, sizeof(header), 1, file) != 1 || header.magic != MAGIC)
        return fail(self->state, "expected the state of an enumeration, it is something else");
    if (header.asked != asked_for(self))
        return fail(self->state,
                    "expected the state of this enumeration, it is that of another one (other worlds "
                    "or options), or of another build");
    if (!make_room(p, header.count))
        return false;
    size_t nodes = header.count * sizeof(*p->node);
    if (fread(self->counts, counts, 1, file) != 1 || (nodes && fread(p->node, nodes, 1, file) != 1) ||
        header.next > header.count ||
        header.sum != mix_bytes(mix_bytes(MIX_BEGIN, self->counts, counts), p->node, nodes))
        return fail(self->state, "it is damaged");
    p->count = header.count;
    p->next = header.next;
    for (uint32_t i = 0; i < p->count; i++)
        enter(p, i);
    self->left = header.left;
    self->capped = header.capped != 0;
    self->spent = header.spent;
    self->resumed = true;
    return true;
}

bool progress_load(struct progress *p, struct enumeration *self) {
    FILE *file = fopen(self->state, "rb");
    if (!file)
        return errno == ENOENT || fail(self->state, strerror(errno));
    bool done = read_all(file, p, self);
    fclose(file);
    return done;
}
