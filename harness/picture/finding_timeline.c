/*
 * The timeline: a column for each step, lanes for who makes calls, then for each device what it is, and below
 * it what of its save area is pinned, viewed and mapped, as bars: in a step's column stands what is so after
 * the step. Its heads are HTML beside the drawing, so that they stay where they are while it
 * scrolls.
 */
#include <string.h>

#include "harness/page/html.h"
#include "harness/picture/finding.h"
#include "harness/program/text_words.h"

#define HEAD   46u /* height of the columns' heads */
#define LANE   30u
#define DEVICE 26u
#define ROW    22u
#define GAP    8u
#define TAIL   150u /* behind the last column: room for what is wrong, in words */

/* Most of one look; three lanes beside callers, and four rows of each device. */
#define ROWS_MAX (SUT_ACTORS + 2 + 4 * SUT_DEVICES)

enum row_kind {
    ROW_CALLER,
    ROW_SYSTEM,
    ROW_DEVICE,
    ROW_DOMAIN,
    ROW_PIN,
    ROW_VIEWS
};

struct row {
    enum row_kind kind;
    uint8_t of; /* actor, device */
    unsigned y, height;
};

static struct {
    const struct picture *picture;
    unsigned width; /* of a column */
    unsigned rows;
    unsigned height;
    struct row row[ROWS_MAX];
} timeline;

/* ---- layout ---- */

static void add_row(enum row_kind kind, uint8_t of, unsigned height) {
    struct row *row = &timeline.row[timeline.rows++];
    *row = (struct row){kind, of, timeline.height, height};
    timeline.height += height;
}

static bool is_callers(const struct recording_step *step) {
    return step->kind != STEP_RACE && program_class(step->opcode) != CLASS_BUS;
}

/* Which lanes have anything in them. */
static void lay_out_callers(void) {
    const struct recording *recording = timeline.picture->recording;
    bool actor[SUT_ACTORS] = {false};
    bool system = false;
    for (uint32_t i = 0; i < recording->count; i++) {
        const struct recording_step *step = &recording->step[i];
        if (is_callers(step))
            actor[step->actor % SUT_ACTORS] = true;
        system |= program_class(step->opcode) == CLASS_BUS;
        for (uint32_t k = 0; step->kind == STEP_RACE && k < step->inner_count; k++)
            actor[step->inner[k].actor % SUT_ACTORS] = true;
    }
    if (system)
        add_row(ROW_SYSTEM, 0, LANE);
    for (uint8_t i = 0; i < SUT_ACTORS; i++)
        if (actor[i])
            add_row(ROW_CALLER, i, LANE);
}

static void lay_out_devices(void) {
    const struct recording *recording = timeline.picture->recording;
    for (uint8_t i = 0; i < timeline.picture->program->machine.adapters; i++) {
        bool domain = false, pin = false, views = false;
        for (uint32_t k = 0; k < recording->count; k++) {
            const struct recording_device *device = &recording->step[k].after.device[i];
            bool leads = device->position == 0 && device->present;
            domain |= leads && (device->mapped > 0 || device->seen_mapped > 0 || device->attached);
            pin |= device->pinned > 0 || device->seen_locked != device->locked;
            views |= device->views > 0 || device->seen_viewed != device->viewed;
        }
        timeline.height += GAP;
        add_row(ROW_DEVICE, i, DEVICE);
        if (domain)
            add_row(ROW_DOMAIN, i, ROW);
        if (pin)
            add_row(ROW_PIN, i, ROW);
        if (views)
            add_row(ROW_VIEWS, i, ROW);
    }
}

static void lay_out(const struct picture *picture) {
    uint32_t count = picture->recording->count;
    timeline.picture = picture;
    timeline.width = count <= 3 ? 280 : count <= 5 ? 190 : count <= 8 ? 140 : count <= 12 ? 96 : 76;
    timeline.rows = 0;
    timeline.height = HEAD;
    lay_out_callers();
    lay_out_devices();
    timeline.height += GAP;
}

/* ---- heads ---- */

