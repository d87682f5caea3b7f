/* A callback: ask the model, perform, compare, tell the model. */
#include "harness/drive/callback.h"

#include "harness/contract/resolve.h"
#include "harness/drive/driver.h"
#include "harness/drive/perform.h"
#include "harness/judge/blame.h"
#include "harness/judge/check.h"
#include "harness/judge/descriptor.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

/* ---- resolving ---- */

bool run_resolve_callback(const struct program_op *op, struct call *call) {
    resolve_operands(&run.model, op, call);
    call->table = driver_table(call->device);
    if (!call_is_present(call)) {
        /* A driver of that version has no such callback to call. */
        contract_refused(CLAUSE_ANY_VERSION, call->table);
        return false;
    }
    return true;
}

/* ---- comparing ---- */

static bool judge(const struct call *call, const struct model_answer *answer) {
    bool success = NT_SUCCESS(call->status);
    ULONG status = (ULONG)call->status;
    if (success && answer->expect != MUST_FAIL)
        return true;
    const struct legal legal = resolve_legal(answer, call);
    bool permitted = legal_permits(&legal, call->status, run.sut->hold_chosen);
    if (answer->expect == MUST_FAIL) {
        if (!REQUIRE(!success || answer->no_effect, model_broken(answer),
                     ("a failure, 0x%08x", (ULONG)answer->status), ("success")))
            return false;
        REQUIRE_CHOSEN(permitted || answer->no_effect, answer->clause,
                       ("status 0x%08x", (ULONG)answer->status), ("0x%08x", status));
        if (call->fired)
            contract_faulted(answer->clause, true);
        contract_refused(answer->clause, true);
        if (answer->by_dialect && !dialect_held)
            contract_refused(CLAUSE_DIALECT_STEADY, true);
        return false;
    }
    bool releases = program_gives(call->opcode);
    /* That releasing fails for no shortage is a choice; what it may not do is release half. */
    bool excused = legal.failure || (releases && !dialect_held && call->fired);
    if (!REQUIRE(excused, answer->by_dialect ? model_broken(answer) : blame_refusal(call, answer),
                 ("success%s", releases || call->fired ? ", whatever is short" : ": nothing is short"),
                 ("0x%08x", status)))
        return false;
    REQUIRE_CHOSEN(permitted || excused != legal.failure, blame_refusal(call, answer),
                   ("success, or STATUS_INSUFFICIENT_RESOURCES or STATUS_NO_MEMORY"), ("0x%08x", status));
    contract_faulted(answer->clause, true);
    return false;
}

/* PIN-TWICE: the first pin stays whole. The model let the call through to its index, so the handle is a
 * live lead's. */
static void compare_first_pin(const struct call *call) {
    uint8_t index = (uint8_t)call->arg.pin2.PhysicalAdapterIndex;
    for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
        const struct model_device *lead = &run.model.devices[i];
        if (!lead->handle_alive || lead->handle != (uint64_t)(uintptr_t)call->handle)
            continue;
        check_pin_locked(lead->chain, index, CLAUSE_PIN_TWICE);
        check_pin_alive(lead->chain, index, 2, CLAUSE_PIN_TWICE);
    }
}

static void compare_failure(const struct call *call, const union call_argument *before,
                            const struct model_answer *answer, const struct sut_ledger *ledger) {
    if (run.abandoned)
        return;
    if (answer->clause == CLAUSE_PIN_TWICE)
        compare_first_pin(call);
    check_argument(before, call);
    if (run.inside)
        check_nothing_changed(ledger);
    else
        check_rollback(CLAUSE_ANY_ROLLBACK);
    contract_refused(CLAUSE_ANY_ROLLBACK, true);
    if (call->fired)
        contract_faulted(CLAUSE_ANY_ROLLBACK, true);
}

static void compare_pin(const struct call *call, const struct model_answer *answer) {
    static const struct ledger_blame blame = {CLAUSE_INIT_COMMIT, CLAUSE_PIN_EXACT, CLAUSE_PIN_LOCKED,
                                              CLAUSE_MAP_MANY,    CLAUSE_MAP_MANY,  CLAUSE_ANY_STATE};
    struct model_pin *pin = &run.model.chains[answer->chain].areas[answer->index].pin;
    uint64_t bytes = run.ledger.pool_bytes;
    uint64_t blocks = run.ledger.pool_blocks;
    check_pin_birth(call, answer->chain, answer->index);
    check_ledger(&blame);
    pin->pool_bytes = run.ledger.pool_bytes - bytes;
    pin->pool_blocks = run.ledger.pool_blocks - blocks;
}

