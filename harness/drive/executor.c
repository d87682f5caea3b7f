/* Runs a program: resolve an operation, ask the model, perform, compare, tell the model. */
#include "harness/drive/executor.h"

#include <stdlib.h>

#include "harness/contract/resolve.h"
#include "harness/drive/bus.h"
#include "harness/drive/calibrate.h"
#include "harness/drive/callback.h"
#include "harness/drive/driver.h"
#include "harness/drive/memory.h"
#include "harness/drive/perform.h"
#include "harness/drive/races.h"
#include "harness/interleave/accesses.h"
#include "harness/judge/check.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"
#include "harness/judge/state_coverage.h"

/* There where accesses are traced. */
__attribute__((weak)) void accesses_coverage_begin(void);

/* ---- one operation ---- */

static void run_access(const struct program_op *op, struct call *call) {
    switch ((enum program_access)op->opcode) {
    case ACCESS_DMA_WRITE:
    case ACCESS_DMA_READ:
        run_dma(op, call);
        break;
    case ACCESS_CPU_WRITE:
    case ACCESS_CPU_READ:
        run_cpu(op, call);
        break;
    case ACCESS_SCRIBBLE:
        run_scribble(op, call);
        break;
    case ACCESS_OVERWRITE: /* outside of a race nobody else has a call under way */
        break;
    }
}

/* Save sizes are asked for in each start. What else a driver is asked before it starts, who is not held to
 * this project's choices may have asked and kept when the device came. */
static bool may_answer(const struct call *call) {
    struct program_adapter now = run.program->adapters[run.model.answers[call->device]];
    const struct program_adapter *then = &run.program->adapters[call->joiner];
    now.maximum_size = then->maximum_size;
    return run.sut->hold_chosen ||
           (now.caps == then->caps && now.miniport == then->miniport &&
            now.highest_visible == then->highest_visible && now.reserved == then->reserved &&
            now.reserved_first == then->reserved_first && now.reserved_pages == then->reserved_pages);
}

static void run_self(const struct program_op *op, struct call *call) {
    switch ((enum program_self)op->opcode) {
    case SELF_IRQL:
        call->irql = resolve_irql(op);
        run.model.irql[op->actor] = call->irql;
        run_perform(call);
        break;
    case SELF_ANSWERS:
        call->joiner = resolve_joiner(&run.model, op);
        if (may_answer(call) && model_answers(&run.model, call->device, call->joiner))
            run_perform(call);
        break;
    }
}

/* What is the same for calls of all classes. The rest is filled in by those that have it: to clear all of it
 * would take longer than some calls do. */
static void begin_call(struct call *call, uint8_t opcode, uint8_t actor, uint8_t device) {
    call->opcode = opcode;
    call->actor = actor;
    call->device = device;
    call->flag = false;
    call->null_arg = false;
    call->fail_kind = 0;
    call->fail_nth = 0;
}

static void run_op(const struct program_op *op) {
    struct call call;
    begin_call(&call, op->opcode, op->actor, resolve_device(&run.model, op->adapter));
    call.flag = op->flag;
    call.fail_kind = op->fail_kind;
    call.fail_nth = program_takes_fault(op->opcode) ? op->fail_nth : 0;
    if (run.model.actor != op->actor) {
        run.model.actor = op->actor;
        run.sut->set_actor(op->actor);
    }
    switch (program_class(op->opcode)) {
    case CLASS_CALLBACK:
        if (run_resolve_callback(op, &call))
            run_callback(&call);
        break;
    case CLASS_ACCESS:
        run_access(op, &call);
        break;
    case CLASS_BUS:
        resolve_bus(&run.model, op, &call);
        if (op->opcode == OP_ADD && !run.model.devices[call.device].present)
            miniport_join(drivers, &call.device, 1); /* one that comes later is alone */
        run_bus(&call);
        break;
    case CLASS_SELF:
        run_self(op, &call);
        break;
    case CLASS_ORDER: /* executor_run() */
        break;
    }
}

static void bus(uint8_t opcode, uint8_t device, uint8_t joiner, uint8_t count) {
    struct call call;
    begin_call(&call, opcode, run.model.actor, device);
    call.joiner = joiner;
    call.count = count;
    if (!run.abandoned)
        run_bus(&call);
}

/* Adds and starts what the program's world has at boot. */
static void boot_adapters(void) {
    const struct program *program = run.program;
    uint32_t count = program->machine.adapters;
    struct resolve_chains chains;
    bool stopped[SUT_DEVICES] = {false};
    resolve_chains(program, &chains);
    for (uint8_t i = 0; i < count; i++)
        driver_init(i);
    for (uint8_t i = 0; i < count; i++)
        if (chains.count[i])
            miniport_join(drivers, chains.member[i], chains.count[i]);
    for (uint8_t i = 0; i < count; i++) {
        uint8_t lead = chains.lead[i];
        stopped[lead] |= program->adapters[i].stopped;
        if (!program->adapters[i].absent)
            bus(OP_ADD, i, lead, chains.count[lead]);
    }
    for (uint8_t i = 0; i < count; i++)
        if (run.model.devices[i].present && run.model.devices[i].position == 0 && !stopped[chains.lead[i]])
            bus(OP_START, i, 0, 0);
}

