/* What is told from bytes by its content, and that nothing else is: what engines write stays what it was. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/program/encoding.h"
#include "harness/program/load.h"
#include "harness/program/random.h"

static struct program program;
static uint8_t bytes[PROGRAM_BYTES];
static char text[TEXT_MAX];
static char other[2 * TEXT_MAX];
static struct random random_state;

static enum load_kind kind(const char *name, const void *content, size_t size) {
    struct text_error error;
    return load_kind(name, content, size, &error);
}

static size_t base64_of(const uint8_t *from, size_t size, char *to) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = 0;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t bits = (uint32_t)from[i] << 16 | (i + 1 < size ? (uint32_t)from[i + 1] << 8 : 0) |
                        (i + 2 < size ? from[i + 2] : 0);
        to[length++] = digits[bits >> 18];
        to[length++] = digits[bits >> 12 & 63];
        to[length++] = i + 1 < size ? digits[bits >> 6 & 63] : '=';
        to[length++] = i + 2 < size ? digits[bits & 63] : '=';
    }
    return length;
}

static size_t utf16_of(const char *from, size_t size, bool big, char *to) {
    size_t length = 0;
    to[length++] = big ? '\xfe' : '\xff';
    to[length++] = big ? '\xff' : '\xfe';
    for (size_t i = 0; i < size; i++) {
        to[length++] = big ? 0 : from[i];
        to[length++] = big ? from[i] : 0;
    }
    return length;
}

/* Calls look() with `program` and `bytes` for each that is committed. */
static void each_program(void (*look)(size_t size)) {
    static const char *const places[] = {"/corpus/*/*.txt", "/corpus/*/grown/*.txt",
                                         "/crashes/*/program.txt"};
    size_t seen = 0;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        char pattern[512];
        glob_t found;
        snprintf(pattern, sizeof(pattern), PINFUZZ_ROOT "%s", places[i]);
        if (glob(pattern, 0, NULL, &found) == 0) {
            for (size_t j = 0; j < found.gl_pathc; j++, seen++) {
                struct text_error error;
                if (!program_load(found.gl_pathv[j], LOAD_TEXT, &program, &error))
                    fail_msg("%s", error.text);
                look(program_encode(&program, bytes));
            }
            globfree(&found);
        }
    }
    assert_true(seen > 100);
}

/* ---- each form of a program is told ---- */

static void look_at_forms(size_t size) {
    struct text_error error;
    static struct program again;
    static uint8_t same[PROGRAM_BYTES];
    static const char *const names[] = {"crash-51fe", "id:000000,orig:a", "a.log"};
    size_t length = text_print(&program, text, sizeof(text));
    size_t wide[2] = {utf16_of(text, length, false, other), 0};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_int_equal(kind(names[i], bytes, size), LOAD_IS_BYTES);
        assert_int_equal(kind(names[i], text, length), LOAD_IS_TEXT);
        assert_int_equal(kind(names[i], other, wide[0]), LOAD_IS_TEXT);
    }
    wide[1] = utf16_of(text, length, true, other);
    assert_int_equal(kind("crash", other, wide[1]), LOAD_IS_TEXT);
    assert_true(load_program("crash", other, wide[1], LOAD_DETECT, &again, &error));
    assert_int_equal(program_encode(&again, same), size);
    assert_memory_equal(same, bytes, size);

    length = base64_of(bytes, size, other);
    bool zero = strspn(other, "A") >= length;
    other[length] = 0;
    assert_int_equal(kind("crash", other, length), zero ? LOAD_IS_BYTES : LOAD_IS_BASE64);
    if (!zero) {
        assert_true(load_program("crash", other, length, LOAD_DETECT, &again, &error));
        assert_int_equal(program_encode(&again, same), size);
        assert_memory_equal(same, bytes, size);
    }
}

static void forms_are_told(void **state) {
    (void)state;
    each_program(look_at_forms);
}

/* ---- what engines of bytes write is bytes ---- */

/* One of the things that havoc and libFuzzer's own mutations do, with parts of what tells a file; the words
 * that begin a text, and `Base64:`, no engine has: they stand in no dictionary and in no comparison of a
 * target. */
