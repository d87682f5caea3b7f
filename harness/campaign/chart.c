/*
 * Draws line charts. Names stand at the ends of lines, moved apart where they would overlap; a line has a
 * dash pattern of its own beside its colour.
 */
#include "harness/campaign/chart.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/page/html.h"

/* In the units of the picture; a page scales it, to 400 units on a telephone. */
#define WIDTH  600.0
#define HEIGHT 240.0
#define LEFT   58.0
#define TOP    12.0
#define BOTTOM 30.0
/* On the right stand names, of letters that are so wide and 14 high, behind a piece of the line. They and
 * what a line has come to take at most RIGHT_MOST, which is 7.4 * (25 + 13) + 38; longer names are cut. */
#define LETTER     7.4
#define BEHIND     38.0
#define LAST       13u /* letters of " 8195 (+8195)" */
#define NAME_MOST  25u
#define RIGHT_MOST 320.0
/* Two names are this far apart at least. */
#define LINE_HEIGHT 16.0
/* A point for each two units is more than anybody sees; 196 points of some 12 bytes are 2.4 KB a line. */
#define BUCKET 2.0
#define TICKS  5.0
/* Turns of targets that are nearer to each other than this part of the time are one. */
#define TURNS 25.0

/* ---- numbers ---- */

/* Of the C library's mathematics only constants are used: it is in a library of its own in places. */
static double least_of(double a, double b) {
    return a < b ? a : b;
}

static double most_of(double a, double b) {
    return a > b ? a : b;
}

/* The whole number at or below a value from 0 to 10^18. */
static double whole(double value) {
    return (double)(unsigned long long)value;
}

void chart_number(double value, char *text, size_t size) {
    static const struct {
        double unit;
        const char *letter;
    } units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (value >= units[i].unit * (i == 3 ? 10 : 1)) {
            double shown = value / units[i].unit;
            snprintf(text, size, "%.*f%s", shown < 10 ? 2 : shown < 100 ? 1 : 0, shown, units[i].letter);
            return;
        }
    }
    snprintf(text, size, "%.*f", value <= whole(value) || value >= 100 ? 0 : 1, value);
}

void chart_time(double seconds, char *text, size_t size) {
    seconds = most_of(seconds, 0);
    unsigned long all = (unsigned long)(seconds + 0.5);
    if (seconds < 10 && seconds > whole(seconds))
        snprintf(text, size, "%.1f s", seconds);
    else if (all < 120)
        snprintf(text, size, "%lu s", all);
    else if (all < 7200)
        snprintf(text, size, all % 60 ? "%lu min %02lu s" : "%lu min", all / 60, all % 60);
    else
        snprintf(text, size, all % 3600 ? "%lu h %02lu min" : "%lu h", all / 3600, all % 3600 / 60);
}

/* ---- axes ---- */

struct axis {
    double from, to, step;
    double right; /* of times: where they end */
};

/* The least of 1, 2 and 5 times a power of ten, from 1 on, that gives no more ticks than wanted. */
static double nice_step(double range) {
    double ten = 1;
    while (range / (5 * ten) > TICKS)
        ten *= 10;
    return range / ten <= TICKS ? ten : range / (2 * ten) <= TICKS ? 2 * ten : 5 * ten;
}

static struct axis value_axis(const struct chart *chart) {
    double least = INFINITY, most = -INFINITY;
    for (unsigned i = 0; i < chart->line_count; i++) {
        for (size_t k = 0; k < chart->lines[i].count; k++) {
            least = least_of(least, chart->lines[i].points[k].value);
            most = most_of(most, chart->lines[i].points[k].value);
        }
    }
    if (!isnan(chart->top))
        most = most_of(most, chart->top);
    if (least > most)
        least = most = 0;
    if (chart->from_zero)
        least = 0;
    if (most - least < 1)
        most = least + 1;
    double step = nice_step(most - least), from = whole(least / step) * step;
    double to = from;
    while (to < most)
        to += step;
    return (struct axis){from, to, step, 0};
}

static struct axis time_axis(double end, double right) {
    static const double steps[] = {1,   2,    5,    10,   15,   30,    60,    120,   300,
                                   600, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400};
    double to = end > 1 ? end : 1, step = 0;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && (step <= 0 || to / step > TICKS); i++)
        step = steps[i];
    while (to / step > TICKS)
        step *= 2;
    return (struct axis){0, to, step, right};
}

static double x_of(const struct axis *axis, double seconds) {
    return LEFT + (axis->right - LEFT) * (seconds - axis->from) / (axis->to - axis->from);
}

