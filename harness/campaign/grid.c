/* The grid of a campaign's page: each clause, and each situation that it has to be seen in. */
#include <string.h>

#include "harness/campaign/chart.h"
#include "harness/campaign/page.h"
#include "harness/page/html.h"

static const struct {
    const char *mark;
    const char *word; /* in the legend */
    const char *class;
} looks[] = {
    [GRID_FOREIGN] = {"", "", ""},
    [GRID_CANNOT_BE] = {"–", "cannot be", "cannot"},
    [GRID_NEVER] = {"○", "never", "never"},
    [GRID_GIVEN] = {"s", "by seeds only, or by what was there before", "given"},
    [GRID_FOUND] = {"●", "found by fuzzing, and by seeds", "found"},
    [GRID_NEW] = {"★", "found by fuzzing, and by no seed", "new"},
    [GRID_WRONG] = {"!", "reached, though it cannot be: a wrong reason, or a bug", "wrong"},
};

/* ---- states ---- */

enum grid_state grid_state(const struct campaign_page *page, unsigned clause, unsigned situation) {
    const char *reason;
    if (situation != SITUATION_NONE && !reached_has(clause, situation))
        return GRID_FOREIGN; /* nearly all of them: a page asks for each many times */
    struct reached_first first = reached_first(page->reached, clause, situation);
    enum situation_state can = SITUATION_UNSEEN;
    if (situation != SITUATION_NONE)
        can = situation_state(clause, (enum situation)situation, &reason);
    if (can == SITUATION_FOREIGN)
        return GRID_FOREIGN;
    bool cannot = can == SITUATION_CANNOT_BE || can == SITUATION_WRONGLY_SEEN;
    if (cannot && (first.found || first.given))
        return GRID_WRONG;
    if (first.found)
        return first.given ? GRID_FOUND : GRID_NEW;
    if (first.given)
        return GRID_GIVEN;
    if (page->is_counted && !page->is_counted(clause, situation))
        return GRID_FOREIGN;
    return cannot ? GRID_CANNOT_BE : GRID_NEVER;
}

static void count(struct grid_tally *tally, enum grid_state state) {
    tally->all += state >= GRID_NEVER && state != GRID_WRONG;
    tally->never += state == GRID_NEVER;
    tally->given += state == GRID_GIVEN;
    tally->found += state == GRID_FOUND || state == GRID_NEW;
    tally->unseeded += state == GRID_NEW;
    tally->wrong += state == GRID_WRONG;
}

static void count_clause(struct grid_tally *tally, const struct campaign_page *page, unsigned clause) {
    for (unsigned i = 1; i < REACHED_SITUATIONS; i++)
        count(tally, grid_state(page, clause, i));
}

struct grid_tally grid_tally(const struct campaign_page *page, bool situations) {
    struct grid_tally tally = {0};
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++)
        if (situations)
            count_clause(&tally, page, clause);
        else
            count(&tally, grid_state(page, clause, SITUATION_NONE));
    return tally;
}

static bool is_found(enum grid_state state) {
    return state == GRID_FOUND || state == GRID_NEW || state == GRID_CANNOT_BE;
}

/* ---- in words ---- */

static void put_input(FILE *to, const struct reached_input *input) {
    const char *name = strrchr(input->path, '/') + 1;
    size_t length = strlen(name);
    html_text_of(to, name, input->by != REACHED_SEED && length == 40 ? 10 : length);
}

