/* The page of a finding, part by part, in the order in which a reader who knows nothing yet wants them. */
#define _POSIX_C_SOURCE 200809L

#include "harness/picture/finding.h"

#include <stdlib.h>
#include <string.h>

#include "harness/contract/dialect.h"
#include "harness/page/html.h"
#include "harness/program/text.h"
#include "harness/program/text_words.h"
#include "harness/reproduce/reproduce.h"
#include "harness/verdict/death.h"

extern const struct html_asset html_finding_css, html_finding_js;

/* ---- the head: what is the matter ---- */

static const struct contract_row *clause_of(const struct picture *picture) {
    unsigned outcome = picture->finding->verdict.outcome;
    return picture->found && !picture->died && outcome < CONTRACT_CLAUSE_COUNT ? &contract_table[outcome]
                                                                               : NULL;
}

static void put_title(const struct picture *picture, char *text, size_t size) {
    const struct contract_row *row = clause_of(picture);
    char spoken[256];
    if (row)
        snprintf(text, size, "%s: %s", row->id, picture_spoken(row->title, spoken, sizeof(spoken)));
    else if (picture->died)
        snprintf(text, size, "%s",
                 picture->finding->verdict.said[0] ? picture->finding->verdict.said : "the process dies");
    else
        snprintf(text, size, "no finding in %s", picture->finding->name);
}

/* After a wrong status the rest may be as it has to be, and it may not. */
static bool is_as_the_model(const struct recording *recording) {
    const struct recording_state *state = &recording->step[recording->broken].after;
    bool differs = recording->midway || recording_ledger_differs(state);
    for (unsigned i = 0; i < SUT_DEVICES; i++)
        differs |= recording_differs(state, &state->device[i]);
    for (uint32_t i = 0; i < recording->page_count; i++)
        differs |= recording->page[i].wrong;
    return !differs;
}

/* A clause's title says what it demands; what is wrong here may be less than that. */
static void put_subtitle(const struct picture *picture) {
    const struct recording *recording = picture->recording;
    if (recording->broken >= recording->count)
        return;
    const struct recording_step *step = &recording->step[recording->broken];
    const char *mismatch = picture_mismatch(picture);
    if (!mismatch)
        return;
    fprintf(picture->to, "<p class=\"subtitle\">%s", mismatch);
    if (!NT_SUCCESS(step->status) && step->answer.expect == MUST_FAIL)
        fputs(is_as_the_model(recording) ? " All else is as the model has it: only the status differs."
                                         : " And what is out differs, too: see below.",
              picture->to);
    fputs("</p>\n", picture->to);
}

static void put_headline(const struct picture *picture) {
    const struct contract_row *row = clause_of(picture);
    FILE *to = picture->to;
    char text[512];
    fputs("<header>\n", to);
    if (row) {
        fprintf(to,
                "<p class=\"kicker\"><span class=\"badge\">contract broken</span> clause <b>%s</b> "
                "demands</p><h1>“",
                row->id);
        html_text(to, picture_spoken(row->title, text, sizeof(text)));
        fputs("”</h1>\n", to);
        put_subtitle(picture);
    } else if (picture->died) {
        bool hangs = death_is_hang(picture->finding->verdict.status);
        fprintf(to, "<p class=\"kicker\"><span class=\"badge\">%s</span> while the program ran</p><h1>",
                hangs ? "process hangs" : "process died");
        put_title(picture, text, sizeof(text));
        html_text(to, text);
        fputs("</h1>\n", to);
    } else {
        fputs("<p class=\"kicker\"><span class=\"badge fine\">no finding</span></p><h1>The contract is "
              "kept</h1>\n",
              to);
    }
    fputs("<p class=\"dim\">", to);
    fprintf(to, "Implementation <b>%s</b> · program <bdi class=\"mono\">", sut_get()->name);
    html_text(to, picture->finding->name);
    fprintf(to, "</bdi>, %u %s, %u %s</p>\n</header>\n", picture->program->op_count,
            picture->program->op_count == 1 ? "operation" : "operations", picture->program->machine.adapters,
            picture->program->machine.adapters == 1 ? "adapter" : "adapters");
}

