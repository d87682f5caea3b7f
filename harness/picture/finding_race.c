/*
 * A race: a lane for each actor along the points of the schedule, filled while it runs; below, which locks it
 * has or waits for; the places where the processor changed hands, and the two accesses that collided.
 */
#include <string.h>

#include "harness/page/html.h"
#include "harness/picture/finding.h"

#define LANE_TOP    22u /* of running */
#define LOCK_HEIGHT 18u
#define LOCK_LEVELS 3u
#define LOCK_LEAST  12u /* width: of its number */
#define LANE        (LANE_TOP + LOCK_LEVELS * LOCK_HEIGHT + 22u)
#define TOP         26u
#define WIDTH_LEAST 800u
#define WIDTH_MOST  6000u
#define MARGIN      110u /* behind the last point: of what is waited for in vain */

static struct {
    const struct picture *picture;
    const struct recording_race *race;
    const struct recording_step *step;
    uint32_t events;
    unsigned width;
    unsigned lanes;
    unsigned lane[SUT_ACTORS]; /* of an actor; UINT_MAX: none */
} drawing;

/* ---- layout ---- */

static unsigned x_of(uint32_t point) {
    uint32_t points = drawing.race->points > 0 ? drawing.race->points : 1;
    return (unsigned)((uint64_t)(point < points ? point : points) * (drawing.width - 16) / points) + 8;
}

static unsigned y_of(unsigned actor) {
    return TOP + drawing.lane[actor % SUT_ACTORS] * LANE;
}

static void lay_out(const struct picture *picture) {
    const struct recording_race *race = &picture->recording->race;
    drawing.picture = picture;
    drawing.race = race;
    drawing.step = &picture->recording->step[race->step];
    drawing.events = race->event_count < RECORDING_EVENTS ? race->event_count : RECORDING_EVENTS;
    unsigned wanted = race->points * 5;
    drawing.width = wanted < WIDTH_LEAST ? WIDTH_LEAST : wanted > WIDTH_MOST ? WIDTH_MOST : wanted;
    drawing.lanes = 0;
    for (uint8_t actor = 0; actor < SUT_ACTORS; actor++) {
        bool takes_part = false;
        for (uint32_t i = 0; i < drawing.step->inner_count; i++)
            takes_part |= drawing.step->inner[i].actor == actor;
        drawing.lane[actor] = takes_part ? drawing.lanes++ : UINT32_MAX;
    }
}

/* ---- who runs ---- */

static const char *call_text(uint8_t call, char *text, size_t size) {
    text[0] = 0;
    if (call < drawing.step->inner_count)
        picture_racer(drawing.picture, &drawing.step->inner[call], text, size);
    return text;
}

/* " → success", where the call returns before another caller runs. */
static void put_came(const struct recording_event *runs, uint32_t end, char *text, size_t size) {
    char status[64];
    text[0] = 0;
    if (runs->call >= drawing.step->inner_count)
        return;
    const struct recording_call *call = &drawing.step->inner[runs->call];
    if (call->returned && call->ends <= end)
        snprintf(text, size, " → %s", picture_status(call->status, status, sizeof(status)));
}

static void put_segment(FILE *to, uint32_t event, uint32_t end) {
    const struct recording_event *runs = &drawing.race->event[event];
    unsigned x = x_of(runs->point), width = x_of(end) - x;
    char text[PICTURE_TEXT], came[96];
    call_text(runs->call, text, sizeof(text));
    size_t word = strcspn(text, " ,");
    put_came(runs, end, came, sizeof(came));
    fprintf(to, "<g class=\"run\"><title>caller %u runs from point %u to %u: ", runs->actor, runs->point,
            end);
    html_text(to, text);
    fprintf(to, "</title><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"3\"/>", x, y_of(runs->actor),
            width > 1 ? width : 1, LANE_TOP);
    if (width < (word + strlen(came)) * 7 + 24) /* and the mark of an access at its end */
        came[0] = 0;
    if (width > word * 8 + 8)
        fprintf(to, "<text x=\"%u\" y=\"%u\">%.*s%s</text>", x + 5, y_of(runs->actor) + 15, (int)word, text,
                came);
    fputs("</g>\n", to);
}

