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

/* How many frames of the stack that begins here are of use to a reader: up to the last of the implementation,
 * and the one that called it; where there is none, three. What is below is the harness's, and the same each
 * time. */
static unsigned count_telling(const char *line) {
    unsigned number, telling = 3, frames = 0;
    for (const char *frame; (frame = read_frame(line, &number)) != NULL; frames++) {
        size_t length = strcspn(line, "\n");
        if (frame > line + length)
            break;
        if (is_subject(frame, (size_t)(line + length - frame)) && frames + 2 > telling)
            telling = frames + 2;
        line += length + (line[length] == '\n');
    }
    return telling;
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

struct stack {
    bool open;   /* a list of frames is */
    bool folded; /* and the rest of it is folded */
    unsigned frames, telling, shown;
};

static void close_stack(FILE *to, struct stack *stack) {
    fputs(stack->folded ? "</ol></details>\n" : stack->open ? "</ol>\n" : "", to);
    *stack = (struct stack){.open = false};
}

static void add_frame(const struct picture *picture, struct stack *stack, const char *line, unsigned number,
                      const char *frame, size_t length) {
    FILE *to = picture->to;
    if (!stack->open) {
        stack->open = true;
        stack->telling = count_telling(line);
        fputs("<ol class=\"stack\">\n", to);
    }
    if (stack->frames == stack->telling) {
        stack->folded = true;
        fputs("</ol><details><summary>Below it, the harness</summary><ol class=\"stack\">\n", to);
    }
    if (stack->frames++ < FRAMES)
        put_frame(picture, number, frame, length, &stack->shown);
}

void picture_stack(const struct picture *picture) {
    const char *before = NULL; /* the last line that was no frame and said something */
    size_t before_length = 0;
    struct stack stack = {.open = false};
    bool any = false;
    for (const char *line = picture->report; picture->died && *line;) {
        size_t length = strcspn(line, "\n");
        unsigned number;
        const char *frame = read_frame(line, &number);
        if (frame && frame <= line + length) {
            if (!any)
                fputs("<section aria-labelledby=\"stack-head\"><h2 id=\"stack-head\">Where the process "
                      "died</h2>\n",
                      picture->to);
            any = true;
            if (!stack.open && before)
                put_heading(picture->to, before, before_length);
            add_frame(picture, &stack, line, number, frame, (size_t)(line + length - frame));
        } else {
            close_stack(picture->to, &stack);
            before = length > 0 ? line : before;
            before_length = length > 0 ? length : before_length;
        }
        line += length + (line[length] == '\n');
    }
    close_stack(picture->to, &stack);
    fputs(any ? "</section>\n" : "", picture->to);
}