/* ---- called, expected, got ---- */

/* "0xc0000008" with the name of the status behind it. */
static void put_with_names(FILE *to, const char *text) {
    char status[64];
    html_text(to, text);
    const char *number = strstr(text, "0xc0");
    if (!number || strspn(number + 2, "0123456789abcdef") != 8 || number[10])
        return;
    picture_status((NTSTATUS)strtoul(number, NULL, 16), status, sizeof(status));
    const char *name = strchr(status, ' ');
    if (name)
        fprintf(to, " <span class=\"name\">%s</span>", name + 1);
}

static void put_card(FILE *to, const char *class, const char *head, const char *below, bool is_code,
                     const char *text) {
    fprintf(to, "<div class=\"card %s\"><h2>%s</h2><p class=\"%s\">", class, head, is_code ? "mono" : "big");
    put_with_names(to, text);
    fputs("</p>", to);
    if (below[0]) {
        fputs("<p class=\"dim\">", to);
        html_text(to, below);
        fputs("</p>", to);
    }
    fputs("</div>\n", to);
}

/* "caller 0: unpin lead(0) index=0", a line each. */
static void add_calls(const struct picture *picture, const struct recording_step *step, char *text,
                      size_t size) {
    char call[PICTURE_TEXT];
    for (uint32_t i = 0; i < step->inner_count && i < RECORDING_INNER; i++) {
        size_t used = strlen(text);
        picture_racer(picture, &step->inner[i], call, sizeof(call));
        snprintf(text + used, size - used, "\ncaller %u: %s", step->inner[i].actor, call);
    }
}

/* "operation 1 of 3, by caller 0"; of a race its calls, too, which are operations of their own. */
static void put_place(const struct picture *picture, const struct recording_step *step, char *text,
                      size_t size) {
    char maker[64];
    if (step->kind == STEP_RACE)
        snprintf(text, size, "operations %u to %u of %u: a race of %u calls", step->op + 1,
                 picture_race_end(step), picture->program->op_count, step->inner_count);
    else
        snprintf(text, size, "operation %u of %u, by %s", step->op + 1, picture->program->op_count,
                 picture_maker(step, maker, sizeof(maker)));
}

static void put_called(const struct picture *picture, const struct recording_step *step) {
    char text[(RECORDING_INNER + 1) * PICTURE_TEXT], where[480];
    const struct recording *recording = picture->recording;
    picture_operation(picture, step, text, sizeof(text));
    if (step->kind == STEP_RACE)
        add_calls(picture, step, text, sizeof(text));
    if (step->op == RUN_BOOT || step->op == RUN_END)
        snprintf(where, sizeof(where), "while the machine is %s",
                 step->op == RUN_BOOT ? "brought up, before operation 1"
                                      : "taken down, after the last operation");
    else
        put_place(picture, step, where, sizeof(where));
    if (step->pass > 0 && step->op < picture->program->op_count)
        snprintf(where + strlen(where), sizeof(where) - strlen(where), ", in pass %u", step->pass + 1);
    if (recording->inside)
        snprintf(where + strlen(where), sizeof(where) - strlen(where), ", in the driver's %s",
                 recording->inside);
    picture_handle(step, where + strlen(where), sizeof(where) - strlen(where));
    put_card(picture->to, "called", "What was called", where, true, text);
}

/* "caller 0's pin2: success", of each call of a race. */
static void add_answers(const struct recording_step *step, char *text, size_t size) {
    char status[64];
    size_t used = (size_t)snprintf(text, size, "The calls came back: ");
    for (uint32_t i = 0; i < step->inner_count && i < RECORDING_INNER && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%scaller %u's %s: %s", i ? ", " : "",
                                 step->inner[i].actor, text_opcodes[step->inner[i].opcode],
                                 step->inner[i].returned
                                     ? picture_status(step->inner[i].status, status, sizeof(status))
                                     : "never");
}