static void put_runs(FILE *to) {
    for (uint32_t i = 0; i < drawing.events; i++) {
        uint32_t end = drawing.race->points;
        if (drawing.race->event[i].kind != EVENT_RUNS)
            continue;
        for (uint32_t k = i + 1; k < drawing.events; k++)
            if (drawing.race->event[k].kind == EVENT_RUNS) {
                end = drawing.race->event[k].point;
                break;
            }
        put_segment(to, i, end);
    }
}

/* ---- locks ---- */

/* Their numbers, for boxes that have no room for a name: in the order in which they are first asked for. */
#define LOCK_NAMES 16u
static struct {
    unsigned count;
    const char *name[LOCK_NAMES];
} locks;

static unsigned number_lock(const char *name) {
    unsigned i = 0;
    while (i < locks.count && strcmp(locks.name[i], name) != 0)
        i++;
    if (i == locks.count && i < LOCK_NAMES)
        locks.name[locks.count++] = name;
    return i + 1;
}

static void put_lock_legend(FILE *to) {
    fputs(
        "<ul class=\"legend\" aria-label=\"Locks\"><li>Below a caller the locks that it holds, or waits for "
        "(dashed). Boxes too small for a name have its number:</li>",
        to);
    for (unsigned i = 0; i < locks.count; i++) {
        fprintf(to, "<li>%u = ", i + 1);
        html_text(to, locks.name[i]);
        fputs("</li>", to);
    }
    fputs("</ul>\n", to);
}

/* ---- where accesses are ---- */

/* Whole inside the run in which the caller makes it, or as near as there is room: not on the line of a
 * switch. */
static unsigned x_of_access(const struct recording_access *access) {
    unsigned x = x_of(access->point), nearest = x, distance = UINT32_MAX;
    for (uint32_t i = 0; i < drawing.events; i++) {
        const struct recording_event *runs = &drawing.race->event[i];
        uint32_t end = drawing.race->points;
        if (runs->kind != EVENT_RUNS || runs->actor != access->actor)
            continue;
        for (uint32_t k = i + 1; k < drawing.events && end == drawing.race->points; k++)
            end = drawing.race->event[k].kind == EVENT_RUNS ? drawing.race->event[k].point : end;
        unsigned from = x_of(runs->point), to = x_of(end), edge = to - from > 24 ? 12 : (to - from) / 2;
        unsigned inside = x < from + edge ? from + edge : x > to - edge ? to - edge : x;
        unsigned away = inside > x ? inside - x : x - inside;
        nearest = away < distance ? inside : nearest;
        distance = away < distance ? away : distance;
    }
    return nearest;
}

/* The width of a lock that is given back before an access of its holder: it ends in sight before the mark. */
static unsigned clear_of_accesses(unsigned actor, unsigned x, unsigned width, uint32_t end) {
    for (unsigned i = 0; i < 2 && drawing.race->conflict; i++) {
        const struct recording_access *access = &drawing.race->access[i];
        unsigned mark = x_of_access(access);
        if (access->actor == actor && access->point >= end && x + width + 14 > mark &&
            mark > x + LOCK_LEAST + 14)
            width = mark - 14 - x;
    }
    return width;
}

/* ---- locks ---- */