static void put_head(FILE *to, const struct row *row) {
    static const char *const classes[] = {
        [ROW_CALLER] = "lane", [ROW_SYSTEM] = "lane", [ROW_DEVICE] = "device",
        [ROW_DOMAIN] = "sub",  [ROW_PIN] = "sub",     [ROW_VIEWS] = "sub"};
    fprintf(to, "<div class=\"%s%s\">", classes[row->kind], row->kind == ROW_DEVICE ? " gap" : "");
    switch (row->kind) {
    case ROW_CALLER:
        fprintf(to, "caller %u", row->of);
        break;
    case ROW_SYSTEM:
        fputs("system", to);
        break;
    case ROW_DEVICE:
        fprintf(to, "adapter %u", row->of);
        break;
    case ROW_DOMAIN:
        fputs("domain", to);
        break;
    case ROW_PIN:
        fputs("pinned", to);
        break;
    case ROW_VIEWS:
        fputs("CPU views", to);
        break;
    }
    fputs("</div>", to);
}

static void put_heads(FILE *to) {
    fputs("<div class=\"heads\" aria-hidden=\"true\"><div class=\"corner\">step</div>", to);
    for (unsigned i = 0; i < timeline.rows; i++)
        put_head(to, &timeline.row[i]);
    fputs("</div>\n", to);
}

/* ---- columns ---- */

static unsigned left_of(uint32_t column) {
    return column * timeline.width;
}

static unsigned whole_width(void) {
    return left_of(timeline.picture->recording->count) + TAIL;
}

/* "surprise_remove" in two lines. */
static void put_word(FILE *to, unsigned x, const char *word) {
    const char *cut = strlen(word) > 9 ? strchr(word, '_') : NULL;
    if (!cut) {
        fprintf(to, "<text class=\"word\" x=\"%u\" y=\"36\">%s</text>", x, word);
        return;
    }
    fprintf(
        to,
        "<text class=\"word\" x=\"%u\" y=\"29\">%.*s</text><text class=\"word\" x=\"%u\" y=\"41\">%s</text>",
        x, (int)(cut - word), word, x, cut + 1);
}

static void put_column(FILE *to, uint32_t at) {
    const struct recording_step *step = &timeline.picture->recording->step[at];
    unsigned middle = left_of(at) + timeline.width / 2;
    char number[32];
    bool of_program = step->op < timeline.picture->program->op_count;
    if (of_program && step->pass > 0)
        snprintf(number, sizeof(number), "%u·%u", step->op + 1, step->pass + 1);
    else if (of_program)
        snprintf(number, sizeof(number), "%u", step->op + 1);
    else
        snprintf(number, sizeof(number), "%s: %s", step->op == RUN_BOOT ? "boot" : "end",
                 text_opcodes[step->opcode]);
    fprintf(to, "<text class=\"no\" x=\"%u\" y=\"16\">%s</text>", middle, number);
    if (of_program)
        put_word(to, middle, text_opcodes[step->opcode]);
}

/* The shape that says what came of a step, beside its colour. */
static const char *sign_of(const char *outcome) {
    return strcmp(outcome, "ok") == 0        ? "✓ ok"
           : strcmp(outcome, "refused") == 0 ? "⊘ refused"
           : strcmp(outcome, "short") == 0   ? "△ short"
           : strcmp(outcome, "skipped") == 0 ? "– no call"
           : strcmp(outcome, "died") == 0    ? "✖ died"
                                             : "✖ broken";
}

static void put_block(FILE *to, const struct row *row, uint32_t at, const char *outcome, const char *text) {
    unsigned x = left_of(at);
    fprintf(to, "<g class=\"op %s\"><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"5\"/>", outcome,
            x + 4, row->y + 3, timeline.width - 8, row->height - 6);
    fprintf(to, "<text x=\"%u\" y=\"%u\">%s</text></g>", x + timeline.width / 2, row->y + row->height / 2 + 4,
            text);
}

/* "✖ A: unpin → success": a race may be at odds with the contract, and each of its calls right. */
static bool name_racer(const struct recording_step *step, uint8_t actor, const char *outcome, char *text,
                       size_t size) {
    const struct recording_race *race = &timeline.picture->recording->race;
    const struct recording_call *call = NULL;
    unsigned calls = 0;
    char status[64], side[8] = "";
    for (uint32_t k = 0; k < step->inner_count; k++)
        if (step->inner[k].actor == actor) {
            call = &step->inner[k];
            calls++;
        }
    for (unsigned i = 0; i < 2 && picture_is_pair(timeline.picture); i++)
        if (race->access[i].actor == actor)
            snprintf(side, sizeof(side), "%c: ", 'A' + (char)i);
    const char *sign = strcmp(outcome, "ok") == 0 ? "⇄ " : "✖ ";
    if (calls > 1 || timeline.width < 140)
        snprintf(text, size, "%s%s%u %s", sign, side, calls, calls == 1 ? "call" : "calls");
    else if (calls == 1)
        snprintf(text, size, "%s%s%s%s%s", sign, side, text_opcodes[call->opcode],
                 call->returned ? " → " : "",
                 call->returned ? picture_status(call->status, status, sizeof(status)) : "");
    return calls > 0;
}