static double y_of(const struct axis *axis, double value) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - axis->from) / (axis->to - axis->from);
}

static void put_axes(FILE *to, const struct chart *chart, const struct axis *time, const struct axis *value) {
    char text[CHART_TEXT];
    fputs("<g class=\"axis\">", to);
    for (double at = value->from; at <= value->to + value->step / 2; at += value->step) {
        double y = y_of(value, at);
        chart_number(at, text, sizeof(text));
        fprintf(to, "<path d=\"M%g %.1fH%g\"/><text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%s%s</text>",
                LEFT, y, time->right, LEFT - 6, y + 4, text, chart->unit);
    }
    for (double at = 0; at <= time->to; at += time->step) {
        double x = x_of(time, at);
        chart_time(at, text, sizeof(text));
        fprintf(to, "<path d=\"M%.1f %gv5\"/><text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%s</text>", x,
                HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 18, text);
    }
    fputs("</g>\n", to);
}

/* ---- lines ---- */

static void put_style(FILE *to, const struct chart_line *line) {
    unsigned colour = line->colour == CHART_TOGETHER ? CHART_TOGETHER : line->colour % CHART_STYLES;
    fprintf(to, "colour%u dash%u", colour, line->dash % CHART_STYLES);
}

/* Of points that would be drawn beside each other only the last. */
static void put_line(FILE *to, const struct chart *chart, const struct chart_line *line,
                     const struct axis *time, const struct axis *value) {
    double last_x = x_of(time, line->points[0].seconds);
    fputs("<path class=\"line ", to);
    put_style(to, line);
    fprintf(to, "\" d=\"M%.1f %.1f", last_x, y_of(value, line->points[0].value));
    for (size_t i = 1; i < line->count; i++) {
        if (i + 1 < line->count && x_of(time, line->points[i + 1].seconds) - last_x < BUCKET)
            continue;
        last_x = x_of(time, line->points[i].seconds);
        fprintf(to, chart->steps ? "H%.1fV%.1f" : "L%.1f %.1f", last_x, y_of(value, line->points[i].value));
    }
    if (line->count == 1)
        fputs("h0", to); /* a dot */
    fputs("\"/>", to);
}

struct label {
    const struct chart_line *line;
    double x, y; /* where the line ends */
    double at;   /* where its name stands */
    char last[2 * CHART_TEXT + 16];
};

static int by_height(const void *a, const void *b) {
    double d = ((const struct label *)a)->y - ((const struct label *)b)->y;
    return d > 0 ? 1 : d < 0 ? -1 : 0;
}

/* Downwards past each other, and then up again as far as the lowest hangs over. Where there are more than
 * fit, they come closer. */
static void move_apart(struct label *labels, unsigned count) {
    double height = least_of(LINE_HEIGHT, (HEIGHT - TOP - BOTTOM) / (count + 1));
    double free_from = TOP;
    for (unsigned i = 0; i < count; i++) {
        labels[i].at = most_of(labels[i].y, free_from);
        free_from = labels[i].at + height;
    }
    double free_to = HEIGHT - BOTTOM;
    for (unsigned i = count; i-- > 0;) {
        labels[i].at = least_of(labels[i].at, free_to);
        free_to = labels[i].at - height;
    }
}

/* "735", or how far it came: "735 (+37)". */
static void name_last(const struct chart *chart, const struct chart_line *line, char *last, size_t size) {
    char text[CHART_TEXT], more[CHART_TEXT];
    double from = line->points[0].value, to = line->points[line->count - 1].value;
    chart_number(to, text, sizeof(text));
    chart_number(to > from ? to - from : 0, more, sizeof(more));
    snprintf(last, size, !chart->from_zero && to > from ? "%s%s (+%s)" : "%s%s", text, chart->unit, more);
}

/* Bytes of a name that are shown; no character is cut in the middle. */
static size_t name_length(const char *name) {
    size_t length = strlen(name);
    if (length > NAME_MOST)
        for (length = NAME_MOST - 1; length > 0 && (name[length] & 0xc0) == 0x80;)
            length--;
    return length;
}