static void compare_unpin(const struct call *call, const struct model_answer *answer) {
    static const struct ledger_blame blame = {CLAUSE_INIT_COMMIT, CLAUSE_UNPIN_GONE, CLAUSE_UNPIN_ONLY,
                                              CLAUSE_UNPIN_ONLY,  CLAUSE_UNPIN_ONLY, CLAUSE_UNPIN_ONLY};
    struct model_chain *chain = &run.model.chains[answer->chain];
    const struct model_pin *pin = &chain->areas[answer->index].pin; /* keeps what it was */
    uint64_t bytes = run.ledger.pool_bytes;
    uint64_t blocks = run.ledger.pool_blocks;
    bool others = false;
    model_unpinned(&run.model, answer->chain, answer->index);
    check_pin_gone(answer->chain, answer->index, pin, CLAUSE_UNPIN_GONE);
    check_ledger(&blame);
    /* "The ADL or MDL is freed": the pool has back what the pin took. Inside a stop it may have got
     * more back already, for the ledger was last seen before that. */
    bool known = pin->pool_blocks != MODEL_POOL_UNKNOWN;
    if (run.sut->ledger && run.sut->hold_chosen && !run.inside && known)
        REQUIRE(bytes - run.ledger.pool_bytes == pin->pool_bytes &&
                    blocks - run.ledger.pool_blocks == pin->pool_blocks,
                CLAUSE_UNPIN_GONE,
                ("%llu bytes of pool in %llu blocks freed, as the pin took",
                 (unsigned long long)pin->pool_bytes, (unsigned long long)pin->pool_blocks),
                ("%lld in %lld", (long long)(bytes - run.ledger.pool_bytes),
                 (long long)(blocks - run.ledger.pool_blocks)));
    for (uint8_t i = 0; i < chain->count; i++) {
        if (!chain->areas[i].pin.live)
            continue;
        check_pin_alive(answer->chain, i, 2, CLAUSE_UNPIN_ONLY);
        situation_enter(SITUATION_BYSTANDER_PIN);
        others = true;
    }
    /* A view of the same section is what an unpin could take along; the others wait for their end. */
    for (uint32_t i = 0; i < run.model.view_count; i++) {
        const struct model_view *view = &run.model.views[i];
        if (view->chain == answer->chain && view->index == answer->index) {
            check_view_alive(view, CLAUSE_UNPIN_ONLY);
            situation_enter(SITUATION_BYSTANDER_VIEW);
            others = true;
            break;
        }
    }
    run_count(CLAUSE_UNPIN_EITHER, call->fail_nth != 0);
    if (run.sut->ledger || run.sut->dma || run.sut->descriptor_alive)
        contract_kept(CLAUSE_UNPIN_GONE, true);
    if (others)
        contract_kept(CLAUSE_UNPIN_ONLY, true);
    if (call->fail_nth)
        contract_faulted(CLAUSE_ANY_RELEASE, true);
}

static void compare_map(const struct call *call, const union call_argument *before,
                        const struct model_answer *answer) {
    static const struct ledger_blame blame = {CLAUSE_INIT_COMMIT, CLAUSE_MAP_MANY, CLAUSE_MAP_MANY,
                                              CLAUSE_MAP_MANY,    CLAUSE_MAP_MANY, CLAUSE_MAP_MANY};
    uint64_t offset = before->map.Offset;
    uint64_t base = (uint64_t)(uintptr_t)call->arg.map.pBaseAddress;
    uint64_t returned = call->arg.map.Offset;
    if (!descriptor_check_view(&call->arg.map, offset))
        return;
    if (dialect_held && !model_base_covered(&run.model, base)) {
        bool again = false;
        for (uint32_t i = 0; i < run.model.base_count; i++)
            again |= run.model.bases[i] == base;
        if (!REQUIRE(!again, CLAUSE_UNMAP_GONE, ("a base that is live or new"),
                     ("one that was issued before and has ended")))
            return;
    }
    struct model_view view = {.chain = answer->chain,
                              .index = answer->index,
                              .base = base,
                              .first = offset - returned,
                              .offset = offset,
                              .size = before->map.Size};
    uint32_t others = run.model.view_count;
    for (uint32_t i = 0; i < others; i++)
        situation_enter_if(run.model.views[i].base == base, SITUATION_VIEWS_SAME_BASE);
    model_mapped(&run.model, &view);
    check_view_birth(&view);
    check_ledger(&blame);
    /* The view before this one, if it is of the same section, must not have suffered. */
    if (others) {
        check_view_alive(&run.model.views[others - 1], CLAUSE_MAP_MANY);
        contract_kept(CLAUSE_MAP_MANY, true);
    }
    run_count(CLAUSE_MAP_MAYFAIL, call->fired);
}