/* What is behind what came: what the call came back with, and who has read where. */
static void put_behind(const struct picture *picture, const struct recording_step *step, char *text,
                       size_t size) {
    char returned[160];
    size_t used = 0;
    const struct recording_page *page = picture_probed(picture);
    picture_returned(picture, step, returned, sizeof(returned));
    if (step->kind == STEP_RACE) {
        add_answers(step, text, size);
        return;
    }
    if (page) {
        picture_probe(page, text, size);
        used = strlen(text);
    }
    if (returned[0] && !picture_mismatch(picture))
        snprintf(text + used, size - used, "%sThe call came back: %s.", used ? " " : "", returned);
}

/* Of a broken clause. */
static void put_broken(const struct picture *picture, const struct recording_step *step) {
    const struct recording *recording = picture->recording;
    char text[2 * RUN_TEXT_MAX], below[640] = "";
    if (picture_is_pair(picture)) {
        picture_pair(picture);
        return;
    }
    put_behind(picture, step, below, sizeof(below));
    put_card(picture->to, "expected", "What was expected", "", false,
             picture_spoken(recording->expected, text, sizeof(text)));
    put_card(picture->to, "got", "What came", below, false, picture_got(recording, text, sizeof(text)));
}

static void put_cards(const struct picture *picture) {
    const struct recording *recording = picture->recording;
    char expected[PICTURE_TEXT], death[32];
    if (!picture->found || recording->broken >= recording->count)
        return;
    const struct recording_step *step = &recording->step[recording->broken];
    death_name(picture->finding->verdict.status, death, sizeof(death));
    fputs("<div class=\"cards\">\n", picture->to);
    put_called(picture, step);
    if (picture->died) {
        picture_expected(step, expected, sizeof(expected));
        put_card(picture->to, "expected", "What was expected", "and a process that lives", false,
                 expected[0] ? expected : "that it returns");
        put_card(picture->to, "got", "What came", death, false, picture->finding->verdict.said);
    } else {
        put_broken(picture, step);
    }
    fputs("</div>\n", picture->to);
}

/* ---- whose fault, and on what grounds ---- */

static void put_fact(FILE *to, const char *what, const char *text) {
    fprintf(to, "<dt>%s</dt><dd>", what);
    html_text(to, text);
    fputs("</dd>\n", to);
}

/* How much a clause weighs, for who has not read the contract. */
static void put_basis(const struct picture *picture, const struct contract_row *row) {
    char text[512];
    if (row->basis == 'D') {
        put_fact(picture->to, "Basis", "Documented (D): the documents say so.");
        return;
    }
    if (row->basis == 'I') {
        put_fact(picture->to, "Basis",
                 "Follows from documents (I): no sentence says so, but what they say leaves nothing else.");
        return;
    }
    size_t used =
        (size_t)snprintf(text, sizeof(text), "This project's choice (C): the documents leave it open.");
    const char *between =
        " An implementation may declare another choice, and then is not held to it, only as to ";
    for (unsigned i = 0; i < DIALECTS && used < sizeof(text); i++)
        if (&contract_table[dialect_table[i].clause] == row) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", between,
                                     dialect_table[i].question);
            between = "; ";
        }
    if (used < sizeof(text) && between[0] == ';')
        snprintf(text + used, sizeof(text) - used, ". Nothing else of the clause is excused by that.");
    put_fact(picture->to, "Basis", text);
}

