/* Lines of the implementation's sources, where they can be read. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/page/html.h"
#include "harness/picture/finding.h"

#define AROUND    2u /* lines shown before and after */
#define LINE_SIZE 400u
#define PATH_SIZE 2048u

/* "function src/dxgk/pin.c:128:5": the path and the line; false when there is neither. */
static bool read_place(const char *place, char *path, unsigned *line) {
    const char *colon = NULL;
    for (const char *at = place; *at; at++)
        if (*at == ':' && isdigit((unsigned char)at[1]) && !colon)
            colon = at;
    if (!colon)
        return false;
    const char *begin = colon;
    while (begin > place && begin[-1] != ' ')
        begin--;
    size_t length = (size_t)(colon - begin);
    *line = (unsigned)strtoul(colon + 1, NULL, 10);
    if (length == 0 || length >= PATH_SIZE || *line == 0)
        return false;
    memcpy(path, begin, length);
    path[length] = 0;
    return true;
}

static FILE *open_source(const struct picture *picture, const char *path) {
    char whole[2 * PATH_SIZE];
    if (path[0] == '/')
        return fopen(path, "r");
    if (!picture->finding->sources)
        return NULL;
    snprintf(whole, sizeof(whole), "%s/%s", picture->finding->sources, path);
    return fopen(whole, "r");
}

static void put_line(FILE *to, unsigned number, bool is_it, const char *text) {
    fprintf(to, "<span class=\"%s\"><i>%u%s</i>", is_it ? "line it" : "line", number, is_it ? " ▸" : "");
    html_text_of(to, text, strcspn(text, "\n"));
    fputs("</span>", to);
}

void picture_source(const struct picture *picture, const char *place) {
    char path[PATH_SIZE];
    char text[LINE_SIZE];
    unsigned line;
    if (!read_place(place, path, &line))
        return;
    FILE *file = open_source(picture, path);
    if (!file)
        return;
    bool begun = false;
    bool at_start = true;
    for (unsigned number = 0; number <= line + AROUND && fgets(text, sizeof(text), file);) {
        number += at_start;
        if (at_start && number + AROUND >= line && number <= line + AROUND) {
            fputs(begun ? "" : "<pre class=\"source\" tabindex=\"0\">", picture->to);
            begun = true;
            put_line(picture->to, number, number == line, text);
        }
        at_start = strchr(text, '\n') != NULL; /* a longer line comes in parts */
    }
    fputs(begun ? "</pre>\n" : "", picture->to);
    fclose(file);
}