static void put_calls(FILE *to, const struct row *row) {
    const struct recording *recording = timeline.picture->recording;
    for (uint32_t i = 0; i < recording->count; i++) {
        const struct recording_step *step = &recording->step[i];
        const char *outcome = picture_outcome(timeline.picture, i);
        if (step->kind == STEP_RACE) {
            char text[160];
            if (row->kind == ROW_CALLER && name_racer(step, row->of, outcome, text, sizeof(text)))
                put_block(to, row, i, outcome, text);
        } else if (is_callers(step) ? row->kind == ROW_CALLER && step->actor == row->of
                                    : row->kind == ROW_SYSTEM) {
            put_block(to, row, i, outcome, sign_of(outcome));
        }
    }
}

/* ---- bars ---- */

struct bar {
    const char *tone; /* a class of styles; NULL: there is none */
    char text[96];
};

static void bar_of_device(const struct recording_device *device, struct bar *bar) {
    char text[80];
    if (!device->present)
        return;
    bool wrong = device->asked_domain && device->seen_attached != device->attached;
    bar->tone = wrong                              ? "wrong"
                : device->gone || device->in_reset ? "gone"
                : device->phase != PHASE_STARTED   ? "off"
                : device->d3                       ? "asleep"
                                                   : "on";
    snprintf(bar->text, sizeof(bar->text), "%s%s", picture_device(device, text, sizeof(text)),
             !wrong             ? ""
             : device->attached ? "; seen not attached"
                                : "; seen attached");
}

/* Which bar a page belongs to that is wrong: a pin where it is locked or not, or has other contents; a domain
 * where a GPU gets somewhere, or does not. */
static enum row_kind row_of(const struct recording_page *page) {
    return page->beside || page->reached != page->reachable ? ROW_DOMAIN : ROW_PIN;
}

/* What was wrong with a page of the device's chain when the finding was made; "": nothing. */
static const char *wrong_page(enum row_kind kind, uint8_t device) {
    const struct recording *recording = timeline.picture->recording;
    const struct recording_device *all = recording->step[recording->broken].after.device;
    for (uint32_t i = 0; i < recording->page_count; i++) {
        const struct recording_page *page = &recording->page[i];
        if (!page->wrong || row_of(page) != kind || all[page->device].chain != all[device].chain)
            continue;
        return page->beside                      ? ", and 1 more that no pin covers"
               : page->reached && page->ended    ? ", still reached"
               : page->reached < page->reachable ? ", a page not reached"
               : page->locked != page->pinned    ? page->locked ? ", still locked" : ", a page not locked"
                                                 : ", a wrong page";
    }
    return "";
}

/* The ledger counts for all adapters together: where there is one, what it counts wrong is that one's. */
static const char *wrong_count(enum row_kind kind) {
    const struct recording *recording = timeline.picture->recording;
    const struct recording_state *state = &recording->step[recording->broken].after;
    const struct sut_ledger *wanted = &state->wanted, *found = &state->found;
    if (!state->counted || timeline.picture->program->machine.adapters > 1)
        return "";
    if (kind == ROW_VIEWS && (wanted->views != found->views || wanted->view_bytes != found->view_bytes))
        return ", miscounted";
    if (kind == ROW_PIN && (wanted->pins != found->pins || wanted->locked_pages != found->locked_pages))
        return ", miscounted";
    return "";
}

static void mark_wrong(const struct row *row, struct bar *bar) {
    const char *wrong = row->kind == ROW_DOMAIN || row->kind == ROW_PIN ? wrong_page(row->kind, row->of) : "";
    wrong = wrong[0] ? wrong : wrong_count(row->kind);
    if (!wrong[0] || !bar->tone || strcmp(bar->tone, "wrong") == 0)
        return;
    char text[sizeof(bar->text)];
    const char *is =
        strcmp(bar->text, "attached, empty") == 0 ? "empty" : bar->text; /* the shorter, the better */
    snprintf(text, sizeof(text), "✖ %.40s%s", is, wrong);
    memcpy(bar->text, text, sizeof(text));
    bar->tone = "wrong";
}