static void put_lock(FILE *to, const char *kind, unsigned actor, unsigned level, const char *name,
                     uint32_t from, uint32_t end) {
    unsigned x = x_of(from), width = x_of(end) - x;
    unsigned y = y_of(actor) + LANE_TOP + 3 + (level < LOCK_LEVELS ? level : LOCK_LEVELS - 1) * LOCK_HEIGHT;
    unsigned number = number_lock(name);
    width = clear_of_accesses(actor, x, width > LOCK_LEAST ? width : LOCK_LEAST, end);
    if (strcmp(kind, "waits") == 0 && end == drawing.race->points) /* for ever */
        width = drawing.width + MARGIN - 4 - x;
    fprintf(to, "<g class=\"lock %s\"><title>caller %u %s '", kind, actor,
            strcmp(kind, "held") == 0 ? "holds" : "waits for");
    html_text(to, name);
    fprintf(to, "', points %u to %u</title><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"2\"/>",
            from, end, x, y, width, LOCK_HEIGHT - 3);
    bool waits = strcmp(kind, "held") != 0;
    if (width > (strlen(name) + (waits ? 6 : 0)) * 7 + 6) {
        fprintf(to, "<text x=\"%u\" y=\"%u\">%s", x + 4, y + 11, waits ? "waits: " : "");
        html_text(to, name);
        fputs("</text>", to);
    } else {
        fprintf(to, "<text class=\"few\" x=\"%u\" y=\"%u\">%u</text>", x + width / 2, y + 11, number);
    }
    fputs("</g>\n", to);
}

/* Where what began at this event ends: a wish when the lock is got, a lock when it is given back. */
static uint32_t end_of(uint32_t at) {
    const struct recording_event *event = drawing.race->event;
    for (uint32_t i = at + 1; i < drawing.events; i++)
        if (event[i].actor == event[at].actor && event[i].which == event[at].which &&
            event[i].kind == (event[at].kind == EVENT_WANTS ? EVENT_HAS : EVENT_RELEASES))
            return event[i].point;
    return drawing.race->points;
}

static bool is_got(uint32_t wish) {
    const struct recording_event *event = drawing.race->event;
    for (uint32_t i = wish + 1; i < drawing.events; i++)
        if (event[i].actor == event[wish].actor && event[i].which == event[wish].which &&
            event[i].kind == EVENT_HAS)
            return true;
    return false;
}

/* Each on the first level that is free then: locks are not always given back in the order in which they were
 * taken. */
static void put_locks(FILE *to) {
    uint32_t taken[SUT_ACTORS][LOCK_LEVELS] = {{0}}; /* until this point */
    for (uint32_t i = 0; i < drawing.events; i++) {
        const struct recording_event *event = &drawing.race->event[i];
        unsigned actor = event->actor % SUT_ACTORS, level = 0;
        uint32_t end = end_of(i);
        while (level + 1 < LOCK_LEVELS && taken[actor][level] > event->point)
            level++;
        if (event->kind == EVENT_HAS) {
            put_lock(to, "held", actor, level, event->lock, event->point, end);
            taken[actor][level] = end;
        } else if (event->kind == EVENT_WANTS && (end > event->point + 1 || !is_got(i))) {
            put_lock(to, "waits", actor, level, event->lock, event->point, end);
        }
    }
}

/* ---- switches, accesses ---- */

static void put_switches(FILE *to) {
    for (uint32_t i = 0; i < drawing.race->switch_count; i++) {
        const struct recording_switch *at = &drawing.race->switches[i];
        unsigned x = x_of(at->point);
        fprintf(to, "<g class=\"%s\"><title>%u: caller %u to caller %u, ",
                at->planned ? "switch" : "switch had", i + 1, at->from, at->to);
        html_text(to, at->what);
        fprintf(to, "</title><path d=\"M%u %uV%u\"/><text x=\"%u\" y=\"14\">%u</text></g>\n", x, 18u,
                TOP + drawing.lanes * LANE - 8, x, i + 1);
    }
}

