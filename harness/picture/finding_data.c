/*
 * The steps as JSON, for the page's script: what finding.js shows when somebody steps through. Of states only
 * what has changed since the step before.
 */
#include <string.h>

#include "harness/contract/ledger.h"
#include "harness/page/html.h"
#include "harness/picture/finding.h"
#include "harness/program/text_words.h"

static void put_member(FILE *to, const char *name, const char *text) {
    fprintf(to, ",\"%s\":", name);
    html_json(to, text);
}

static void put_ledger(FILE *to, const struct sut_ledger *ledger) {
    fputc('[', to);
    const char *between = "";
#define NUMBER(member, what, ...)                                                                            \
    fprintf(to, "%s%llu", between, (unsigned long long)ledger->member);                                      \
    between = ",";
    LEDGER_COUNTS(NUMBER)
    fputc(']', to);
}

static bool same_ledgers(const struct recording_state *a, const struct recording_state *b) {
    bool same = a->counted == b->counted;
#define SAME(member, what, ...)                                                                              \
    same &= a->wanted.member == b->wanted.member && a->found.member == b->found.member;
    LEDGER_COUNTS(SAME)
    return same;
}

/* ["pin","8 pages","8 of 8 locked",1]: what, by the model, as it showed, whether it differs. */
static void put_rows(FILE *to, const struct picture_row *rows, unsigned count) {
    fputc('[', to);
    for (unsigned i = 0; i < count; i++) {
        fputs(i ? ",[" : "[", to);
        html_json(to, rows[i].what);
        fputc(',', to);
        html_json(to, rows[i].model);
        fputc(',', to);
        html_json(to, rows[i].seen);
        fprintf(to, ",%d]", rows[i].differs);
    }
    fputc(']', to);
}

static bool same_rows(const struct picture_row *a, unsigned count, const struct picture_row *b,
                      unsigned before) {
    bool same = count == before;
    for (unsigned i = 0; i < count && same; i++)
        same = a[i].what == b[i].what && a[i].differs == b[i].differs &&
               strcmp(a[i].model, b[i].model) == 0 && strcmp(a[i].seen, b[i].seen) == 0;
    return same;
}

static void put_devices(const struct picture *picture, const struct recording_state *state,
                        const struct recording_state *before) {
    struct picture_row rows[PICTURE_ROWS], old[PICTURE_ROWS];
    const char *between = "";
    fputs(",\"devices\":{", picture->to);
    for (unsigned i = 0; i < picture->program->machine.adapters; i++) {
        unsigned count = picture_rows(&state->device[i], rows);
        unsigned was = before ? picture_rows(&before->device[i], old) : 0;
        if (same_rows(rows, count, old, was))
            continue;
        fprintf(picture->to, "%s\"%u\":", between, i);
        put_rows(picture->to, rows, count);
        between = ",";
    }
    fputc('}', picture->to);
}

static void put_inner(const struct picture *picture, const struct recording_step *step) {
    char text[PICTURE_TEXT], line[PICTURE_TEXT + 160];
    fputs(",\"inner\":[", picture->to);
    for (uint32_t i = 0; i < step->inner_count && i < RECORDING_INNER; i++) {
        const struct recording_call *call = &step->inner[i];
        char status[64] = "never returned";
        if (call->returned)
            picture_status(call->status, status, sizeof(status));
        if (step->kind == STEP_RACE) {
            picture_racer(picture, call, text, sizeof(text));
            snprintf(line, sizeof(line), "caller %u: %s → %s", call->actor, text, status);
        } else {
            snprintf(line, sizeof(line), "inside the driver's %s of adapter %u: %s → %s",
                     call->inside ? call->inside : "", call->device, text_opcodes[call->opcode], status);
        }
        fputs(i ? "," : "", picture->to);
        html_json(picture->to, line);
    }
    fputc(']', picture->to);
}

static void put_irqls(const struct picture *picture, const struct recording_state *state) {
    char text[SUT_ACTORS * 32] = "";
    size_t used = 0;
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        if (state->irql[i])
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%scaller %u at IRQL %u",
                                     used ? ", " : "", i, (unsigned)state->irql[i]);
    if (text[0])
        put_member(picture->to, "irql", text);
}

static void put_step(const struct picture *picture, uint32_t at) {
    const struct recording *recording = picture->recording;
    const struct recording_step *step = &recording->step[at];
    const struct recording_state *before = at > 0 ? &recording->step[at - 1].after : NULL;
    bool unknown = picture->died && at == recording->broken;
    char text[PICTURE_TEXT + RUN_TEXT_MAX];
    fputs(at ? ",\n{\"n\":" : "\n{\"n\":", picture->to);
    html_json(picture->to, picture_number(step, text, sizeof(text)));
    put_member(picture->to, "text", picture_operation(picture, step, text, sizeof(text)));
    put_member(picture->to, "maker", picture_maker(step, text, sizeof(text)));
    if (!picture->found || at != recording->broken) /* of that one the cards say it */
        put_member(picture->to, "expected", picture_expected(step, text, sizeof(text)));
    put_member(picture->to, "got", picture_answer(picture, step, text, sizeof(text)));
    put_member(picture->to, "outcome", picture_outcome(picture, at));
    if (step->inner_count > 0)
        put_inner(picture, step);
    if (step->op < picture->program->op_count)
        fprintf(picture->to, ",\"op\":%u", step->op);
    if (unknown)
        put_member(picture->to, "before", "The process died in this step; the state is that before it.");
    else if (recording->midway && at == recording->broken)
        put_member(picture->to, "before",
                   "It was found in the middle of this step; the model is as it was before.");
    if (picture->found && at == recording->broken && picture_probed(picture))
        put_member(
            picture->to, "note",
            "Counts are what the implementation says of itself. What a GPU's reads have shown beside that is "
            "under “The pages of pins”.");
    if (!unknown) {
        put_devices(picture, &step->after, before);
        put_irqls(picture, &step->after);
        if (step->after.counted && (!before || !same_ledgers(&step->after, before))) {
            fputs(",\"model\":", picture->to);
            put_ledger(picture->to, &step->after.wanted);
            fputs(",\"seen\":", picture->to);
            put_ledger(picture->to, &step->after.found);
        }
    }
    fputc('}', picture->to);
}

void picture_data(const struct picture *picture) {
    const struct recording *recording = picture->recording;
    FILE *to = picture->to;
    fputs("<script type=\"application/json\" id=\"data\">{\"ledger\":[", to);
    const char *between = "";
#define NAME(member, what, ...)                                                                              \
    fputs(between, to);                                                                                      \
    html_json(to, what);                                                                                     \
    between = ",";
    LEDGER_COUNTS(NAME)
    fprintf(to, "],\"broken\":%ld,\"died\":%s,\"steps\":[",
            picture->found && recording->broken < recording->count ? (long)recording->broken : -1L,
            picture->died ? "true" : "false");
    for (uint32_t i = 0; i < recording->count; i++)
        put_step(picture, i);
    fputs("]}</script>\n", to);
}