/* A driver's wrong call is a test of the implementation, and no second culprit. */
static void put_fault(const struct picture *picture) {
    const struct recording *recording = picture->recording;
    const char *fault = picture->found ? "The implementation is at fault." : "Nobody's.";
    bool refused = false;
    char text[512], at[32] = "the machine's start";
    if (recording->breaches == 0) {
        snprintf(text, sizeof(text), "%s (The program keeps all of a driver's duties.)", fault);
        put_fact(picture->to, "Fault", text);
        return;
    }
    for (uint32_t i = 0; i < recording->count; i++)
        refused |= recording->step[i].op == recording->breach_op && recording->step[i].judged &&
                   recording->step[i].answer.expect == MUST_FAIL;
    if (recording->breach_op < picture->program->op_count)
        snprintf(at, sizeof(at), "operation %u", recording->breach_op + 1);
    snprintf(text, sizeof(text),
             "%s (The program %s a driver must not %s: %s, at %s%s; an implementation has to %s it.)", fault,
             refused ? "makes a call that" : "does what", refused ? "make" : "do",
             contract_table[recording->breach].id, at,
             recording->breaches > 1 ? ", the first of several" : "", refused ? "refuse" : "withstand");
    put_fact(picture->to, "Fault", text);
}

static void put_grounds(const struct picture *picture) {
    const struct contract_row *row = clause_of(picture);
    const struct recording *recording = picture->recording;
    char text[512];
    fputs("<dl class=\"facts\">\n", picture->to);
    put_fault(picture);
    if (row) {
        put_basis(picture, row);
        if (row->source[0]) {
            snprintf(text, sizeof(text), "%s (docs/contract.md lists them)", row->source);
            put_fact(picture->to, "Documents", text);
        }
    }
    if (recording->chosen[0])
        put_fact(picture->to, "It chose", recording->chosen);
    if (recording->left[0])
        put_fact(picture->to, "Not judged", recording->left);
    fputs("</dl>\n", picture->to);
}

/* ---- step by step ---- */

static void put_stepper(const struct picture *picture) {
    const struct recording *recording = picture->recording;
    FILE *to = picture->to;
    uint32_t at = picture->found && recording->broken < recording->count ? recording->broken : 0;
    fprintf(to,
            "<div class=\"bar stepper no-print\"><button type=\"button\" id=\"previous\">◀ Previous</button>"
            "<label for=\"step\" class=\"unseen\">Step</label><input type=\"range\" id=\"step\" min=\"0\" "
            "max=\"%u\" "
            "value=\"%u\"><button type=\"button\" id=\"next\">Next ▶</button>",
            recording->count - 1, at);
    if (picture->found)
        fputs("<button type=\"button\" id=\"to-broken\">✖ To the finding</button>", to);
    fputs("<span class=\"dim\">or the keys <kbd>←</kbd> <kbd>→</kbd> <kbd>Home</kbd> "
          "<kbd>End</kbd></span></div>\n",
          to);
    fputs("<section id=\"state\" aria-live=\"polite\" aria-label=\"The step, and the state after "
          "it\"></section>\n"
          "<noscript><p>Stepping needs the script of this page; the drawing and the tables do "
          "not.</p></noscript>\n",
          to);
}

static void put_steps(const struct picture *picture) {
    if (picture->recording->count == 0)
        return;
    fputs("<section aria-labelledby=\"steps-head\"><h2 id=\"steps-head\">Step by step</h2>\n", picture->to);
    picture_timeline(picture);
    put_stepper(picture);
    fputs("</section>\n", picture->to);
}

static void put_differences(const struct picture *picture) {
    const struct recording *recording = picture->recording;
    if (!picture->found || picture->died || recording->midway || recording->broken >= recording->count)
        return;
    fputs("<section aria-labelledby=\"differs-head\"><h2 id=\"differs-head\">What differs when it is "
          "broken</h2><div "
          "class=\"pair\">\n",
          picture->to);
    picture_pages(picture);
    picture_ledger(picture);
    fputs("</div></section>\n", picture->to);
}

/* ---- programs ---- */

static void put_world(FILE *to, const struct program *program) {
    static char text[TEXT_WORLD_MAX];
    text_print_world(program, text, sizeof(text));
    fputs("<pre class=\"world\" tabindex=\"0\">", to);
    html_text(to, text);
    fputs("</pre>", to);
}

