/* Reads the members of archives and of lists in Base64, and finds them again by their paths. */
#define _XOPEN_SOURCE 700

#include "harness/cli/members.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- all of them, by their paths ---- */

static void *members; /* a tree of tsearch()'s */

static int by_path(const void *a, const void *b) {
    return strcmp(((const struct member *)a)->path, ((const struct member *)b)->path);
}

const struct member *member_find(const char *path) {
    struct member key = {.path = (char *)(uintptr_t)path};
    struct member *const *node = tfind(&key, &members, by_path);
    return node ? *node : NULL;
}

static bool complain(const char *path) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return false;
}

/* Takes over what `from` points to. What is known already was read before, when the same file was given. */
static const struct member *keep(struct member from) {
    struct member *member = malloc(sizeof(*member));
    struct member **node = NULL;
    if (member) {
        *member = from;
        node = tsearch(member, &members, by_path);
    }
    if (!node || *node != member) {
        if (!node)
            complain(from.path);
        free(from.path);
        free(from.content);
        free(from.why);
        free(member);
    }
    return node ? *node : NULL;
}

/* "path:inner" */
static char *join(const char *path, const char *inner) {
    size_t size = strlen(path) + 1 + strlen(inner) + 1;
    char *joined = malloc(size);
    if (joined)
        snprintf(joined, size, "%s:%s", path, inner);
    else
        complain(path);
    return joined;
}

/* ---- files of Base64 ---- */

struct list {
    const char *path;
    member_add *add;
    void *context;
    size_t added;
};

static bool take_program(void *context, unsigned line, uint8_t *bytes, size_t size,
                         const struct text_error *error) {
    struct list *list = context;
    char number[16];
    snprintf(number, sizeof(number), "%u", line);
    char *path = join(list->path, number);
    if (!path) {
        free(bytes);
        return false;
    }
    const struct member *member = keep((struct member){.path = path,
                                                       .content = (char *)bytes,
                                                       .size = size,
                                                       .why = !bytes ? strdup(error->text) : NULL,
                                                       .form = LOAD_BYTES});
    list->added++;
    return member && list->add(list->context, member->path);
}

static enum members add_list(const char *path, const char *content, size_t size, member_add *add,
                             void *context) {
    struct list list = {path, add, context, 0};
    bool ok = load_each(path, content, size, take_program, &list);
    return ok ? MEMBERS_ADDED : list.added > 0 ? MEMBERS_FAILED : MEMBERS_NONE;
}

/* ---- archives ---- */

bool member_is_archive(const char *path) {
    return load_named(path, ".zip");
}

static bool add_file(const char *path, struct archive_file *file, member_add *add, void *context) {
    char *joined = join(path, file->name);
    char *why = file->why && joined ? malloc(strlen(joined) + strlen(file->why) + 3) : NULL;
    if (why)
        snprintf(why, strlen(joined) + strlen(file->why) + 3, "%s: %s", joined, file->why);
    free(file->name);
    free(file->why);
    if (!joined) {
        free(file->content);
        return false;
    }
    const struct member *member = keep((struct member){joined, file->content, file->size, why, LOAD_DETECT});
    if (!member)
        return false;
    enum members listed =
        member->content ? add_list(member->path, member->content, member->size, add, context) : MEMBERS_NONE;
    return listed == MEMBERS_NONE ? add(context, member->path) : listed == MEMBERS_ADDED;
}

static bool add_archive(const char *path, archive_wanted *wanted, member_add *add, void *context) {
    struct archive_file *files;
    size_t count;
    char *why;
    if (!archive_read) {
        fprintf(stderr,
                "%s: this pinfuzz was built without libzip, and reads no archives (Debian: "
                "libzip-dev)\n",
                path);
        return false;
    }
    if (!archive_read(path, wanted, &files, &count, &why)) {
        fprintf(stderr, "%s: %s\n", path, why ? why : "no memory");
        free(why);
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        ok = add_file(path, &files[i], add, context) && ok;
    free(files);
    return ok;
}

/* ---- either ---- */

/* Most files show in their first bytes that they are no list: to read them whole is for who runs them. */
static bool may_be_list(const char *path) {
    unsigned char head[256];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(head, 1, sizeof(head), file) : 0;
    bool may = size > 0;
    bool marked = size >= 2 && head[0] >= 0xfe && head[1] >= 0xfe; /* UTF-16 */
    for (size_t i = 0; i < size && may && !marked; i++)
        may = head[i] >= ' ' || (head[i] >= '\t' && head[i] <= '\r') || head[i] == 0x1b;
    if (file)
        fclose(file);
    return may;
}

enum members members_of(const char *path, archive_wanted *wanted, member_add *add, void *context) {
    struct text_error error;
    size_t size;
    if (member_is_archive(path))
        return add_archive(path, wanted, add, context) ? MEMBERS_ADDED : MEMBERS_FAILED;
    char *content = may_be_list(path) ? load_read(path, LOAD_MANY_MAX, &size, &error) : NULL;
    enum members result = content ? add_list(path, content, size, add, context) : MEMBERS_NONE;
    free(content);
    return result;
}