static size_t mutate(uint8_t *data, size_t size) {
    static const char *const words[] = {"\xff\xfe", "\xfe\xff", "PK\3\4", "AAAA"};
    size_t at = random_below(&random_state, (uint32_t)size);
    size_t count = 1 + random_below(&random_state, (uint32_t)(size - at));
    switch (random_below(&random_state, 6)) {
    case 0:
        data[at] ^= (uint8_t)(1u << random_below(&random_state, 8));
        return size;
    case 1:
        data[at] = (uint8_t)random_next(&random_state);
        return size;
    case 2:
        memset(data + at, (int)random_below(&random_state, 256), count);
        return size;
    case 3:
        memmove(data, data + at, size - at);
        return size - at;
    case 4:
        return at + 1;
    default: {
        const char *word = words[random_below(&random_state, sizeof(words) / sizeof(*words))];
        size_t length = strlen(word);
        at = random_below(&random_state, 2) ? at : 0;
        if (at + length <= size)
            memcpy(data + at, word, length);
        return size;
    }
    }
}

static void look_at_mutants(size_t size) {
    static uint8_t mutant[PROGRAM_BYTES];
    for (unsigned i = 0; i < 100; i++) {
        memcpy(mutant, bytes, size);
        size_t length = size;
        for (uint32_t n = 1 + random_below(&random_state, 4); n > 0; n--)
            length = mutate(mutant, length);
        assert_int_equal(kind("crash", mutant, length), LOAD_IS_BYTES);
    }
}

static void mutants_stay_bytes(void **state) {
    (void)state;
    random_state.state = 1;
    each_program(look_at_mutants);
}

/* Letters alone, one or many, in whole lines or not, of each length up to four records. */
static void letters_stay_bytes(void **state) {
    (void)state;
    static const char letters[] = "AAAABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    random_state.state = 2;
    for (size_t length = 1; length <= 256; length++) {
        for (unsigned c = 0; c < 256; c++) {
            memset(bytes, (int)c, length);
            assert_int_equal(kind("crash", bytes, length), LOAD_IS_BYTES);
        }
        for (unsigned i = 0; i < 50; i++) {
            for (size_t at = 0; at < length; at++)
                bytes[at] = (uint8_t)letters[random_below(&random_state, i < 25 ? 5 : sizeof(letters) - 1)];
            bytes[length] = '\n';
            assert_int_equal(kind("crash", bytes, length + i % 2), LOAD_IS_BYTES);
        }
    }
    assert_int_equal(kind("crash", "", 0), LOAD_IS_BYTES);
    assert_int_equal(kind("crash", "\xff\xfe", 2), LOAD_IS_BYTES);
    assert_int_equal(kind("crash", "\xff\xfem\0x\0", 6), LOAD_IS_BYTES);
    /* A name says more: whoever writes *.txt means no bytes, and nobody packs a program by hand. */
    assert_int_equal(kind("a.b64", "QUJD", 4), LOAD_IS_BASE64);
    assert_int_equal(kind("a.TXT", "QUJD", 4), LOAD_IS_TEXT);
    assert_int_equal(kind("a.tar.gz", "QUJD", 4), LOAD_IS_REFUSED);
}

/* ---- Base64 ---- */

static unsigned items(const char *content, struct base64_item *item, enum base64 *form) {
    struct base64_reader reader;
    unsigned count = 0;
    *form = base64_begin(&reader, content, strlen(content));
    while (base64_next(&reader, item))
        count++;
    return count;
}