static void put_access_mark(FILE *to, unsigned i) {
    const struct recording_access *access = &drawing.race->access[i];
    unsigned x = x_of_access(access), y = y_of(access->actor) + LANE_TOP / 2;
    fprintf(to, "<g class=\"access\"><title>%s by caller %u at ", access->write ? "write" : "read",
            access->actor);
    html_text(to, access->place);
    fprintf(to, "</title><path d=\"M%u %ul10 10l-10 10l-10 -10z\"/><text x=\"%u\" y=\"%u\">%c</text></g>\n",
            x, y - 10, x, y + 4, 'A' + (char)i);
}

static void put_access(FILE *to, unsigned i) {
    const struct recording_access *access = &drawing.race->access[i];
    fprintf(to, "<div class=\"access-card\"><h3>%c: caller %u %s %u %s</h3><p class=\"mono\">", 'A' + (char)i,
            access->actor, access->write ? "writes" : "reads", access->size,
            access->size == 1 ? "byte" : "bytes");
    html_text(to, access->place);
    fputs("</p><p>", to);
    fputs(access->locks[0] ? "holding " : "holding no lock", to);
    html_text(to, access->locks);
    fputs("</p>", to);
    picture_source(drawing.picture, access->place);
    fputs("</div>\n", to);
}

/* ---- the pair, at the top of the page ---- */

bool picture_is_pair(const struct picture *picture) {
    const struct recording_race *race = &picture->recording->race;
    return picture->found && !picture->died && picture->finding->verdict.outcome == CLAUSE_RACE_MEMORY &&
           picture->recording->outcome == CLAUSE_RACE_MEMORY && race->conflict &&
           race->step == picture->recording->broken;
}

void picture_pair(const struct picture *picture) {
    FILE *to = picture->to;
    fputs("<div class=\"card expected\"><h2>What was expected</h2><p class=\"big\">a common lock around "
          "these two "
          "accesses</p><p class=\"dim\">or locks that order them in another way</p></div>\n"
          "<div class=\"card got both\"><h2>What came</h2><div class=\"sides\">",
          to);
    for (unsigned i = 0; i < 2; i++) {
        const struct recording_access *access = &picture->recording->race.access[i];
        fprintf(to, "<p class=\"side\"><b>%c</b>: caller %u %s %u %s at <code>", 'A' + (char)i, access->actor,
                access->write ? "writes" : "reads", access->size, access->size == 1 ? "byte" : "bytes");
        html_text(to, access->place);
        fprintf(to, "</code>, holding %s", access->locks[0] ? "" : "no lock");
        html_text(to, access->locks);
        fputs("</p>", to);
    }
    fputs("</div><p class=\"big\">no lock in common</p></div>\n", to);
}

/* ---- words ---- */

static void put_call_list(FILE *to) {
    char text[PICTURE_TEXT], status[64];
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"The calls that "
          "raced\"><table><caption>The calls that raced</caption><thead><tr><th "
          "scope=\"col\">operation</th><th "
          "scope=\"col\">caller</th><th scope=\"col\">call</th><th scope=\"col\">came back "
          "with</th></tr></thead><tbody>\n",
          to);
    for (uint32_t i = 0; i < drawing.step->inner_count; i++) {
        const struct recording_call *call = &drawing.step->inner[i];
        fprintf(to, "<tr><td class=\"number\">%u</td><td>caller %u</td><td><code>", call->op + 1,
                call->actor);
        html_text(to, call_text((uint8_t)i, text, sizeof(text)));
        fputs("</code></td><td>", to);
        html_text(to, call->returned ? picture_status(call->status, status, sizeof(status))
                                     : "nothing: it never returned");
        fputs("</td></tr>\n", to);
    }
    fputs("</tbody></table></div>\n", to);
}

static void put_switch_list(FILE *to) {
    if (drawing.race->switch_count == 0)
        return;
    fputs("<h3>Where the processor changed hands</h3><ol class=\"switches\">\n", to);
    for (uint32_t i = 0; i < drawing.race->switch_count; i++) {
        const struct recording_switch *at = &drawing.race->switches[i];
        fprintf(to, "<li>point %u: caller %u, ", at->point, at->from);
        html_text(to, at->what);
        fprintf(to, ", gives way to caller %u %s</li>\n", at->to,
                at->planned ? "(the schedule says so)" : "(it cannot go on)");
    }
    fputs("</ol>\n", to);
}

