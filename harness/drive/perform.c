/* Performs calls at the seam, and shows them to whoever looks. */
#include "harness/drive/perform.h"

#include <string.h>

#include "harness/drive/driver.h"
#include "harness/interleave/trace.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"
#include "harness/judge/state_coverage.h"

/* One object for each argument type: globals have red zones right behind their last byte. */
#define OBJECT(name, number, word, race, needs, undone_by, help, member, type, ...) static type member##_arg;
PROGRAM_CALLBACKS(OBJECT)

/* Where arguments are passed. */
struct arguments {
#define POINTER(name, number, word, race, needs, undone_by, help, member, type, ...) type *member;
    PROGRAM_CALLBACKS(POINTER)
};

struct passed call_passed[SUT_ACTORS];

/*
 * Each callback is called by a function of its own, and with a null pointer by another one: triage takes two
 * crashes for one when two of their topmost three functions are the same, or all three are alike (as with the
 * clauses' functions, contract.h); operations.def names them. A race's actors call through them, too.
 *
 * Bytes are copied, padding included: an argument's padding is the caller's and stays what it was.
 */
#define CALLER(name, number, word, race, needs, undone_by, help, member, type, slot, caller)                 \
    static void caller(struct call *call, const struct arguments *arguments) {                               \
        memcpy(arguments->member, call->arg.raw, sizeof(*arguments->member));                                \
        call_passed[call->actor] = (struct passed){call, arguments->member};                                 \
        if (trace_argument)                                                                                  \
            trace_argument(arguments->member, sizeof(*arguments->member));                                   \
        call->status = call->table->slot(call->handle, arguments->member);                                   \
        if (trace_argument)                                                                                  \
            trace_argument(NULL, 0);                                                                         \
        call_passed[call->actor].call = NULL;                                                                \
        memcpy(call->arg.raw, arguments->member, sizeof(*arguments->member));                                \
    }
PROGRAM_CALLBACKS(CALLER)

static void nothing_to_read(struct call *call) {
    switch ((enum program_callback)call->opcode) {
#define CALL_WITH_NULL(name, number, word, race, needs, undone_by, help, member, type, slot, ...)            \
    case CALLBACK_##name:                                                                                    \
        call->status = call->table->slot(call->handle, NULL);                                                \
        break;
        PROGRAM_CALLBACKS(CALL_WITH_NULL)
    }
}

static void perform_callback(struct call *call, const struct arguments *arguments) {
    if (call->null_arg) {
        nothing_to_read(call);
        return;
    }
    switch ((enum program_callback)call->opcode) {
#define CALL(name, number, word, race, needs, undone_by, help, member, type, slot, caller)                   \
    case CALLBACK_##name:                                                                                    \
        caller(call, arguments);                                                                             \
        break;
        PROGRAM_CALLBACKS(CALL)
    }
}

static void perform_dma(const struct sut *sut, struct call *call, bool write) {
    call->dma_ok = true;
    for (uint32_t i = 0; i < call->count; i++) {
        uint64_t value = call->stamp + i;
        call->dma_ok &=
            sut->dma(call->device, call->address[i] * 4096 + call->offset, &value, sizeof(value), write);
        call->data[i] = value;
    }
}

static void perform_access(const struct sut *sut, struct call *call) {
    switch ((enum program_access)call->opcode) {
    case ACCESS_DMA_WRITE:
        perform_dma(sut, call, true);
        break;
    case ACCESS_DMA_READ:
        perform_dma(sut, call, false);
        break;
    case ACCESS_CPU_WRITE:
        *(volatile uint64_t *)(uintptr_t)call->address[0] = call->stamp;
        break;
    case ACCESS_SCRIBBLE:
        *(volatile uint64_t *)(uintptr_t)call->address[0] = call->stamp;
        break;
    case ACCESS_OVERWRITE: /* overwrite.c */
        break;
    case ACCESS_CPU_READ:
        call->data[0] = *(volatile uint64_t *)(uintptr_t)call->address[0];
        break;
    }
}