static void compare_unmap(const struct call *call, const struct model_answer *answer) {
    static const struct ledger_blame blame = {CLAUSE_INIT_COMMIT, CLAUSE_UNMAP_GONE, CLAUSE_MAP_MANY,
                                              CLAUSE_UNMAP_GONE,  CLAUSE_MAP_MANY,   CLAUSE_UNMAP_GONE};
    int at = model_find_view(&run.model, answer->chain, answer->index,
                             (uint64_t)(uintptr_t)call->arg.unmap.pBaseAddress);
    struct model_view view = run.model.views[at];
    model_unmapped(&run.model, (uint32_t)at);
    check_view_gone(&view, CLAUSE_UNMAP_GONE);
    check_ledger(&blame);
    if (run.model.view_count)
        check_view_alive(&run.model.views[run.model.view_count - 1], CLAUSE_MAP_MANY);
    run_count(CLAUSE_UNMAP_MINE, call->fail_nth != 0);
    if (run.sut->cpu_accessible)
        contract_kept(CLAUSE_UNMAP_GONE, true);
    if (call->fail_nth)
        contract_faulted(CLAUSE_ANY_RELEASE, true);
}

bool callback_is_made(const struct model_answer *answer) {
    bool may_stop =
        !dialect_held && run.model.irql[run.model.actor] > APC_LEVEL; /* with nothing asked after it */
    bool is_open = !may_stop && model_leaves_open(answer);
    if (!may_stop && !is_open)
        return true;
    run.unmade[CLAUSE_ANY_IRQL] |= may_stop;
    run.unmade[answer->clause] |= is_open;
    return false;
}

void run_callback(struct call *call) {
    struct model *m = &run.model;

    /* What the model says. */
    struct model_answer answer = resolve_answer(m, call);
    if (!callback_is_made(&answer))
        return;
    if (answer.stops && !run.sut->set_bug_check) {
        run.unmade[CLAUSE_ANY_IRQL] = true;
        return;
    }
    situate_callback(m, call, &answer, run.entry);
    if (answer.expect == MUST_FAIL)
        run_note_breach(answer.clause);
    if (m->irql[m->actor] > PASSIVE_LEVEL && !answer.stops)
        m->breaches++;
    /* What an entry point comes from is not over, and the ledger was last seen before it. */
    struct sut_ledger ledger;
    if (run.inside && run.sut->ledger)
        run.sut->ledger(&ledger);
    /* What is about to end is looked at while it still is. */
    if (answer.expect != MUST_FAIL && call->opcode == OP_UNPIN)
        check_pin_alive(answer.chain, answer.index, 3, CLAUSE_PIN_CONTENTS);
    if (answer.expect != MUST_FAIL && call->opcode == OP_UNMAP)
        check_view_alive(&m->views[model_find_view(m, answer.chain, answer.index,
                                                   (uint64_t)(uintptr_t)call->arg.unmap.pBaseAddress)],
                         CLAUSE_MAP_COHERENT);
    if (run.abandoned)
        return;

    /* What the implementation does. */
    const union call_argument before = call->arg;
    run.stops = answer.stops;
    run_perform(call);
    run.stops = false;
    situate_fault(m, call);
    if (!REQUIRE(!answer.stops, CLAUSE_ANY_IRQL, ("a bug check at IRQL %u", (unsigned)m->irql[m->actor]),
                 ("a call that returns 0x%08x", (ULONG)call->status)))
        return;

    /* Compare. */
    if (!judge(call, &answer)) {
        compare_failure(call, &before, &answer, &ledger);
        return;
    }
    if (run.abandoned)
        return;
    contract_kept(CLAUSE_ANY_STATE, run.inside);
    if (situation_wanted) {
        contract_saw(CLAUSE_ANY_STATE, true);
        contract_saw(CLAUSE_TDR_KEEPS, situate_in_reset(call->opcode));
        contract_saw(CLAUSE_STOP_RECLAIM, situate_gone(call->opcode));
    }
    switch ((enum program_callback)call->opcode) {
    case CALLBACK_PIN2:
    case CALLBACK_PIN:
        compare_pin(call, &answer);
        contract_kept(CLAUSE_ANY_LEAD, true);
        if (m->devices[answer.chain].d3)
            contract_kept(CLAUSE_ANY_STATE, true);
        break;
    case CALLBACK_UNPIN:
        compare_unpin(call, &answer);
        break;
    case CALLBACK_MAP:
        compare_map(call, &before, &answer);
        break;
    case CALLBACK_UNMAP:
        compare_unmap(call, &answer);
        break;
    }
}