/* Takes every adapter away; then END-ZERO. */
static void end_run(void) {
    static const struct ledger_blame blame = {CLAUSE_END_ZERO, CLAUSE_END_ZERO, CLAUSE_END_ZERO,
                                              CLAUSE_END_ZERO, CLAUSE_END_ZERO, CLAUSE_END_ZERO};
    check_everything(CLAUSE_PIN_CONTENTS, CLAUSE_MAP_COHERENT);
    situation_clear();
    for (uint8_t i = 0; i < run.program->machine.adapters; i++)
        if (run.model.devices[i].present)
            bus(OP_REMOVE, i, 0, 0);
    check_ledger(&blame);
    if (run.sut->ledger) {
        if (!dialect_held) /* caches may stay until the machine goes down */
            return;
        REQUIRE(run.ledger.pool_bytes == 0 && run.ledger.pool_blocks == 0 && run.ledger.cache_bytes == 0,
                CLAUSE_END_ZERO, ("no pool in use"),
                ("%llu bytes in %llu blocks, %llu bytes of caches", (unsigned long long)run.ledger.pool_bytes,
                 (unsigned long long)run.ledger.pool_blocks, (unsigned long long)run.ledger.cache_bytes));
        contract_kept(CLAUSE_END_ZERO, true);
    }
}

/* ---- a program ---- */

static void run_ops(const struct program *program) {
    uint32_t i;
    while (!run.abandoned && program_walk_on(&run.walk, program, &i)) {
        run.op = i;
        if (program->ops[i].opcode != OP_RACE) {
            run_op(&program->ops[i]);
        } else if (!run.sut->one_thread) { /* else one call after another */
            run.walk.next += run_race(i);
            run.race_ops = 0;
        }
        if (run.options->step && !run.abandoned)
            run.options->step();
    }
    run.op = RUN_END;
    run.walk.pass = run.walk.passes = 0;
    if (run.abandoned)
        return;
    if (run.options->done)
        run.options->done();
    end_run();
}

/* ANY-IRQL. The call that did it does not return, nor does this. */
static void system_stops(ULONG code) {
    if (run.racing) { /* there is no way back from an actor's stack */
        fprintf(stderr, "a bug check in a race: code 0x%x\n", (unsigned)code);
        abort();
    }
    run.abandoned |= !REQUIRE(run.stops, CLAUSE_ANY_IRQL, ("a call that returns"),
                              ("a bug check, code 0x%x", (unsigned)code));
    contract_refused(CLAUSE_ANY_IRQL, run.stops);
    run.stops = false;
    longjmp(run.bug_check, 1);
}

void executor_run_with(const struct program *program, const struct run_options *options) {
    calibrate();
    if (!run_boot(program, options))
        return;
    state_begin();
    if (accesses_coverage_begin)
        accesses_coverage_begin();
    if (run.sut->set_bug_check)
        run.sut->set_bug_check(system_stops);
    if (setjmp(run.bug_check) == 0) {
        boot_adapters();
        run_ops(program);
    } else {
        run.abandoned = true; /* the system has stopped, and there is nothing more to see of it */
    }
    state_end(&run.model);
    run_shut_down();
}

void executor_run(const struct program *program) {
    executor_run_with(program, NULL);
}

void executor_run_bytes(const uint8_t *bytes, size_t size) {
    static struct program program;
    program_decode(&program, bytes, size);
    executor_run(&program);
}

/* ---- for measuring ---- */

size_t executor_record(const struct program *program, struct call *tape, size_t capacity) {
    struct run_tape recorded = {.calls = tape, .capacity = capacity};
    executor_run_with(program, &(struct run_options){.tape = &recorded});
    return recorded.count;
}

static void replay_join(const struct resolve_chains *chains, const struct call *add) {
    uint8_t lead = add->joiner;
    bool boots = add->count == chains->count[lead]; /* else it comes later, and is alone */
    miniport_join(drivers, boots ? chains->member[lead] : &add->device, boots ? add->count : 1);
}

void executor_replay(const struct program *program, struct call *tape, size_t count) {
    uint8_t actor = 0;
    struct resolve_chains chains;
    if (!run_boot(program, NULL))
        return;
    resolve_chains(program, &chains);
    run.unchecked = true;
    for (uint8_t i = 0; i < program->machine.adapters; i++)
        driver_init(i);
    for (size_t i = 0; i < count; i++) {
        struct call call = tape[i];
        if (call.actor != actor) {
            actor = call.actor;
            run.sut->set_actor(actor);
        }
        if (call.opcode == OP_START && run.model.devices[call.device].present)
            driver_assemble(run.model.devices[call.device].chain);
        if (call.opcode == OP_ADD && !run.model.devices[call.device].present)
            replay_join(&chains, &call);
        if (call.opcode == OP_LINK)
            driver_join_to(call.device, call.joiner);
        call_perform(run.sut, &call);
        /* The drivers answer by their place in the chain. */
        if (call.opcode == OP_ADD && NT_SUCCESS(call.status))
            model_added(&run.model, call.device, call.joiner, call.count);
        else if (call.opcode == OP_LINK && NT_SUCCESS(call.status))
            model_linked(&run.model, call.device, call.joiner);
        else if (call.opcode == OP_REMOVE && NT_SUCCESS(call.status))
            model_removed(&run.model, call.device);
    }
    run_shut_down();
}