static void bar_of_domain(const struct recording_device *device, struct bar *bar) {
    bool wrong = device->asked_mapped && device->seen_mapped != device->mapped;
    if (!device->present || device->position > 0 || device->phase != PHASE_STARTED ||
        (device->mapped == 0 && !wrong && !device->attached))
        return;
    bar->tone = wrong ? "wrong" : device->mapped > 0 ? "domain" : "domain empty";
    if (!wrong && device->mapped == 0)
        snprintf(bar->text, sizeof(bar->text), "attached, empty");
    else if (wrong)
        snprintf(bar->text, sizeof(bar->text), "✖ %llu %s, not %llu", (unsigned long long)device->seen_mapped,
                 device->seen_mapped == 1 ? "page" : "pages", (unsigned long long)device->mapped);
    else
        snprintf(bar->text, sizeof(bar->text), "%llu %s", (unsigned long long)device->mapped,
                 device->mapped == 1 ? "page" : "pages");
}

static void bar_of_pin(const struct recording_device *device, struct bar *bar) {
    bool wrong = device->seen_locked != device->locked;
    if (!device->pinned && !wrong)
        return;
    bar->tone = wrong ? "wrong" : "pin";
    if (wrong)
        snprintf(bar->text, sizeof(bar->text), "✖ %u locked, not %u", device->seen_locked, device->locked);
    else
        picture_pin(device, bar->text, sizeof(bar->text));
}

static void bar_of_views(const struct recording_device *device, struct bar *bar) {
    bool wrong = device->seen_viewed != device->viewed;
    char size[32];
    if (!device->views && !wrong)
        return;
    bar->tone = wrong ? "wrong" : "view";
    if (wrong)
        snprintf(bar->text, sizeof(bar->text), "✖ %u pages in views, not %u", device->seen_viewed,
                 device->viewed);
    else if (device->views == 1)
        snprintf(bar->text, sizeof(bar->text), "%s", picture_size(device->view[0].size, size, sizeof(size)));
    else
        snprintf(bar->text, sizeof(bar->text), "%u views", device->views);
}

static struct bar bar_of(const struct row *row, const struct recording_device *device) {
    struct bar bar = {NULL, ""};
    switch (row->kind) {
    case ROW_DEVICE:
        bar_of_device(device, &bar);
        break;
    case ROW_DOMAIN:
        bar_of_domain(device, &bar);
        break;
    case ROW_PIN:
        bar_of_pin(device, &bar);
        break;
    case ROW_VIEWS:
        bar_of_views(device, &bar);
        break;
    case ROW_CALLER:
    case ROW_SYSTEM:
        break;
    }
    return bar;
}

/* Characters that fit, of some 6.6 pixels each; a longer text ends in an ellipsis, and is whole in the
 * tooltip. */
static void put_fitting(FILE *to, const char *text, unsigned width) {
    size_t fit = (size_t)(width * 10 / 66), bytes = 0, characters = 0;
    for (; text[bytes]; bytes++)
        characters += (text[bytes] & 0xc0) != 0x80;
    if (characters <= fit) {
        html_text(to, text);
        return;
    }
    size_t end = 0;
    for (size_t seen = 0; text[end]; end++)
        if ((text[end] & 0xc0) != 0x80 && ++seen >= (fit > 1 ? fit : 2))
            break;
    html_text_of(to, text, end);
    fputs("…", to);
}

/* A long bar says what it is again and again, so that it can be read wherever the drawing was scrolled to. */
#define SAID_EVERY 12u

static void put_bar(FILE *to, const struct row *row, const struct bar *bar, uint32_t first, uint32_t end) {
    unsigned x = left_of(first) + 2;
    unsigned width = left_of(end) - 2 - x;
    /* The last words may go on behind the last column. */
    unsigned room = end == timeline.picture->recording->count ? width + TAIL : width;
    fprintf(to, "<g class=\"bar-of %s\"><title>", bar->tone);
    html_text(to, bar->text);
    fprintf(to, "</title><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"3\"/>", x, row->y + 2, width,
            row->height - 4);
    for (uint32_t at = 0; at == 0 || at + SAID_EVERY / 2 < end - first; at += SAID_EVERY) {
        fprintf(to, "<text x=\"%u\" y=\"%u\">", x + 6 + at * timeline.width, row->y + row->height / 2 + 4);
        put_fitting(to, bar->text, room - at * timeline.width - 8);
        fputs("</text>", to);
    }
    fputs("</g>\n", to);
}

