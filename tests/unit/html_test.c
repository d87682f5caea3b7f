/* harness/page/html.c: hostile texts are shown as text. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/page/html.h"

static char *written(void (*put)(FILE *to, const char *text), const char *text) {
    static char buffer[1 << 18];
    FILE *file = fmemopen(buffer, sizeof(buffer), "w");
    assert_non_null(file);
    put(file, text);
    assert_int_equal(fclose(file), 0);
    return buffer;
}

static void shows_markup_as_text(void **state) {
    (void)state;
    assert_string_equal(written(html_text, "<img src=x onerror=\"a('b')\">&amp;"),
                        "&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;amp;");
    assert_string_equal(written(html_json, "</script><!-- \"\\ & '"),
                        "\"\\u003c/script\\u003e\\u003c!-- \\\"\\\\ \\u0026 \\u0027\"");
}

static void names_what_has_no_shape(void **state) {
    (void)state;
    assert_string_equal(written(html_text, "a\tb\n\x01\x1b\x7f"), "a\tb\n&#x2401;&#x241b;&#x2421;");
    assert_string_equal(written(html_text, "\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf"), "\\u202e\\u2028\\ufeff");
    assert_string_equal(written(html_json, "\xe2\x80\xa8\n\x01"), "\"\\\\u2028\\u000a\\u2401\"");
}

/* Bytes that are no UTF-8: alone, cut short, longer than they need to be, half of a pair, beyond the last. */
static void names_bytes_that_are_no_utf8(void **state) {
    (void)state;
    assert_string_equal(written(html_text, "\xff"
                                           "a\xc3"),
                        "\\xffa\\xc3");
    assert_string_equal(written(html_text, "\xc0\xbc"), "\\xc0\\xbc");
    assert_string_equal(written(html_text, "\xed\xa0\x80"), "\\xed\\xa0\\x80");
    assert_string_equal(written(html_text, "\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
    assert_string_equal(written(html_json, "\xe2\x80"), "\"\\\\xe2\\\\x80\"");
}

static void keeps_other_languages(void **state) {
    (void)state;
    assert_string_equal(written(html_text, "gr\xc3\xb6\xc3\x9f"
                                           "e \xf0\x9f\x98\x80"),
                        "gr\xc3\xb6\xc3\x9f"
                        "e \xf0\x9f\x98\x80");
    assert_string_equal(written(html_json, "\xc3\xb6\xf0\x9f\x98\x80"), "\"\\u00f6\\ud83d\\ude00\"");
}

static void every_byte_stays_inside(void **state) {
    (void)state;
    char text[4] = {0};
    for (unsigned a = 1; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            text[0] = (char)a;
            text[1] = (char)b;
            const char *html = written(html_text, text);
            assert_null(strpbrk(html, "<>\"'"));
            const char *json = written(html_json, text);
            for (const char *c = json; *c; c++)
                assert_true((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f && !strchr("<>&'", *c));
        }
    }
}

static void put_page(FILE *to, const char *title) {
    const struct html_page page = {.title = title, .refresh = 5};
    html_begin(to, &page);
    html_end(to, &page);
}

static void a_page_names_the_hashes_of_what_it_has(void **state) {
    (void)state;
    const char *page = written(put_page, "</title><script>");
    assert_null(strstr(page, "</title><script>"));
    assert_non_null(strstr(page, "default-src 'none'"));
    assert_non_null(strstr(page, html_page_css.hash));
    assert_non_null(strstr(page, html_page_js.hash));
    assert_non_null(strstr(page, "http-equiv=\"refresh\" content=\"5\""));
    assert_null(strstr(page, "http://"));
    assert_null(strstr(page, "https://"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_markup_as_text),
        cmocka_unit_test(names_what_has_no_shape),
        cmocka_unit_test(names_bytes_that_are_no_utf8),
        cmocka_unit_test(keeps_other_languages),
        cmocka_unit_test(every_byte_stays_inside),
        cmocka_unit_test(a_page_names_the_hashes_of_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
