/* Steps and states in words. */
#include <string.h>

#include "harness/picture/finding.h"
#include "harness/program/text.h"
#include "harness/program/text_words.h"
#include "harness/verdict/death.h"

#define ULL unsigned long long

/* ---- steps ---- */

const char *picture_number(const struct recording_step *step, char *text, size_t size) {
    if (step->op == RUN_BOOT || step->op == RUN_END)
        snprintf(text, size, "%s", step->op == RUN_BOOT ? "boot" : "end");
    else if (step->pass > 0)
        snprintf(text, size, "%u (pass %u)", step->op + 1, step->pass + 1);
    else
        snprintf(text, size, "%u", step->op + 1);
    return text;
}

const char *picture_operation(const struct picture *picture, const struct recording_step *step, char *text,
                              size_t size) {
    if (step->op < picture->program->op_count)
        text_print_op(&picture->program->ops[step->op], text, size);
    else
        snprintf(text, size, "%s %u", text_opcodes[step->opcode], step->device);
    return text;
}

const char *picture_maker(const struct recording_step *step, char *text, size_t size) {
    switch (program_class(step->opcode)) {
    case CLASS_ACCESS:
        if (program_is_dma(step->opcode)) {
            snprintf(text, size, "the GPU of adapter %u", step->device);
            return text;
        }
        break;
    case CLASS_BUS:
        snprintf(text, size, "the system");
        return text;
    case CLASS_ORDER:
        snprintf(text, size, "several callers");
        return text;
    case CLASS_CALLBACK:
    case CLASS_SELF:
        break;
    }
    snprintf(text, size, "caller %u", step->actor);
    return text;
}

const char *picture_racer(const struct picture *picture, const struct recording_call *call, char *text,
                          size_t size) {
    if (call->inside)
        snprintf(text, size, "%s, inside %s", text_opcodes[call->opcode], call->inside);
    else
        text_print_op(&picture->program->ops[call->op], text, size);
    return text;
}

uint32_t picture_race_end(const struct recording_step *step) {
    uint32_t end = step->op + 1;
    for (uint32_t i = 0; i < step->inner_count && i < RECORDING_INNER; i++)
        end = step->inner[i].op + 1 > end ? step->inner[i].op + 1 : end;
    return end;
}