static void put_listing(const struct picture *picture, const struct program *program, bool is_shown) {
    FILE *to = picture->to;
    const struct recording *recording = picture->recording;
    char text[PICTURE_TEXT];
    uint32_t broken = picture->found && recording->broken < recording->count
                          ? recording->step[recording->broken].op
                          : UINT32_MAX;
    put_world(to, program);
    if (program->op_count == 0) {
        fputs("<p>No operation: to bring the machine up and take it down is enough.</p>\n", to);
        return;
    }
    fputs(is_shown ? "<ol class=\"program\" id=\"listing\" tabindex=\"0\">\n"
                   : "<ol class=\"program\" tabindex=\"0\">\n",
          to);
    for (uint32_t i = 0; i < program->op_count; i++) {
        bool here = is_shown && i == broken;
        text_print_op(&program->ops[i], text, sizeof(text));
        if (is_shown)
            fprintf(to, "<li data-op=\"%u\"%s><code>", i, here ? " class=\"broken\"" : "");
        else
            fputs("<li><code>", to);
        html_text(to, text);
        fprintf(to, "</code>%s</li>\n", here ? " <b class=\"bad\">✖ here</b>" : "");
    }
    fputs("</ol>\n", to);
}

static void put_programs(const struct picture *picture) {
    const struct program *original = picture->finding->original;
    FILE *to = picture->to;
    fputs("<section aria-labelledby=\"program-head\"><h2 id=\"program-head\">The program</h2><div "
          "class=\"pair\">\n<div>",
          to);
    fprintf(to, "<h3>%s</h3>\n", original ? "Minimized" : "As it was found");
    put_listing(picture, picture->program, true);
    fputs("</div>\n", to);
    if (original) {
        fprintf(to, "<div><h3>As it was found, %u %s</h3>\n", original->op_count,
                original->op_count == 1 ? "operation" : "operations");
        put_listing(picture, original, false);
        fputs("</div>\n", to);
    }
    fputs("</div></section>\n", to);
}

/* ---- again ---- */

/* A word of the shell's, whatever is in it. */
static void put_quoted(FILE *to, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:@%,-";
    size_t length = strlen(word);
    if (word[0] == '-' && length > 1) /* no option */
        fputs("./", to);
    if (strspn(word, plain) == length) {
        html_text(to, word);
        return;
    }
    fputs("&#39;", to);
    for (const char *quote; (quote = strchr(word, '\'')) != NULL; word = quote + 1) {
        html_text_of(to, word, (size_t)(quote - word));
        fputs("&#39;\\&#39;&#39;", to);
    }
    html_text(to, word);
    fputs("&#39;", to);
}

static void put_command(const struct picture *picture, const char *id, const char *what,
                        const char *command) {
    FILE *to = picture->to;
    fprintf(to, "<div class=\"command\"><span>%s</span><pre id=\"%s\">pinfuzz %s ", what, id, command);
    put_quoted(to, picture->finding->name);
    fputs("</pre>", to);
    html_copy_button(to, id, "the command");
    fputs("</div>\n", to);
}

static void put_inline_program(const struct picture *picture) {
    static char text[TEXT_WORLD_MAX];
    FILE *to = picture->to;
    fputs("<div class=\"command\"><span>The minimized program, without its file</span><pre "
          "id=\"inline\">pinfuzz run - "
          "&lt;&lt;&#39;END&#39;\n",
          to);
    text_print_world(picture->program, text, sizeof(text));
    html_text(to, text);
    for (uint32_t i = 0; i < picture->program->op_count; i++) {
        text_print_op(&picture->program->ops[i], text, sizeof(text));
        html_text(to, text);
        fputc('\n', to);
    }
    fputs("END</pre>", to);
    html_copy_button(to, "inline", "the command with the program in it");
    fputs("</div>\n", to);
}

static void put_file(FILE *to, FILE *from) {
    char part[4096];
    rewind(from);
    while (fgets(part, sizeof(part), from))
        html_text(to, part);
}

