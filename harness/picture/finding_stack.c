/* The stack of a death, as a sanitizer printed it, with the lines of the sources. */
#include <string.h>

#include "harness/page/html.h"
#include "harness/picture/finding.h"

#define FRAMES 24u

/* "    #1 0x55d5 in dxgk_unpin /src/dxgk/pin.c:120:5": its number, and what is behind the address. NULL: no
 * frame. */
static const char *read_frame(const char *line, unsigned *number) {
    unsigned long long address;
    int used = 0;
    if (sscanf(line, " #%u 0x%llx%n", number, &address, &used) < 2)
        return NULL;
    line += used;
    return strncmp(line, " in ", 4) == 0 ? line + 4 : line + (*line == ' ');
}

/* Whether the frame is of the implementation, whose lines are worth a look: not of the harness, nor of a
 * runtime. */
static bool is_subject(const char *frame, size_t length) {
    char text[512];
    snprintf(text, sizeof(text), "%.*s", (int)length, frame);
    return strstr(text, "/src/") != NULL && !strstr(text, "/harness/") && !strstr(text, "compiler-rt");
}

static void put_frame(const struct picture *picture, unsigned number, const char *frame, size_t length,
                      unsigned *shown) {
    FILE *to = picture->to;
    char text[1024];
    const char *space = memchr(frame, ' ', length);
    size_t name = space ? (size_t)(space - frame) : length;
    bool subject = is_subject(frame, length);
    fprintf(to, "<li%s><span class=\"dim\">#%u</span> <b>", subject ? " class=\"ours\"" : "", number);
    html_text_of(to, frame, name);
    fputs("</b><span class=\"dim\">", to);
    html_text_of(to, frame + name, length - name);
    fputs("</span>", to);
    if (subject && (*shown)++ < 3) {
        snprintf(text, sizeof(text), "%.*s", (int)length, frame);
        picture_source(picture, text);
    }
    fputs("</li>\n", to);
}

/* What stands before a stack: "freed by thread T0 here:". */
static void put_heading(FILE *to, const char *line, size_t length) {
    fputs("<h3>", to);
    html_text_of(to, line, length);
    fputs("</h3>\n", to);
}

void picture_stack(const struct picture *picture) {
    const char *before = NULL; /* the last line that was no frame and said something */
    size_t before_length = 0;
    bool open = false, any = false;
    unsigned frames = 0, shown = 0;
    if (!picture->died)
        return;
    for (const char *line = picture->report; *line;) {
        size_t length = strcspn(line, "\n");
        unsigned number;
        const char *frame = read_frame(line, &number);
        if (frame && frame <= line + length) {
            if (!any)
                fputs("<section aria-labelledby=\"stack-head\"><h2 id=\"stack-head\">Where the process "
                      "died</h2>\n",
                      picture->to);
            if (!open && before)
                put_heading(picture->to, before, before_length);
            fputs(open ? "" : "<ol class=\"stack\">\n", picture->to);
            open = any = true;
            frames = number == 0 ? 0 : frames;
            if (frames++ < FRAMES)
                put_frame(picture, number, frame, (size_t)(line + length - frame), &shown);
        } else {
            fputs(open ? "</ol>\n" : "", picture->to);
            shown = open ? 0 : shown;
            open = false;
            before = length > 0 ? line : before;
            before_length = length > 0 ? length : before_length;
        }
        line += length + (line[length] == '\n');
    }
    fputs(open ? "</ol>\n" : "", picture->to);
    fputs(any ? "</section>\n" : "", picture->to);
}