static void perform_bus(const struct sut *sut, struct call *call) {
    switch ((enum program_bus)call->opcode) {
    case BUS_SECURE_VM:
        call->status = sut->secure_vm(call->device);
        break;
    case BUS_PRESSURE:
        sut->memory_pressure();
        break;
    case BUS_STOP:
        call->status = sut->stop(call->device);
        break;
    case BUS_START:
        call->status = sut->start(call->device);
        break;
    case BUS_POWER:
        call->status = sut->power(call->device, call->flag);
        break;
    case BUS_RESET:
        call->status = sut->reset(call->device, call->flag);
        break;
    case BUS_LINK:
        call->status = sut->link(call->device, call->joiner);
        break;
    case BUS_REMOVE:
        call->status = sut->remove(call->device);
        break;
    case BUS_ADD:
        call->status = sut->add(call->device, call->miniport);
        break;
    case BUS_SURPRISE_REMOVE:
        call->status = sut->surprise_remove(call->device);
        break;
    }
}

void call_perform_beside(const struct sut *sut, struct call *call) {
#define LOCAL(name, number, word, race, needs, undone_by, help, member, type, ...)      type member;
#define ADDRESS_OF_LOCAL(name, number, word, race, needs, undone_by, help, member, ...) .member = &member,
    PROGRAM_CALLBACKS(LOCAL)
    call->status = STATUS_SUCCESS;
    call->fired = false;
    if (call_is_callback(call->opcode))
        perform_callback(call, &(struct arguments){PROGRAM_CALLBACKS(ADDRESS_OF_LOCAL)});
    else
        perform_bus(sut, call);
}

static void perform_self(const struct sut *sut, const struct call *call) {
    switch ((enum program_self)call->opcode) {
    case SELF_IRQL:
        sut->set_irql(call->irql);
        break;
    case SELF_ANSWERS:
        driver_answers(call->device, call->joiner);
        break;
    }
}

void call_perform(const struct sut *sut, struct call *call) {
#define ADDRESS_OF(name, number, word, race, needs, undone_by, help, member, ...) .member = &member##_arg,
    static const struct arguments arguments = {PROGRAM_CALLBACKS(ADDRESS_OF)};
    bool inject = call->fail_nth != 0 && call_injects(sut);
    call->status = STATUS_SUCCESS;
    call->fired = false;
    if (inject)
        sut->arm_fault((enum sut_fault)call->fail_kind, call->fail_nth);
    switch (program_class(call->opcode)) {
    case CLASS_CALLBACK:
        perform_callback(call, &arguments);
        break;
    case CLASS_ACCESS:
        perform_access(sut, call);
        break;
    case CLASS_BUS:
        perform_bus(sut, call);
        break;
    case CLASS_SELF:
        perform_self(sut, call);
        break;
    case CLASS_ORDER:
        break;
    }
    if (inject) {
        sut->fault_passed(&call->fired);
        sut->arm_fault(SUT_FAULT_ANY, 0);
    }
}

/* ---- of a run ---- */

/* Nobody waits for it as long as one actor runs at a time, but it would be for ever: found where it was kept,
 * and not where it is wanted next. A call that fails leaves all as it was, locks too. */
static void check_lock(const struct call *call) {
    const char *kept = run.sut->lock_held();
    if (!kept)
        return;
    if (run.sut->set_hooks)
        run.sut->set_hooks(NULL); /* the machine goes down yet, and wants it */
    bool failed = call_is_callback(call->opcode) && !NT_SUCCESS(call->status);
    (void)REQUIRE(false, failed ? CLAUSE_ANY_ROLLBACK : CLAUSE_RACE_LIVE,
                  ("no lock held when a call has returned"),
                  ("actor %u still holds '%s'", run.model.actor, kept));
}

/* ANY-IRQL: what the caller has set stays. */
static void check_irql(void) {
    KIRQL irql = run.sut->irql();
    (void)REQUIRE(
        irql == run.model.irql[run.model.actor], CLAUSE_ANY_IRQL,
        ("IRQL %u when the call has returned, as before it", (unsigned)run.model.irql[run.model.actor]),
        ("%u", (unsigned)irql));
}

void run_perform(struct call *call) {
    const struct run_options *options = run.options;
    if (options->observe)
        options->observe(call, false);
    uint32_t state = state_before(&run.model, call);
    call_perform(run.sut, call);
    state_after(state, &run.model, call);
    if (options->observe)
        options->observe(call, true);
    /* What a driver does in its own entry points happens again by itself when its caller is replayed. */
    if (options->tape && !run.inside && options->tape->count < options->tape->capacity)
        options->tape->calls[options->tape->count++] = *call;
    if (!run.inside && run.sut->lock_held) /* else what the driver is called by may hold some */
        check_lock(call);
    if (run.sut->irql && !run.abandoned)
        check_irql();
}