const char *picture_status(NTSTATUS status, char *text, size_t size) {
#define NAMED(status)                                                                                        \
    { status, #status }
    static const struct {
        NTSTATUS status;
        const char *name;
    } names[] = {NAMED(STATUS_UNSUCCESSFUL),           NAMED(STATUS_INVALID_HANDLE),
                 NAMED(STATUS_INVALID_PARAMETER),      NAMED(STATUS_NO_MEMORY),
                 NAMED(STATUS_INSUFFICIENT_RESOURCES), NAMED(STATUS_NOT_SUPPORTED),
                 NAMED(STATUS_COMMITMENT_LIMIT),       NAMED(STATUS_INVALID_LEVEL),
                 NAMED(STATUS_INVALID_DEVICE_STATE)};
    if (NT_SUCCESS(status)) {
        snprintf(text, size, "success");
        return text;
    }
    const char *name = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        name = names[i].status == status ? names[i].name : name;
    snprintf(text, size, "0x%08x%s%s", (unsigned)status, name[0] ? " " : "", name);
    return text;
}

const char *picture_expected(const struct recording_step *step, char *text, size_t size) {
    char status[64];
    if (!step->judged) {
        snprintf(text, size, step->kind == STEP_RACE ? "what some order of these calls comes to" : "");
        return text;
    }
    switch (step->answer.expect) {
    case MUST_SUCCEED:
        snprintf(text, size, "success");
        break;
    case MUST_FAIL:
        snprintf(text, size, "a failure, %s, by %s",
                 step->answer.stops ? "a bug check"
                                    : picture_status(step->answer.status, status, sizeof(status)),
                 contract_table[step->answer.clause].id);
        break;
    case MAY_FAIL:
        snprintf(text, size, "success, or a shortage");
        break;
    }
    return text;
}

const char *picture_outcome(const struct picture *picture, uint32_t at) {
    const struct recording_step *step = &picture->recording->step[at];
    if (picture->found && at == picture->recording->broken)
        return picture->died ? "died" : "broken";
    if (step->kind == STEP_SKIPPED)
        return "skipped";
    return step->end == END_REFUSED ? "refused" : step->end == END_SHORT ? "short" : "ok";
}

const char *picture_answer(const struct picture *picture, const struct recording_step *step, char *text,
                           size_t size) {
    bool last = picture->found && step == &picture->recording->step[picture->recording->broken];
    if (step->kind == STEP_SKIPPED)
        snprintf(text, size,
                 last ? "no call is part of this step" : "no call: there is nothing that it could be about");
    else if (last && picture->died)
        snprintf(text, size, "nothing: the process died");
    else if (step->kind == STEP_RACE)
        snprintf(text, size, "all its calls returned; what each came back with is below");
    else
        picture_returned(picture, step, text, size);
    return text;
}

const char *picture_handle(const struct recording_step *step, char *text, size_t size) {
    char live[80] = "";
    text[0] = 0;
    if (!call_is_callback(step->opcode) || step->kind == STEP_RACE || step->handle == step->live)
        return text;
    if (step->live)
        snprintf(live, sizeof(live), "; the live one of adapter %u's chain is 0x%llx", step->device,
                 (unsigned long long)step->live);
    snprintf(text, size, ". The handle is 0x%llx, %s%s", (unsigned long long)step->handle,
             step->holder < SUT_DEVICES ? "alive, of another adapter"
             : step->was_issued         ? "issued before a stop and dead since"
                                        : "never issued",
             live);
    return text;
}

const char *picture_returned(const struct picture *picture, const struct recording_step *step, char *text,
                             size_t size) {
    char status[64];
    bool last = picture->found && step == &picture->recording->step[picture->recording->broken];
    text[0] = 0;
    if (step->kind != STEP_CALL)
        return text;
    if (!step->returned && last)
        snprintf(text, size, "nothing yet: the finding was made before it returned");
    else if (program_is_dma(step->opcode))
        snprintf(text, size, step->dma_ok ? "it went through" : "a fault");
    else if (!step->judged || !step->returned)
        snprintf(text, size, "done");
    else
        snprintf(text, size, "%s%s", picture_status(step->status, status, sizeof(status)),
                 step->fired ? ", having met the injected fault" : "");
    return text;
}

const char *picture_mismatch(const struct picture *picture) {
    const struct recording *recording = picture->recording;
    if (!picture->found || picture->died || recording->broken >= recording->count)
        return NULL;
    const struct recording_step *step = &recording->step[recording->broken];
    if (step->kind != STEP_CALL || !step->judged || !step->returned)
        return NULL;
    bool fine = NT_SUCCESS(step->status);
    if (strncmp(recording->expected, "success", 7) == 0 && !fine)
        return "The call was refused, and it has to succeed.";
    if (strncmp(recording->expected, "a failure, 0x", 13) == 0 && fine)
        return "The call succeeded, and it has to be refused.";
    if (strncmp(recording->expected, "status 0x", 9) == 0 && !fine)
        return "The call was refused, but with another status than this contract says.";
    return NULL;
}

const char *picture_spoken(const char *said, char *text, size_t size) {
    size_t used = 0;
    while (*said && used + sizeof("caller") < size) {
        bool actor = strncmp(said, "actor", 5) == 0 && said[5] != '=';
        used += (size_t)snprintf(text + used, size - used, "%.*s", actor ? 6 : 1, actor ? "caller" : said);
        said += actor ? 5 : 1;
    }
    text[used] = 0;
    return text;
}

const char *picture_got(const struct recording *recording, char *text, size_t size) {
    static const char digits[] = "0123456789";
    size_t number = strspn(recording->expected, digits);
    bool bare = recording->got[0] && recording->got[strspn(recording->got, digits)] == 0;
    const char *unit =
        bare && number > 0 && recording->expected[number] == ' ' ? recording->expected + number : "";
    size_t word = unit[0] ? 1 + strcspn(unit + 1, " ") : 0;
    bool one = strcmp(recording->got, "1") == 0 && word > 1 && unit[word - 1] == 's'; /* "1 page" */
    char said[2 * RUN_TEXT_MAX];
    snprintf(said, sizeof(said), "%s%.*s%s", recording->got, (int)(one ? word - 1 : word), unit, unit + word);
    return picture_spoken(said, text, size);
}

/* ---- states ---- */

const char *picture_size(uint64_t bytes, char *text, size_t size) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    unsigned unit = 0;
    while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, size, "%llu %s", (ULL)bytes, units[unit]);
    return text;
}

const char *picture_device(const struct recording_device *device, char *text, size_t size) {
    static const char *const phases[] = {[PHASE_STOPPED] = "stopped",
                                         [PHASE_STARTING] = "starting",
                                         [PHASE_STARTED] = "started",
                                         [PHASE_STOPPING] = "stopping"};
    snprintf(text, size, !device->present ? "absent" : "%s%s%s%s", phases[device->phase],
             device->gone ? ", pulled out" : "",
             device->phase != PHASE_STARTED ? ""
             : device->d3                   ? ", asleep (D3)"
                                            : ", D0",
             device->in_reset ? ", in reset" : "");
    return text;
}

