/*
 * What an archive says of itself is not believed. Nothing is written anywhere by its names; sizes are added
 * up before anything is unpacked, and a file that turns out larger than it said is damaged.
 */
#define _POSIX_C_SOURCE 200809L

#include "harness/cli/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "harness/program/load.h"

/* Of the archive itself. Seeds take some 600 bytes and, packed and with their names, 400: 2^18 of them are
 * 100 MiB. For each entry, of which 46 bytes can make one, libzip holds some 500 before anybody can ask how
 * many there are: 1.4 GiB at worst, of an archive that holds nothing else and is refused then. */
#define ARCHIVE_BYTES_MAX (INT64_C(128) << 20)
/* As many as triage takes at a time. */
#define ARCHIVE_FILES_MAX (INT64_C(1) << 18)

/* libzip is compiled without MemorySanitizer, which sees nothing of what it writes and returns, and would
 * find fault with what it hands to functions of the C library. */
#ifdef __has_feature
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define UNSEEN_BEGIN()         __msan_scoped_disable_interceptor_checks()
#define UNSEEN_END()           __msan_scoped_enable_interceptor_checks()
#define SEEN_WRITTEN(at, size) __msan_unpoison(at, size)
#define SEEN_STRING(text)      __msan_unpoison_string(text)
#endif
#endif
#ifndef UNSEEN_BEGIN
#define UNSEEN_BEGIN()         ((void)0)
#define UNSEEN_END()           ((void)0)
#define SEEN_WRITTEN(at, size) ((void)0)
#define SEEN_STRING(text)      ((void)0)
#endif

static char *words(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *words(const char *format, ...) {
    char line[400];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    return strdup(line);
}

static const char *error_of(zip_error_t *error) {
    const char *text = zip_error_strerror(error);
    SEEN_WRITTEN(&text, sizeof(text));
    SEEN_STRING(text);
    return text;
}

/* An entry of the archive that is wanted. */
struct entry {
    char *name;
    zip_uint64_t index;
    zip_uint64_t size;
    const char *flaw; /* known before it is unpacked */
};

/* ---- one entry ---- */

/* What cannot be shown as it is, or would lie elsewhere if it were unpacked. */
static const char *flaw_of_name(char *name) {
    const char *flaw = NULL;
    for (char *c = name; *c != 0; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            *c = '?';
            flaw = "a name with control characters";
        }
    }
    if (flaw)
        return flaw;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += part != name;
        size_t length = strcspn(part, "/");
        if ((length == 0 && part == name) || (length == 2 && memcmp(part, "..", 2) == 0))
            return "a name that leads out of the archive";
    }
    return NULL;
}

static bool is_link(zip_t *archive, zip_uint64_t index) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    int failed = zip_file_get_external_attributes(archive, index, 0, &system, &attributes);
    SEEN_WRITTEN(&failed, sizeof(failed));
    /* Where Unix made the archive, its mode is in the upper half. */
    return failed == 0 && system == ZIP_OPSYS_UNIX && S_ISLNK(attributes >> 16);
}

/* False where the entry is a directory, or not wanted. */
static bool look_at(zip_t *archive, zip_uint64_t index, archive_wanted *wanted, struct entry *entry) {
    zip_stat_t status;
    memset(&status, 0, sizeof(status));
    int failed = zip_stat_index(archive, index, 0, &status);
    SEEN_WRITTEN(&failed, sizeof(failed));
    SEEN_WRITTEN(&status, sizeof(status));
    if (failed != 0 || !status.name)
        return false;
    SEEN_STRING(status.name);
    const char *name = status.name;
    while (strncmp(name, "./", 2) == 0) /* of what was packed as "." */
        name += 2;
    *entry = (struct entry){.name = strdup(name), .index = index, .size = status.size};
    for (char *c = entry->name; c && *c != 0; c++)
        *c = *c == '\\' ? '/' : *c;
    size_t length = entry->name ? strlen(entry->name) : 0;
    if (length == 0 || entry->name[length - 1] == '/') {
        free(entry->name);
        return false;
    }
    entry->flaw = flaw_of_name(entry->name);
    if (!entry->flaw && !wanted(entry->name)) {
        free(entry->name);
        return false;
    }
    if (!entry->flaw) {
        entry->flaw = status.encryption_method != ZIP_EM_NONE ? "encrypted: unpack it with its password first"
                      : is_link(archive, index)               ? "a symbolic link: pack what it leads to"
                      : status.size > LOAD_MAX                ? "too large for a program"
                                                              : NULL;
    }
    return true;
}

/* The content, or NULL and why. One byte more than it says is asked for, so that libzip comes to its end and
 * compares its checksum, and a file that is larger is noticed. */
static char *unpack(zip_t *archive, const struct entry *entry, char **why) {
    size_t size = (size_t)entry->size;
    size_t used = 0;
    zip_int64_t got = 0;
    char *content = malloc(size + 1);
    zip_file_t *file = content ? zip_fopen_index(archive, entry->index, 0) : NULL;
    SEEN_WRITTEN(&file, sizeof(file));
    if (!file) {
        *why = words("%s", content ? error_of(zip_get_error(archive)) : strerror(errno));
        free(content);
        return NULL;
    }
    do {
        got = zip_fread(file, content + used, size + 1 - used);
        SEEN_WRITTEN(&got, sizeof(got));
        used += got > 0 ? (size_t)got : 0;
    } while (got > 0 && used <= size);
    if (got < 0) {
        *why = words("damaged: %s", error_of(zip_file_get_error(file)));
    } else if (used != size) {
        *why = words("damaged: %s than the %zu bytes that the archive says", used < size ? "less" : "more",
                     size);
    }
    zip_fclose(file);
    if (got < 0 || used != size) {
        free(content);
        return NULL;
    }
    SEEN_WRITTEN(content, size);
    return content;
}