/* "found after 12 s by pin_args"; "by seeds only". */
static void put_when(FILE *to, const struct campaign_page *page, unsigned clause, unsigned situation) {
    struct reached_first first = reached_first(page->reached, clause, situation);
    enum grid_state state = grid_state(page, clause, situation);
    char text[CHART_TEXT];
    const char *reason = NULL;
    if (first.found && state >= GRID_FOUND) {
        const char *target = page->reached->targets[first.found->target];
        chart_time(first.found->seconds, text, sizeof(text));
        fprintf(to, "found after %s by ", text);
        html_text_of(to, target, record_spoken(target));
        fputs(!first.given                      ? ", by no seed"
              : first.given->by == REACHED_SEED ? ", also by seeds"
                                                : ", also by inputs of earlier campaigns",
              to);
    } else if (first.given && state >= GRID_GIVEN) {
        fputs(first.given->by == REACHED_SEED ? "by seeds only" : "by inputs of earlier campaigns only", to);
    } else if (state == GRID_NEVER) {
        fputs("never", to);
    } else if (state == GRID_CANNOT_BE) {
        situation_state(clause, (enum situation)situation, &reason);
        fputs("cannot be: ", to);
        html_text(to, reason ? reason : "");
    }
}

static void put_situation(FILE *to, unsigned situation) {
    html_text(to, situation_axes[situation_table[situation].axis]);
    fputs(": ", to);
    html_text(to, situation_table[situation].word);
}

static void put_row(FILE *to, const struct campaign_page *page, unsigned clause, unsigned situation) {
    struct reached_first first = reached_first(page->reached, clause, situation);
    const struct reached_input *input = first.found ? first.found : first.given;
    enum grid_state state = grid_state(page, clause, situation);
    fprintf(to, "<tr class=\"row-%s\"><td><span class=\"mark %s\" aria-hidden=\"true\">%s</span> ",
            looks[state].class, looks[state].class, looks[state].mark);
    put_situation(to, situation);
    fputs("</td><td>", to);
    put_when(to, page, clause, situation);
    fputs("</td><td><code>", to);
    if (input)
        put_input(to, input);
    fputs("</code></td></tr>\n", to);
}

/* ---- a clause ---- */

static void put_marks(FILE *to, const struct campaign_page *page, unsigned clause) {
    enum situation_axis axis = SITUATION_AXES;
    fputs("<span class=\"marks\" aria-hidden=\"true\">", to);
    for (unsigned i = 1; i < REACHED_SITUATIONS; i++) {
        enum grid_state state = grid_state(page, clause, i);
        if (state == GRID_FOREIGN)
            continue;
        if (situation_table[i].axis != axis) {
            fputs(axis == SITUATION_AXES ? "<span>" : "</span> <span>", to);
            axis = situation_table[i].axis;
        }
        fprintf(to, "<i class=\"%s\" title=\"", looks[state].class);
        put_situation(to, i);
        fputs(", ", to);
        put_when(to, page, clause, i);
        fprintf(to, "\">%s</i>", looks[state].mark);
    }
    fputs(axis == SITUATION_AXES ? "</span>" : "</span></span>", to);
}

static void put_summary(FILE *to, const struct campaign_page *page, unsigned clause,
                        const struct grid_tally *tally) {
    enum grid_state state = grid_state(page, clause, SITUATION_NONE);
    fprintf(to,
            "<summary><b><span class=\"mark %s\" aria-hidden=\"true\">%s</span> <code>%s</code></b> <span>",
            looks[state].class, looks[state].mark, contract_table[clause].id);
    html_text(to, contract_table[clause].title);
    fputs("<span class=\"dim when\"> ", to);
    put_when(to, page, clause, SITUATION_NONE);
    fputs("</span></span> ", to);
    if (tally->all != 0) {
        fprintf(to,
                "<span class=\"seen\">%u<span class=\"unseen\"> situations found by fuzzing,</span> + %u"
                "<span class=\"unseen\"> by seeds only,</span> of %u</span> ",
                tally->found, tally->given, tally->all);
    }
    put_marks(to, page, clause);
    fputs("</summary>\n", to);
}