const char *picture_pin(const struct recording_device *device, char *text, size_t size) {
    snprintf(text, size, "%llu %s, %s", (ULL)device->pinned, device->pinned == 1 ? "page" : "pages",
             device->legacy       ? "MDL"
             : device->contiguous ? "ADL, contiguous"
                                  : "ADL");
    return text;
}

static const char *plural(uint64_t count) {
    return count == 1 ? "page" : "pages";
}

static void put_pin(const struct recording_device *device, struct picture_row *row) {
    char pin[64];
    if (device->pinned)
        snprintf(row->model, sizeof(row->model), "%s, from device page 0x%llx",
                 picture_pin(device, pin, sizeof(pin)), (ULL)device->address);
    else
        snprintf(row->model, sizeof(row->model), "not pinned");
}

static void put_views(const struct recording_device *device, struct picture_row *row) {
    size_t used = (size_t)snprintf(row->model, sizeof(row->model), "%u", device->views);
    for (uint32_t i = 0; i < device->views && i < RECORDING_VIEWS && used < sizeof(row->model); i++)
        used += (size_t)snprintf(row->model + used, sizeof(row->model) - used, "%s 0x%llx to 0x%llx",
                                 i ? "," : ":", (ULL)device->view[i].offset,
                                 (ULL)(device->view[i].offset + device->view[i].size));
    if (device->views > RECORDING_VIEWS && used < sizeof(row->model))
        snprintf(row->model + used, sizeof(row->model) - used, ", ...");
}

static struct picture_row *add(struct picture_row *rows, unsigned *count, const char *what) {
    struct picture_row *row = &rows[(*count)++];
    *row = (struct picture_row){.what = what};
    return row;
}

/* What is behind a started chain. */
static void put_started(const struct recording_device *device, struct picture_row *rows, unsigned *count) {
    static const char *const modes[] = {[MODE_PHYSICAL] = "physical addresses",
                                        [MODE_ISOLATED] = "isolated, 1:1",
                                        [MODE_REMAPPED] = "remapped"};
    struct picture_row *row = add(rows, count, "domain");
    snprintf(row->model, sizeof(row->model), "%s; %s", modes[device->mode],
             device->attached ? "attached" : "not attached");
    if (device->asked_domain) {
        snprintf(row->seen, sizeof(row->seen), device->seen_attached ? "attached" : "not attached");
        row->differs = device->seen_attached != device->attached;
    }
    if (device->position > 0 || (device->mapped == 0 && device->seen_mapped == 0))
        return;
    row = add(rows, count, "domain maps");
    snprintf(row->model, sizeof(row->model), "%llu %s", (ULL)device->mapped, plural(device->mapped));
    if (device->asked_mapped) {
        snprintf(row->seen, sizeof(row->seen), "%llu %s", (ULL)device->seen_mapped,
                 plural(device->seen_mapped));
        row->differs = device->seen_mapped != device->mapped;
    }
}

static void put_area(const struct recording_device *device, struct picture_row *rows, unsigned *count) {
    char size[32];
    struct picture_row *row = add(rows, count, "save area");
    snprintf(row->model, sizeof(row->model), "%s, section %u",
             picture_size(device->maximum, size, sizeof(size)), device->serial);
    row = add(rows, count, "pin");
    put_pin(device, row);
    if (device->asked_pages) {
        snprintf(row->seen, sizeof(row->seen), "%u of %u %s locked", device->seen_locked, device->looked,
                 plural(device->looked));
        row->differs = device->seen_locked != device->locked;
        if (row->differs)
            snprintf(row->model + strlen(row->model), sizeof(row->model) - strlen(row->model),
                     ": %u of %u locked", device->locked, device->looked);
    }
    row = add(rows, count, "views");
    put_views(device, row);
    if (device->asked_pages && (device->views || device->seen_viewed)) {
        snprintf(row->seen, sizeof(row->seen), "%u of %u %s in a view", device->seen_viewed, device->looked,
                 plural(device->looked));
        row->differs = device->seen_viewed != device->viewed;
    }
}

unsigned picture_rows(const struct recording_device *device, struct picture_row rows[PICTURE_ROWS]) {
    unsigned count = 0;
    struct picture_row *row = add(rows, &count, "device");
    picture_device(device, row->model, sizeof(row->model));
    if (device->present && device->phase == PHASE_STARTED)
        put_started(device, rows, &count);
    if (device->present && device->serial)
        put_area(device, rows, &count);
    return count;
}