/* Where the process died there is no state after the step. */
static uint32_t known_states(void) {
    const struct recording *recording = timeline.picture->recording;
    return timeline.picture->died && recording->count > 0 ? recording->count - 1 : recording->count;
}

static void put_bars(FILE *to, const struct row *row) {
    const struct recording *recording = timeline.picture->recording;
    uint32_t states = known_states();
    uint32_t first = 0;
    struct bar bar = {NULL, ""};
    for (uint32_t i = 0; i <= states; i++) {
        struct bar next = {NULL, ""};
        if (i < states)
            next = bar_of(row, &recording->step[i].after.device[row->of]);
        if (i < states && i == recording->broken)
            mark_wrong(row, &next);
        if (i < states && (!next.tone) == (!bar.tone) &&
            (!next.tone || (strcmp(next.tone, bar.tone) == 0 && strcmp(next.text, bar.text) == 0)))
            continue;
        if (bar.tone)
            put_bar(to, row, &bar, first, i);
        bar = next;
        first = i;
    }
}

/* ---- the drawing ---- */

static void put_ground(FILE *to) {
    const struct recording *recording = timeline.picture->recording;
    unsigned width = left_of(recording->count);
    for (unsigned i = 0; i < timeline.rows; i++) {
        const struct row *row = &timeline.row[i];
        if (row->kind == ROW_DEVICE)
            fprintf(to, "<path class=\"rule\" d=\"M0 %u.5h%u\"/>", row->y - GAP / 2, width);
    }
    if (timeline.picture->found && recording->broken < recording->count)
        fprintf(to, "<rect class=\"broken-column\" x=\"%u\" y=\"0\" width=\"%u\" height=\"%u\"/>",
                left_of(recording->broken), timeline.width, timeline.height);
    fprintf(to,
            "<rect id=\"cursor\" class=\"cursor\" x=\"0\" y=\"1\" width=\"%u\" height=\"%u\" rx=\"6\"/>\n",
            timeline.width, timeline.height - 2);
}

static void put_drawing(FILE *to) {
    const struct picture *picture = timeline.picture;
    const struct recording *recording = picture->recording;
    unsigned width = whole_width();
    fprintf(to,
            "<svg id=\"drawing\" role=\"img\" aria-labelledby=\"timeline-says\" width=\"%u\" height=\"%u\" "
            "viewBox=\"0 0 %u "
            "%u\" data-column=\"%u\">",
            width, timeline.height, width, timeline.height, timeline.width);
    fprintf(to,
            "<title id=\"timeline-says\">%u steps from left to right; what each led to is in the table "
            "below</title>\n",
            recording->count);
    fputs("<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
          "patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0v6\"/></pattern></defs>",
          to);
    put_ground(to);
    for (uint32_t i = 0; i < recording->count; i++)
        put_column(to, i);
    fputc('\n', to);
    for (unsigned i = 0; i < timeline.rows; i++)
        if (timeline.row[i].kind == ROW_CALLER || timeline.row[i].kind == ROW_SYSTEM)
            put_calls(to, &timeline.row[i]);
        else
            put_bars(to, &timeline.row[i]);
    fputs("</svg>", to);
}

static void put_legend(FILE *to) {
    fputs("<ul class=\"legend\" aria-label=\"Signs\"><li>Bars: what is so after the step</li><li>✓ as it "
          "should be</li><li>⊘ refused, as it had to "
          "be</li>"
          "<li>△ failed for a shortage, as it may</li><li>– nothing to call</li><li class=\"bad\">✖ the "
          "finding</li></ul>\n",
          to);
}

void picture_timeline(const struct picture *picture) {
    FILE *to = picture->to;
    lay_out(picture);
    fputs("<div class=\"timeline\" id=\"timeline\" role=\"region\" aria-label=\"Timeline\" tabindex=\"0\">",
          to);
    put_heads(to);
    put_drawing(to);
    fputs("</div>\n", to);
    put_legend(to);
}
