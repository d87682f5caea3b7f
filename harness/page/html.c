/* The frame of a page, and texts in it. */
#include "harness/page/html.h"

#include <stdbool.h>
#include <string.h>

/* ---- characters ---- */

uint32_t html_next(const char *text, size_t length, size_t *bytes) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t wanted = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    uint32_t character = wanted > 1 ? first & (0x7fu >> wanted) : first;
    *bytes = 1;
    if (wanted == 0 || wanted > length)
        return HTML_NO_CHARACTER;
    for (size_t i = 1; i < wanted; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return HTML_NO_CHARACTER;
        character = character << 6 | (text[i] & 0x3f);
    }
    if (character < least[wanted] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return HTML_NO_CHARACTER;
    *bytes = wanted;
    return character;
}

/* What nobody would see, or what would move its neighbours. */
static bool is_shapeless(uint32_t c) {
    return (c >= 0x80 && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff) || (c & 0xfffe) == 0xfffe;
}

/* The name of a character that is not shown as it is, in ASCII and what `picture` makes of control
 * characters; false: it is shown. */
static bool name_of(const char *text, uint32_t c, char *name, size_t size) {
    if (c == HTML_NO_CHARACTER)
        snprintf(name, size, "\\x%02x", (unsigned char)text[0]);
    else if (is_shapeless(c))
        snprintf(name, size, "\\u%04x", (unsigned)c);
    else
        return false;
    return true;
}

static bool is_control(uint32_t c) {
    return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

/* U+2400 and on are pictures of the control characters. */
static uint32_t picture_of(uint32_t c) {
    return c == 0x7f ? 0x2421 : 0x2400 + c;
}

/* ---- texts ---- */

static void put_character(FILE *to, const char *text, size_t bytes, uint32_t c) {
    char name[16];
    if (c == '<')
        fputs("&lt;", to);
    else if (c == '>')
        fputs("&gt;", to);
    else if (c == '&')
        fputs("&amp;", to);
    else if (c == '"')
        fputs("&quot;", to);
    else if (c == '\'')
        fputs("&#39;", to);
    else if (is_control(c))
        fprintf(to, "&#x%x;", (unsigned)picture_of(c));
    else if (name_of(text, c, name, sizeof(name)))
        fputs(name, to);
    else
        fwrite(text, 1, bytes, to);
}

void html_text_of(FILE *to, const char *text, size_t length) {
    size_t bytes;
    for (size_t at = 0; at < length; at += bytes) {
        uint32_t c = html_next(text + at, length - at, &bytes);
        put_character(to, text + at, bytes, c);
    }
}

void html_text(FILE *to, const char *text) {
    html_text_of(to, text, strlen(text));
}

static void put_unit(FILE *to, uint32_t unit) {
    fprintf(to, "\\u%04x", (unsigned)unit);
}

void html_json(FILE *to, const char *text) {
    size_t length = strlen(text), bytes;
    char name[16];
    fputc('"', to);
    for (size_t at = 0; at < length; at += bytes) {
        uint32_t c = html_next(text + at, length - at, &bytes);
        if (name_of(text + at, c, name, sizeof(name)))
            fprintf(to, "\\%s", name); /* its backslash is a character */
        else if (is_control(c))
            put_unit(to, picture_of(c));
        else if (c < ' ' || c == '<' || c == '>' || c == '&' || c == '\'' || (c > '~' && c < 0x10000))
            put_unit(to, c);
        else if (c == '"' || c == '\\')
            fprintf(to, "\\%c", (char)c);
        else if (c >= 0x10000) {
            put_unit(to, 0xd800 + ((c - 0x10000) >> 10));
            put_unit(to, 0xdc00 + ((c - 0x10000) & 0x3ff));
        } else
            fputc((int)c, to);
    }
    fputc('"', to);
}

/* ---- the frame ---- */

static void put_hashes(FILE *to, const char *directive, const struct html_asset *shared,
                       const struct html_asset *const *own) {
    fprintf(to, "; %s '%s'", directive, shared->hash);
    for (unsigned i = 0; i < HTML_ASSETS && own[i]; i++)
        fprintf(to, " '%s'", own[i]->hash);
}

static void put_asset(FILE *to, const char *element, const struct html_asset *asset) {
    fprintf(to, "<%s>", element);
    for (const char *const *line = asset->lines; *line; line++)
        fputs(*line, to);
    fprintf(to, "</%s>\n", element);
}

void html_begin(FILE *to, const struct html_page *page) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
          "form-action 'none'",
          to);
    put_hashes(to, "style-src", &html_page_css, page->styles);
    put_hashes(to, "script-src", &html_page_js, page->scripts);
    fputs("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" "
          "content=\"no-referrer\">\n",
          to);
    if (page->refresh > 0)
        fprintf(to, "<noscript><meta http-equiv=\"refresh\" content=\"%u\"></noscript>\n", page->refresh);
    fputs("<title>", to);
    html_text(to, page->title);
    fputs("</title>\n", to);
    put_asset(to, "style", &html_page_css);
    for (unsigned i = 0; i < HTML_ASSETS && page->styles[i]; i++)
        put_asset(to, "style", page->styles[i]);
    fputs("</head>\n<body>\n", to);
}

void html_end(FILE *to, const struct html_page *page) {
    put_asset(to, "script", &html_page_js);
    for (unsigned i = 0; i < HTML_ASSETS && page->scripts[i]; i++)
        put_asset(to, "script", page->scripts[i]);
    fputs("</body>\n</html>\n", to);
}

void html_copy_button(FILE *to, const char *id, const char *what) {
    fprintf(to, "<button type=\"button\" class=\"copy\" data-copy=\"%s\" aria-label=\"Copy ", id);
    html_text(to, what);
    fputs("\">Copy</button>", to);
}
