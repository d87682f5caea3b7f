/*
 * HTML pages that need nothing beside them: what all pages of this project begin and end with, and texts that
 * somebody else wrote (names of files, comments, what a dying process said) shown as text and as nothing
 * else.
 *
 * A page loads nothing. It has its styles and scripts in it, and names their hashes to the browser (Content
 * Security Policy): a script or style that came in with a text would not run, even if it were not escaped.
 * For that reason a page has no style="" and no onclick="" either.
 */
#ifndef HARNESS_HTML_H
#define HARNESS_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A file of styles or of script, which the build has put into the program: embedded.cmake. */
struct html_asset {
    const char *const *lines; /* NULL ends them */
    const char *hash;         /* "sha256-..." of them all */
};

/* What all pages share: colours, tables, buttons; and buttons that copy. */
extern const struct html_asset html_page_css, html_page_js;

#define HTML_ASSETS 3u
struct html_page {
    const char *title;
    /* Beside those that all pages share; the first that is NULL ends them. */
    const struct html_asset *styles[HTML_ASSETS];
    const struct html_asset *scripts[HTML_ASSETS];
    /* Seconds after which a browser without scripts reads the file again; 0: never. With scripts the page's
     * own does, which a reader can stop. */
    unsigned refresh;
};

/* Up to <body>, and from the scripts to the end. */
void html_begin(FILE *to, const struct html_page *page);
void html_end(FILE *to, const struct html_page *page);

/*
 * A text, in an element or between the double quotes of an attribute. What has no shape of its own is named,
 * so that a text cannot look like another one: control characters as pictures, bytes that are no UTF-8 as
 * \x9f, marks that turn the direction of writing as \u202e. The ends of lines and tabs stay.
 */
void html_text(FILE *to, const char *text);
void html_text_of(FILE *to, const char *text, size_t length);

/* A JSON string with its quotes, which may stand in a <script> element: no character in it ends that. The
 * same characters are named as in html_text(). */
void html_json(FILE *to, const char *text);

/* A button that copies the text of the element with this id. */
void html_copy_button(FILE *to, const char *id, const char *what);

/* ---- for whoever makes other output of such texts ---- */

/* The next character of a text and how many bytes it takes. HTML_NO_CHARACTER: the byte is no UTF-8. */
#define HTML_NO_CHARACTER UINT32_MAX
uint32_t html_next(const char *text, size_t length, size_t *bytes);

#endif