static void put_clause(FILE *to, const struct campaign_page *page, unsigned clause) {
    struct grid_tally tally = {0};
    count_clause(&tally, page, clause);
    bool whole = tally.never + tally.given == 0 && is_found(grid_state(page, clause, SITUATION_NONE));
    fprintf(to, "<details class=\"clause%s\" id=\"%s\">", whole ? " whole" : "", contract_table[clause].id);
    put_summary(to, page, clause, &tally);
    if (tally.all == 0) {
        fputs("<p class=\"dim\">To see it once is enough: it has no list of situations.</p></details>\n", to);
        return;
    }
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Situations of ", to);
    fprintf(to,
            "%s\"><table><thead><tr><th scope=\"col\">Situation</th><th scope=\"col\">Reached</th>"
            "<th scope=\"col\">Input</th></tr></thead><tbody>\n",
            contract_table[clause].id);
    for (unsigned i = 1; i < REACHED_SITUATIONS; i++)
        if (grid_state(page, clause, i) != GRID_FOREIGN)
            put_row(to, page, clause, i);
    fputs("</tbody></table></div></details>\n", to);
}

/* ---- what fuzzing has not found ---- */

/* So many names are read; more of them are opened by who wants them. */
#define LISTED 60u

static void put_missing_clause(FILE *to, const struct campaign_page *page, unsigned clause) {
    bool begun = false;
    for (unsigned i = SITUATION_NONE; i < REACHED_SITUATIONS; i++) {
        enum grid_state state = grid_state(page, clause, i);
        if (state != GRID_NEVER && state != GRID_GIVEN)
            continue;
        if (!begun) {
            fprintf(to, "<li><a href=\"#%s\"><code>%s</code></a>", contract_table[clause].id,
                    contract_table[clause].id);
        }
        fprintf(to, "%s <span class=\"mark %s\" aria-hidden=\"true\">%s</span> ", begun ? "," : "",
                looks[state].class, looks[state].mark);
        begun = true;
        if (i == SITUATION_NONE)
            fputs("the clause itself", to);
        else
            put_situation(to, i);
        fputs(state == GRID_NEVER ? "<span class=\"unseen\">, never</span>"
                                  : "<span class=\"unseen\">, by seeds only</span>",
              to);
    }
    fputs(begun ? "</li>\n" : "", to);
}

static void put_missing(FILE *to, const struct campaign_page *page) {
    struct grid_tally situations = grid_tally(page, true), clauses = grid_tally(page, false);
    unsigned given = situations.given + clauses.given, never = situations.never + clauses.never;
    if (given + never == 0) {
        fputs("<p>Fuzzing has found all of them.</p>\n", to);
        return;
    }
    fprintf(to,
            "<details id=\"missing\"%s><summary>What fuzzing has not found: %u reached by seeds only (s), ",
            given + never <= LISTED ? " open" : "", given);
    fprintf(to, "%u never (○)</summary><ul class=\"missing\">\n", never);
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++)
        put_missing_clause(to, page, clause);
    fputs("</ul></details>\n<p class=\"bar no-print\" id=\"filter\"></p>\n", to);
}

static void put_legend(FILE *to) {
    fputs("<ul class=\"legend\">", to);
    static const enum grid_state order[] = {GRID_FOUND, GRID_NEW,       GRID_GIVEN,
                                            GRID_NEVER, GRID_CANNOT_BE, GRID_WRONG};
    for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++) {
        enum grid_state i = order[k];
        fprintf(to, "<li><span class=\"mark %s\" aria-hidden=\"true\">%s</span> %s</li>", looks[i].class,
                looks[i].mark, looks[i].word);
    }
    fputs("</ul>\n", to);
}

void grid_put(FILE *to, const struct campaign_page *page) {
    fputs(
        "<section aria-labelledby=\"clauses\"><h2 id=\"clauses\">Clauses and situations</h2>\n"
        "<p>A clause that held once may not hold elsewhere: each mark is a situation that it has to be seen "
        "in. Open a clause for its situations in words, with when and by which input each was reached "
        "first. "
        "The numbers are situations found by fuzzing + those that only seeds reach, of all.</p>\n",
        to);
    put_missing(to, page);
    put_legend(to);
    fputs("<div class=\"grid\">\n", to);
    for (unsigned clause = 0; clause < CONTRACT_CLAUSE_COUNT; clause++)
        if (grid_state(page, clause, SITUATION_NONE) != GRID_FOREIGN)
            put_clause(to, page, clause);
    fputs("</div></section>\n", to);
}