static void lines_of_base64(void **state) {
    (void)state;
    static const struct {
        const char *content;
        enum base64 form;
        unsigned count;
        const char *last; /* what the last one holds */
        unsigned line;
    } rows[] = {
        {"", BASE64_NONE, 0, "", 0},
        {"# QUJD\n\n", BASE64_NONE, 0, "", 0},
        {"QUJD", BASE64_BARE, 1, "ABC", 1},
        {"\xef\xbb\xbfQUI=\r\n# two\r\n\r\nQQ==\r\n", BASE64_BARE, 2, "A", 4},
        {"QUJD\nQUJDQUJD\n", BASE64_BARE, 2, "ABCABC", 2},
        {"QUJD\nQUJD\nQUI=\n", BASE64_BARE, 1, "ABCABCAB", 1}, /* as `base64 -w 4` wraps it */
        {"QUJDQ\nUJDQU\nI=", BASE64_BARE, 1, "ABCABCAB", 1},
        {"QUI=\nQUI=\nQUI=\n", BASE64_BARE, 1, "AB", 1}, /* three times the same */
        {"QUJ\n", BASE64_NONE, 0, "", 0},
        {"QU==JD==\n", BASE64_NONE, 0, "", 0},
        {"====\n", BASE64_NONE, 0, "", 0},
        {"QUJD word\n", BASE64_NONE, 0, "", 0},
        {"QUJD\x01", BASE64_NONE, 0, "", 0},
        {"Base64: QUJD\n", BASE64_MARKED, 1, "ABC", 1},
        {"Base64:\n", BASE64_MARKED, 1, "", 1},
        {"INFO: x\n  Base64:\tQUI= \r\nDone\n", BASE64_MARKED, 1, "AB", 2},
        {"12:00 Base64: QUI=\nxBase64: QUJD\n# Base64: QUJD\nBase64:QUJD\n", BASE64_MARKED, 1, "AB", 1},
        {"Base64: QUI=\nBase64: QUI=\nBase64: QUJD\n", BASE64_MARKED, 2, "ABC", 3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct base64_item item = {0};
        enum base64 form;
        unsigned count = items(rows[i].content, &item, &form);
        if (form != rows[i].form || count != rows[i].count || item.line != rows[i].line)
            fail_msg("row %zu: form %d, %u programs, the last in line %u", i, form, count, item.line);
        size_t size = 0;
        uint8_t *decoded = base64_decode(&item, &size);
        assert_true(count == 0 || item.valid);
        assert_int_equal(size, strlen(rows[i].last));
        assert_memory_equal(decoded, rows[i].last, size);
        free(decoded);
    }
    struct base64_item item;
    enum base64 form;
    assert_int_equal(items("Base64: QUJ\n", &item, &form), 1);
    assert_false(item.valid);
}

/* ---- UTF-16 ---- */

static void characters_of_utf16(void **state) {
    (void)state;
    size_t length;
    /* a, o with dots, a euro, a disk, in both orders */
    static const char little[] = "\xff\xfe"
                                 "a\0"
                                 "\xf6\0"
                                 "\xac\x20"
                                 "\x3d\xd8\xbe\xdc";
    static const char big[] = "\xfe\xff"
                              "\0a"
                              "\0\xf6"
                              "\x20\xac"
                              "\xd8\x3d\xdc\xbe";
    static const char wanted[] = "a\xc3\xb6\xe2\x82\xac\xf0\x9f\x92\xbe";
    static const struct {
        const char *content;
        size_t size;
    } halves[] = {
        {"\xff\xfe"
         "a",
         3},
        {"\xff\xfe"
         "\x3d\xd8",
         4},
        {"\xff\xfe"
         "\x3d\xd8"
         "a\0",
         6},
        {"\xff\xfe"
         "\xbe\xdc",
         4},
    };
    for (unsigned i = 0; i < 2; i++) {
        const char *content = i ? big : little;
        assert_int_equal(encoding_of(content, sizeof(little) - 1), ENCODING_UTF16);
        char *utf8 = encoding_from_utf16(content, sizeof(little) - 1, &length);
        assert_non_null(utf8);
        assert_int_equal(length, sizeof(wanted) - 1);
        assert_memory_equal(utf8, wanted, length);
        free(utf8);
    }
    for (size_t i = 0; i < sizeof(halves) / sizeof(*halves); i++)
        assert_null(encoding_from_utf16(halves[i].content, halves[i].size, &length));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_told),      cmocka_unit_test(mutants_stay_bytes),
        cmocka_unit_test(letters_stay_bytes),  cmocka_unit_test(lines_of_base64),
        cmocka_unit_test(characters_of_utf16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