static void put_labels(FILE *to, struct label *labels, unsigned count, double right) {
    qsort(labels, count, sizeof(*labels), by_height);
    move_apart(labels, count);
    for (unsigned i = 0; i < count; i++) {
        const struct label *it = &labels[i];
        fputs("<path class=\"leader\" d=\"", to);
        fprintf(to, "M%.1f %.1fH%.1fL%.1f %.1f\"/><path class=\"line ", it->x, it->y, right, right + 8,
                it->at);
        put_style(to, it->line);
        fprintf(to, "\" d=\"M%.1f %.1fh18\"/>", right + 8, it->at);
        fprintf(to, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">", right + BEHIND - 8, it->at + 4);
        size_t length = name_length(it->line->name);
        html_text_of(to, it->line->name, length);
        fputs(it->line->name[length] ? "…" : "", to);
        fprintf(to, " <tspan class=\"last\">%s</tspan></text>\n", it->last);
    }
}

static void put_top(FILE *to, const struct chart *chart, const struct axis *value, double right) {
    if (isnan(chart->top))
        return;
    double y = y_of(value, chart->top);
    fprintf(to, "<path class=\"top\" d=\"M%g %.1fH%g\"/><text class=\"topname\" x=\"%g\" y=\"%.1f\">", LEFT,
            y, right, LEFT + 6, y - 4 < TOP ? y + 13 : y - 4);
    html_text(to, chart->top_name);
    fputs("</text>\n", to);
}

/* What the picture shows, for those who do not see it. */
static void put_words(FILE *to, const struct chart *chart) {
    char text[CHART_TEXT];
    chart_time(chart->end, text, sizeof(text));
    fprintf(to, "aria-label=\"%s, over %s: ", chart->title, text);
    for (unsigned i = 0; i < chart->line_count; i++) {
        const struct chart_line *line = &chart->lines[i];
        html_text(to, line->name);
        chart_number(line->points[0].value, text, sizeof(text));
        fprintf(to, " from %s%s to ", text, chart->unit);
        chart_number(line->points[line->count - 1].value, text, sizeof(text));
        fprintf(to, "%s%s%s", text, chart->unit, i + 1 < chart->line_count ? "; " : "");
    }
    fputs("\"", to);
}

/* Where lines end, so that the longest name has room and what it has come to: the same in all charts. */
static double name_all(const struct chart *chart, struct label *labels) {
    size_t longest = 0;
    for (unsigned i = 0; i < chart->line_count; i++) {
        labels[i].line = &chart->lines[i];
        name_last(chart, labels[i].line, labels[i].last, sizeof(labels[i].last));
        size_t length = name_length(labels[i].line->name);
        longest = length > longest ? length : longest;
    }
    return most_of(WIDTH - BEHIND - LETTER * (double)(longest + LAST), WIDTH - RIGHT_MOST);
}

/* Where a line begins in the middle, another target's turn does: once for those that begin together. */
static void put_turns(FILE *to, const struct chart *chart, const struct axis *time) {
    double apart = (time->to - time->from) / TURNS, last = apart;
    for (unsigned i = 0; i < chart->line_count; i++) {
        double begins = chart->lines[i].points[0].seconds;
        bool known = begins < last + apart; /* targets are in the order of their turns */
        if (!known) {
            last = begins;
            fprintf(to, "<path class=\"turn\" d=\"M%.1f %gV%g\"/>", x_of(time, begins), TOP, HEIGHT - BOTTOM);
        }
    }
}

static void put_picture(FILE *to, const struct chart *chart, struct label *labels) {
    struct axis time = time_axis(chart->end, name_all(chart, labels)), value = value_axis(chart);
    put_axes(to, chart, &time, &value);
    put_turns(to, chart, &time);
    put_top(to, chart, &value, time.right);
    for (unsigned i = 0; i < chart->line_count; i++) {
        const struct record_point *last = &labels[i].line->points[labels[i].line->count - 1];
        put_line(to, chart, labels[i].line, &time, &value);
        labels[i].x = x_of(&time, last->seconds);
        labels[i].y = y_of(&value, last->value);
    }
    put_labels(to, labels, chart->line_count, time.right);
}

void chart_put(FILE *to, const struct chart *chart) {
    struct label *labels = calloc(chart->line_count + 1, sizeof(*labels));
    fprintf(to, "<figure class=\"chart\"><figcaption><strong>%s</strong> ", chart->title);
    fprintf(to, "<span class=\"dim\">%s</span></figcaption>\n", chart->says);
    fprintf(to, "<svg viewBox=\"0 0 %g %g\" role=\"img\" ", WIDTH, HEIGHT);
    put_words(to, chart);
    fputs(">\n", to);
    if (labels)
        put_picture(to, chart, labels);
    fputs("</svg></figure>\n", to);
    free(labels);
}