static void put_reproducer(const struct picture *picture) {
    FILE *to = picture->to;
    fputs("<h3>As C, without the harness</h3>\n", to);
    if (reproducer_race(picture->program) < picture->program->op_count) {
        fputs("<p>A race has none: its schedule counts loads and stores, and a C file of its own cannot "
              "switch at those. "
              "<code>pinfuzz run</code> replays it.</p>\n",
              to);
        return;
    }
    const struct reproducer *told = reproducer_quietly(picture->program, picture->finding->timeout);
    FILE *file = told && !told->too_long ? tmpfile() : NULL;
    if (!file) {
        fputs("<p>Too much happens for a C file.</p>\n", to);
        return;
    }
    if (told->end == REPRODUCER_HIDES)
        fputs("<p>What breaks the clause cannot be seen from outside the harness; the calls are these.</p>\n",
              to);
    reproducer_write(file, picture->finding->name, picture->program, &picture->finding->verdict);
    fputs("<details><summary>One C file, which says how to compile it</summary><div class=\"command\">", to);
    html_copy_button(to, "reproducer", "the C file");
    fputs("<pre id=\"reproducer\" class=\"tall\" tabindex=\"0\">", to);
    put_file(to, file);
    fputs("</pre></div></details>\n", to);
    fclose(file);
}

static void put_again(const struct picture *picture) {
    bool race = reproducer_race(picture->program) < picture->program->op_count;
    fputs("<section aria-labelledby=\"again-head\"><h2 id=\"again-head\">See it again</h2>\n", picture->to);
    put_command(picture, "run", "The verdict and its report", "run");
    put_inline_program(picture);
    if (race)
        put_command(picture, "again", "Where it switches", "text --switches");
    else
        put_command(picture, "again", "The same a hundred times", "run --repeat 100");
    put_reproducer(picture);
    if (picture->report[0]) {
        fputs("<details><summary>What the process said</summary><pre class=\"tall\" tabindex=\"0\">",
              picture->to);
        html_text(picture->to, picture->report);
        fputs("</pre></details>\n", picture->to);
    }
    fputs("</section>\n", picture->to);
}

/* ---- the whole ---- */

/* The recorder looks more often than the judge does: where that changes what happens, it is said. */
static void put_doubt(const struct picture *picture) {
    const struct verdict *verdict = &picture->finding->verdict;
    const struct recording *recording = picture->recording;
    bool same =
        verdict->died ? !recording->complete : recording->complete && recording->outcome == verdict->outcome;
    if (same)
        return;
    fputs("<p class=\"doubt\" role=\"note\">When it was run once more to be drawn, it ended otherwise: what "
          "follows is of "
          "that run.</p>\n",
          picture->to);
}

bool finding_record(struct finding *finding) {
    int status;
    finding->recording = recording_of(finding->program, finding->timeout, &finding->report, &status);
    return finding->recording;
}

void finding_write(FILE *to, const struct finding *finding) {
    char title[512];
    struct picture picture = {.to = to,
                              .finding = finding,
                              .program = finding->program,
                              .recording = finding->recording,
                              .report = finding->report};
    picture.died = finding->verdict.died;
    picture.found = picture.died || finding->verdict.outcome != VERDICT_KEPT;
    put_title(&picture, title, sizeof(title));
    const struct html_page page = {
        .title = title, .styles = {&html_finding_css}, .scripts = {&html_finding_js}};
    html_begin(to, &page);
    fputs("<a class=\"skip\" href=\"#steps-head\">Step by step</a>\n<main>\n", to);
    put_headline(&picture);
    put_doubt(&picture);
    put_cards(&picture);
    put_grounds(&picture);
    put_steps(&picture);
    picture_race(&picture);
    picture_stack(&picture);
    put_differences(&picture);
    put_programs(&picture);
    put_again(&picture);
    picture_glossary(to);
    fputs("</main>\n", to);
    picture_data(&picture);
    html_end(to, &page);
}