/* The calls in time, and how far an order of them explains what they answered: linearize_explain() in the
 * report. */
static void put_history(FILE *to) {
    static char history[VERDICT_REPORT_MAX], spoken[2 * VERDICT_REPORT_MAX];
    unsigned clause = drawing.picture->recording->outcome;
    bool judged = clause == CLAUSE_RACE_ATOMIC || clause == CLAUSE_RACE_STOP;
    const char *begin = judged ? strstr(drawing.picture->report, "history (each call") : NULL;
    const char *end = begin ? strstr(begin, "\n  schedule:") : NULL;
    if (!end)
        return;
    fputs("<h3>Is there an order that explains it?</h3>\n<pre tabindex=\"0\">", to);
    snprintf(history, sizeof(history), "%.*s", (int)(end - begin), begin);
    html_text(to, picture_spoken(history, spoken, sizeof(spoken)));
    fputs("</pre>\n", to);
}

static void put_drawing(FILE *to) {
    unsigned height = TOP + drawing.lanes * LANE;
    fputs("<div class=\"timeline race\" role=\"region\" aria-label=\"The race, point by point\" "
          "tabindex=\"0\"><div "
          "class=\"heads\" aria-hidden=\"true\"><div class=\"corner-race\">switch</div>",
          to);
    for (uint8_t actor = 0; actor < SUT_ACTORS; actor++)
        if (drawing.lane[actor] != UINT32_MAX)
            fprintf(to, "<div class=\"racer\">caller %u<span>locks</span></div>", actor);
    fprintf(to,
            "</div><svg role=\"img\" aria-label=\"Who runs and who holds which lock, over %u points\" "
            "width=\"%u\" "
            "height=\"%u\" viewBox=\"0 0 %u %u\">\n",
            drawing.race->points, drawing.width + MARGIN, height, drawing.width + MARGIN, height);
    for (unsigned lane = 0; lane < drawing.lanes; lane++)
        fprintf(to, "<path class=\"rule\" d=\"M0 %u.5h%u\"/>", TOP + lane * LANE + LANE_TOP / 2,
                drawing.width);
    put_runs(to);
    put_locks(to);
    put_switches(to);
    for (unsigned i = 0; i < 2 && drawing.race->conflict; i++)
        put_access_mark(to, i);
    fputs("</svg></div>\n", to);
}

void picture_race(const struct picture *picture) {
    FILE *to = picture->to;
    const struct recording_race *race = &picture->recording->race;
    if (race->step >= picture->recording->count || picture->recording->step[race->step].kind != STEP_RACE)
        return;
    lay_out(picture);
    fprintf(to,
            "<section aria-labelledby=\"race-head\"><h2 id=\"race-head\">The race, operations %u to "
            "%u</h2>\n",
            drawing.step->op + 1, picture_race_end(drawing.step));
    fprintf(
        to,
        "<p>All callers share one processor: %u points where it may change hands (where a call begins, at "
        "a lock, at a load or a store); %u %s in this schedule, drawn as numbered lines.%s</p>\n",
        race->points, race->switch_count, race->switch_count == 1 ? "switch" : "switches",
        race->conflict ? " A and B are the two accesses. Which of them comes first is not what is wrong: "
                         "they have no lock in common, and so nothing keeps them from meeting."
                       : "");
    locks.count = 0;
    put_drawing(to);
    put_lock_legend(to);
    if (race->conflict) {
        fputs("<div class=\"pair\">", to);
        put_access(to, 0);
        put_access(to, 1);
        fputs("</div>\n", to);
    }
    put_call_list(to);
    put_history(to);
    put_switch_list(to);
    fputs("</section>\n", to);
}