/* ---- the archive ---- */

/* As a walk through directories has them: names are compared part by part, and `/` ends a part. Those of one
 * name in the order of the archive. */
static int by_name(const void *a, const void *b) {
    const struct entry *left_entry = a, *right_entry = b;
    const unsigned char *one = (const unsigned char *)left_entry->name;
    const unsigned char *other = (const unsigned char *)right_entry->name;
    while (*one != 0 && *one == *other) {
        one++;
        other++;
    }
    int left = *one == '/' ? 1 : *one;
    int right = *other == '/' ? 1 : *other;
    return left != right ? left - right : left_entry->index < right_entry->index ? -1 : 1;
}

/* Which of two files has a name is not for us to say: the first keeps it, and the others get a number. */
static void part_twins(struct entry *entries, size_t count) {
    for (size_t i = count; i-- > 1;) {
        if (strcmp(entries[i].name, entries[i - 1].name) == 0) {
            char *name = words("%s#%" PRIu64, entries[i].name, (uint64_t)entries[i].index);
            free(entries[i].name);
            entries[i].name = name;
            entries[i].flaw = "there twice in the archive";
        }
    }
}

/* The wanted entries in their order; NULL and why. */
static struct entry *list(zip_t *archive, archive_wanted *wanted, size_t *count, char **why) {
    zip_int64_t all = zip_get_num_entries(archive, 0);
    SEEN_WRITTEN(&all, sizeof(all));
    if (all > ARCHIVE_FILES_MAX) {
        *why = words("%" PRId64 " files; more than %" PRId64 " are too many in an archive", (int64_t)all,
                     ARCHIVE_FILES_MAX);
        return NULL;
    }
    struct entry *entries = calloc((size_t)all + 1, sizeof(*entries));
    uint64_t total = 0;
    *count = 0;
    for (zip_int64_t i = 0; entries && i < all; i++) {
        if (look_at(archive, (zip_uint64_t)i, wanted, &entries[*count])) {
            total += !entries[*count].flaw ? entries[*count].size : 0;
            (*count)++;
        }
    }
    if (!entries) {
        *why = words("%s", strerror(errno));
    } else if (total > LOAD_MANY_MAX) {
        *why = words("%" PRIu64 " MiB unpacked; more than %" PRIu64 " are too many in an archive",
                     total >> 20, LOAD_MANY_MAX >> 20);
    } else {
        qsort(entries, *count, sizeof(*entries), by_name);
        part_twins(entries, *count);
        return entries;
    }
    for (size_t i = 0; i < *count; i++)
        free(entries[i].name);
    free(entries);
    return NULL;
}

static bool read_entries(zip_t *archive, archive_wanted *wanted, struct archive_file **files, size_t *count,
                         char **why) {
    struct entry *entries = list(archive, wanted, count, why);
    if (!entries)
        return false;
    *files = calloc(*count + 1, sizeof(**files));
    for (size_t i = 0; *files && i < *count; i++) {
        struct entry *entry = &entries[i];
        struct archive_file *file = &(*files)[i];
        *file = (struct archive_file){.name = entry->name, .size = (size_t)entry->size};
        if (entry->flaw)
            file->why = words("%s", entry->flaw);
        else
            file->content = unpack(archive, entry, &file->why);
    }
    if (!*files)
        *why = words("%s", strerror(errno));
    free(entries);
    return *files;
}

static bool open_and_read(const char *path, archive_wanted *wanted, struct archive_file **files,
                          size_t *count, char **why) {
    int code = 0;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    SEEN_WRITTEN(&archive, sizeof(archive));
    SEEN_WRITTEN(&code, sizeof(code));
    if (!archive) {
        zip_error_t error;
        memset(&error, 0, sizeof(error));
        zip_error_init_with_code(&error, code);
        SEEN_WRITTEN(&error, sizeof(error));
        *why = words("no zip archive, or not whole (%s)", error_of(&error));
        zip_error_fini(&error);
        return false;
    }
    bool ok = read_entries(archive, wanted, files, count, why);
    zip_discard(archive);
    return ok;
}

bool archive_read(const char *path, archive_wanted *wanted, struct archive_file **files, size_t *count,
                  char **why) {
    struct stat status;
    *files = NULL;
    *count = 0;
    *why = NULL;
    if (stat(path, &status) != 0) {
        *why = words("%s", strerror(errno));
        return false;
    }
    if (status.st_size > ARCHIVE_BYTES_MAX) {
        *why = words("%" PRId64 " MiB; more than %" PRId64 " are too many for an archive",
                     (int64_t)status.st_size >> 20, ARCHIVE_BYTES_MAX >> 20);
        return false;
    }
    if (status.st_size == 0) { /* to libzip an archive without files */
        *why = words("no zip archive: empty");
        return false;
    }
    UNSEEN_BEGIN();
    bool ok = open_and_read(path, wanted, files, count, why);
    UNSEEN_END();
    return ok;
}
