/* The bus operations: power, links, start, stop, removal, memory pressure. */
#include "harness/drive/bus.h"

#include <stddef.h>

#include "harness/contract/resolve.h"
#include "harness/drive/driver.h"
#include "harness/drive/perform.h"
#include "harness/judge/check.h"
#include "harness/judge/report.h"
#include "harness/judge/run.h"

#define BLAME(clause) ((struct ledger_blame){clause, clause, clause, clause, clause, clause})

static void judge_bus(const struct call *call, const struct model_answer *answer) {
    situate_bus(&run.model, call);
    ULONG status = (ULONG)call->status;
    const struct legal legal = resolve_legal(answer, call);
    bool permitted = legal_permits(&legal, call->status, run.sut->hold_chosen);
    if (answer->expect == MUST_FAIL) {
        REQUIRE(!NT_SUCCESS(call->status), model_broken(answer), ("a failure, 0x%08x", (ULONG)answer->status),
                ("success"));
        REQUIRE_CHOSEN(permitted, answer->clause, ("status 0x%08x", (ULONG)answer->status),
                       ("0x%08x", status));
        contract_refused(answer->clause, true);
        if (call->fired)
            contract_faulted(answer->clause, true);
    } else if (!NT_SUCCESS(call->status)) {
        REQUIRE(permitted, answer->clause, ("success%s", call->fired ? ", or a shortage" : ""),
                ("0x%08x", status));
        contract_faulted(answer->clause, true);
    } else if (call->opcode != OP_ADD && call->opcode != OP_POWER) {
        /* Those two say nothing of the clause that would be blamed for their failure. */
        run_count(answer->clause, call->fired);
    }
}

/* What the model is told of: granted, and allowed. */
static bool is_granted(const struct call *call, const struct model_answer *answer) {
    return NT_SUCCESS(call->status) && answer->expect != MUST_FAIL;
}

/* ---- attach ---- */

/* A chain that runs has been attached to its domain: what every attach must have kept to. */
static void attached(uint8_t chain) {
    miniport_check_attach(&drivers[chain]);
    contract_kept(CLAUSE_ATTACH_PAIR, true);
    contract_kept(CLAUSE_ATTACH_QUIET, true);
    contract_kept(CLAUSE_RESV_TWICE, run.model.chains[chain].reserved > 0);
    contract_kept(CLAUSE_RESV_BEFORE, run.model.chains[chain].reserved > 0 && run.sut->domain);
}

/* ---- start ---- */

static void begin_start(uint8_t chain) {
    run.model.chains[chain].phase = PHASE_STARTING;
    driver_assemble(chain);
}

/* Where the contract leaves open whether a start attaches its chain, what it did is looked at. */
static void learn_attached(const struct call *start, uint8_t chain) {
    struct model_chain *c = &run.model.chains[chain];
    const struct model_caps *caps = &run.model.caps[chain];
    bool flags = (run.program->machine.iommu_flags & 7) == 7;
    bool open = (caps->let_go && start->fired) || (caps->forced && !flags && !run.sut->hold_chosen);
    bool attached = run.sut->domain && run.sut->domain(c->members[0]) != 0;
    if (open)
        c->attached = attached;
    else if (caps->unsure && attached)
        model_attached_unasked(&run.model, chain);
}

/* What a start that got through says of the clauses about it. */
static void count_started(uint8_t chain) {
    const struct model_chain *c = &run.model.chains[chain];
    const struct model_caps *caps = &run.model.caps[chain];
    uint32_t lead = run.program->adapters[run.model.answers[chain]].miniport;
    contract_kept(CLAUSE_INIT_CAPS, true);
    contract_kept(CLAUSE_INIT_MATCH, caps->early);
    contract_kept(CLAUSE_INIT_REQUIRED, caps->required);
    contract_kept(CLAUSE_LINK_INDEX, c->count > 1 && caps->supported && lead & PROGRAM_MP_INDEX_REVERSED);
    contract_kept(CLAUSE_ATTACH_BEFORE, caps->mode == MODE_REMAPPED && run.sut->domain);
    contract_kept(CLAUSE_ATTACH_NOSUPPORT, caps->mode == MODE_PHYSICAL && !caps->early && run.sut->domain);
    contract_refused(CLAUSE_ATTACH_BEGINFAIL, caps->forced && !c->attached);
    contract_kept(CLAUSE_ATTACH_FAIL, caps->let_go && !c->attached);
    contract_saw(CLAUSE_RESV_TWICE, caps->early && c->reserved > 0);
    contract_saw(CLAUSE_RESV_BEFORE, caps->early && c->reserved > 0 && run.sut->domain);
    contract_kept(CLAUSE_RESV_PAIR, c->reserved > 0);
    contract_kept(CLAUSE_RESV_OVERLAP, c->reserved > 0);
    if (!caps->early && caps->mode != MODE_PHYSICAL)
        contract_kept(CLAUSE_ATTACH_LATER, run.sut->domain);
}

static void compare_start(const struct call *call, const struct model_answer *answer, uint8_t chain) {
    struct model_chain *c = &run.model.chains[chain];
    miniport_check_start(&drivers[chain], is_granted(call, answer));
    if (!is_granted(call, answer)) {
        c->phase = PHASE_STOPPED;
        for (uint32_t i = 0; i < c->count; i++)
            model_handle_died(&run.model, c->members[i]);
        check_stopped(chain, CLAUSE_INIT_ROLLBACK);
        check_rollback(CLAUSE_INIT_ROLLBACK);
        contract_refused(CLAUSE_INIT_ROLLBACK, true);
        if (call->fired) {
            contract_faulted(CLAUSE_INIT_ROLLBACK, true);
            const struct model_caps *caps = &run.model.caps[chain];
            contract_faulted(CLAUSE_INIT_REQUIRED, call->fail_kind == SUT_FAULT_ATTACH && caps->required);
            contract_faulted(CLAUSE_ATTACH_FAIL,
                             call->fail_kind == SUT_FAULT_ATTACH && caps->forced && !caps->let_go);
        }
        return;
    }
    if (run.abandoned)
        return;
    model_started(&run.model, chain);
    learn_attached(call, chain);
    for (uint32_t i = 0; i < c->count; i++)
        if (c->areas[i].maximum)
            c->areas[i].serial = contents_new_section();
    check_started(chain, call);
    if (c->attached && !run.model.caps[chain].early)
        attached(chain);
    check_ledger(&(struct ledger_blame){CLAUSE_INIT_COMMIT, CLAUSE_INIT_ROLLBACK, CLAUSE_INIT_ROLLBACK,
                                        CLAUSE_INIT_ROLLBACK, CLAUSE_INIT_ROLLBACK, CLAUSE_ANY_STATE});
    contract_kept(CLAUSE_INIT_QUERY, true);
    contract_kept(CLAUSE_INIT_COMMIT, run.sut->ledger);
    contract_kept(CLAUSE_INIT_ALIGN, true);
    contract_kept(CLAUSE_INIT_VISIBLE, true);
    count_started(chain);
    if (c->count > 1)
        contract_kept(CLAUSE_LINK_ONE_LEAD, true);
}

/* ---- stop ---- */

/* What a stop takes back is looked at while it still is, then afterwards. */
struct remains {
    uint32_t pins;
    struct {
        uint8_t index;
        struct model_pin pin;
    } pin[SUT_CHAIN_MAX];
    uint32_t views;
    struct model_view view[4];
};

static void before_stop(uint8_t chain, struct remains *left) {
    struct model_chain *c = &run.model.chains[chain];
    left->pins = 0;
    left->views = 0;
    for (uint8_t i = 0; i < c->count; i++) {
        if (c->areas[i].last_word)
            run.stale_word = (uint32_t)((c->areas[i].last_word - 1) % MODEL_PAGE + 1);
        if (!c->areas[i].pin.live)
            continue;
        check_pin_alive(chain, i, 3, CLAUSE_PIN_CONTENTS);
        left->pin[left->pins].index = i;
        left->pin[left->pins++].pin = c->areas[i].pin;
    }
    for (uint32_t i = 0; i < run.model.view_count; i++) {
        const struct model_view *view = &run.model.views[i];
        if (view->chain != chain)
            continue;
        check_view_alive(view, CLAUSE_MAP_COHERENT);
        if (left->views < sizeof(left->view) / sizeof(left->view[0]))
            left->view[left->views++] = *view;
    }
    c->phase = PHASE_STOPPING;
}

static void after_stop(uint8_t chain, const struct remains *left) {
    struct model_chain *c = &run.model.chains[chain];
    miniport_check_stop(&drivers[chain]);
    for (uint32_t i = 0; i < c->count; i++)
        model_handle_died(&run.model, c->members[i]);
    uint32_t leaks = run.model.leaks;
    model_stopped(&run.model, chain);
    for (uint32_t i = 0; i < left->pins; i++)
        check_pin_gone(chain, left->pin[i].index, &left->pin[i].pin, CLAUSE_STOP_RECLAIM);
    for (uint32_t i = 0; i < left->views; i++)
        check_view_gone(&left->view[i], CLAUSE_STOP_RECLAIM);
    check_stopped(chain, CLAUSE_STOP_RECLAIM);
    if (run.model.leaks != leaks)
        contract_kept(CLAUSE_STOP_RECLAIM, true);
    if (c->count > 1)
        contract_kept(CLAUSE_LINK_ORDER, true);
}

static void stop_or_remove(struct call *call, const struct model_answer *answer) {
    static struct remains left;
    /* A handle that is still alive is one that works after the stop. */
    static const struct ledger_blame blame = {CLAUSE_STOP_RECLAIM, CLAUSE_STOP_RECLAIM, CLAUSE_STOP_RECLAIM,
                                              CLAUSE_STOP_RECLAIM, CLAUSE_STOP_RECLAIM, CLAUSE_STOP_STALE};
    uint8_t chain = run.model.devices[call->device].chain;
    bool stops = answer->expect == MUST_SUCCEED && run.model.chains[chain].phase == PHASE_STARTED;
    if (stops)
        before_stop(chain, &left);
    run_perform(call);
    judge_bus(call, answer);
    if (run.abandoned)
        return;
    if (answer->expect == MUST_FAIL) {
        check_rollback(CLAUSE_ANY_ROLLBACK);
        return;
    }
    if (stops)
        after_stop(chain, &left);
    if (call->opcode == OP_REMOVE) {
        model_removed(&run.model, call->device);
        miniport_remove(&drivers[call->device]);
    }
    check_ledger(&blame);
}

/* ---- the others ---- */

/* Looks at a chain's pins and views after something that must not have touched them. */
static void check_chain(uint8_t chain, enum contract_clause clause) {
    struct model_chain *c = &run.model.chains[chain];
    for (uint8_t i = 0; i < c->count; i++)
        if (c->areas[i].pin.live)
            check_pin_alive(chain, i, 2, clause);
    for (uint32_t i = 0; i < run.model.view_count; i++)
        if (run.model.views[i].chain == chain)
            check_view_alive(&run.model.views[i], clause);
}

static bool has_things(uint8_t chain) {
    bool has = false;
    for (uint8_t i = 0; i < run.model.chains[chain].count; i++)
        has |= run.model.chains[chain].areas[i].pin.live;
    return has;
}

static void reset(struct call *call, const struct model_answer *answer) {
    run_perform(call);
    judge_bus(call, answer);
    if (answer->expect == MUST_FAIL || run.abandoned)
        return;
    resolve_effect(&run.model, call);
    check_attached(run.model.devices[call->device].chain, CLAUSE_ATTACH_ONCE);
    contract_saw(CLAUSE_ATTACH_ONCE, run.sut->domain);
    check_gpu(call->device, CLAUSE_TDR_KEEPS);
    check_chain(run.model.devices[call->device].chain, CLAUSE_TDR_KEEPS);
    check_ledger(&BLAME(CLAUSE_TDR_KEEPS));
}

/* A link that failed: the chains are what they were. */
static void rejoin(const struct call *link) {
    const struct model_device *joiner = &run.model.devices[link->joiner];
    if (run.model.devices[link->device].present)
        driver_join(run.model.devices[link->device].chain);
    if (joiner->present)
        driver_join(joiner->chain);
}

/* ATTACH-KEEPS and its kin: a chain that ran on physical memory is attached to a domain. */
static void secure_vm(struct call *call, const struct model_answer *answer) {
    uint8_t chain = run.model.devices[call->device].chain;
    const struct model_chain *c = &run.model.chains[chain];
    bool first = answer->expect != MUST_FAIL && !c->attached;
    run_perform(call);
    judge_bus(call, answer);
    if (run.abandoned)
        return;
    if (run.model.devices[call->device].present)
        miniport_check_access(&drivers[chain]);
    if (!is_granted(call, answer)) {
        check_attached(chain, answer->clause == CLAUSE_ATTACH_LATER ? CLAUSE_ATTACH_FAIL : answer->clause);
        check_chain(chain, CLAUSE_ATTACH_FAIL);
        check_rollback(CLAUSE_ATTACH_FAIL);
        contract_faulted(CLAUSE_ATTACH_FAIL, call->fired);
        return;
    }
    resolve_effect(&run.model, call);
    check_attached(chain, !first        ? CLAUSE_ATTACH_ONCE
                          : call->fired ? CLAUSE_ATTACH_FAIL
                                        : CLAUSE_ATTACH_LATER);
    check_reserved(chain);
    if (first) {
        attached(chain);
        check_chain(chain, CLAUSE_ATTACH_KEEPS);
        check_edges(chain);
        contract_kept(CLAUSE_ATTACH_ALL, c->count > 1 && run.sut->domain);
        contract_kept(CLAUSE_ATTACH_KEEPS, has_things(chain));
    }
    check_ledger(&BLAME(CLAUSE_ATTACH_KEEPS));
}

/* A start with a reserved range that is the OS's: whether it fails is a choice, and no page of the OS is
 * reached through the range. */
static bool overlaps(const struct model_answer *answer) {
    return answer->expect == MUST_FAIL && answer->clause == CLAUSE_RESV_OVERLAP && !dialect_held;
}

/* What such a start came to is looked at, and undone: what becomes of the range nobody knows. */
static void refuse_again(struct call *call, uint8_t chain) {
    if (!NT_SUCCESS(call->status))
        return;
    check_overlap(chain);
    if (!run.abandoned && NT_SUCCESS(run.sut->stop(call->device)))
        call->status = STATUS_UNSUCCESSFUL;
}

/* Others may grant it, and what that means nobody knows: when a device is there, or may be linked, stopped or
 * reset, is this project's choice. */
static bool refused_by_choice(const struct call *call, const struct model_answer *answer) {
    const struct model_device *device = &run.model.devices[call->device];
    const struct model_chain *chain = &run.model.chains[device->chain];
    if (answer->expect != MUST_FAIL)
        return false;
    if (answer->by_choice)
        return !overlaps(answer);
    if (call->opcode == OP_SECURE_VM)
        return false;
    if (call->opcode != OP_START || !device->present || chain->phase != PHASE_STOPPED)
        return true;
    for (uint32_t i = 0; i < chain->count; i++)
        if (run.model.devices[chain->members[i]].gone)
            return true;
    return false;
}

static void run_bus_at_passive(struct call *call) {
    struct model *m = &run.model;
    struct model_device *device = &m->devices[call->device];
    struct model_answer answer = resolve_answer(m, call);
    if (dialect_held ? model_leaves_open(&answer) : refused_by_choice(call, &answer)) {
        run.unmade[answer.clause] = true;
        return;
    }
    switch ((enum program_bus)call->opcode) {
    case BUS_START:
        if (device->present && m->chains[device->chain].phase == PHASE_STOPPED) {
            uint8_t chain = device->chain;
            begin_start(chain);
            situate_start(m, chain);
            run_perform(call);
            if (overlaps(&answer))
                refuse_again(call, chain);
            judge_bus(call, &answer);
            if (!run.abandoned)
                compare_start(call, &answer, chain);
            return;
        }
        break;
    case BUS_STOP:
    case BUS_REMOVE:
        stop_or_remove(call, &answer);
        return;
    case BUS_RESET:
        reset(call, &answer);
        return;
    case BUS_ADD:
        call->miniport = &drivers[call->device].entries;
        break;
    case BUS_LINK:
        if (answer.status != STATUS_INVALID_PARAMETER && answer.status != STATUS_INVALID_DEVICE_STATE)
            driver_join_to(call->device, call->joiner);
        break;
    case BUS_SECURE_VM:
        secure_vm(call, &answer);
        return;
    case BUS_SURPRISE_REMOVE:
    case BUS_POWER:
        break;
    case BUS_PRESSURE: /* every adapter's pins must still be where they were */
        check_frames_before();
        run_perform(call);
        check_frames_after();
        check_everything(CLAUSE_PIN_LOCKED, CLAUSE_MAP_COHERENT);
        check_ledger(&BLAME(CLAUSE_PIN_LOCKED));
        situate_bus(m, call);
        contract_kept(CLAUSE_PIN_LOCKED, m->pins != 0 && (run.sut->page || run.sut->dma));
        return;
    }

    run_perform(call);
    judge_bus(call, &answer);
    if (run.abandoned)
        return;
    if (call->opcode == OP_ADD && !device->present)
        miniport_check_add(&drivers[call->device], is_granted(call, &answer));
    if (!is_granted(call, &answer)) {
        if (call->opcode == OP_LINK)
            rejoin(call);
        check_rollback(CLAUSE_ANY_ROLLBACK);
        contract_saw(CLAUSE_ANY_ROLLBACK, true);
        return;
    }
    resolve_effect(m, call);
    if (call->opcode == OP_LINK)
        miniport_check_link(&drivers[call->device]);
    if (call->opcode == OP_SURPRISE_REMOVE)
        check_gpu(call->device, CLAUSE_STOP_RECLAIM);
    if (call->opcode == OP_POWER) {
        check_attached(device->chain, CLAUSE_ATTACH_ONCE);
        contract_saw(CLAUSE_ATTACH_ONCE, run.sut->domain);
        check_gpu(call->device, call->flag ? CLAUSE_PIN_CONTENTS : CLAUSE_ANY_STATE);
        check_chain(device->chain, CLAUSE_PIN_CONTENTS);
    }
    check_ledger(&BLAME(CLAUSE_ANY_STATE));
}

void run_bus(struct call *call) {
    struct model *m = &run.model;
    KIRQL irql = m->irql[m->actor];
    call->actor = m->actor;
    /* The bus works at PASSIVE_LEVEL whatever the last caller on this processor did. */
    if (irql != PASSIVE_LEVEL) {
        run.sut->set_irql(PASSIVE_LEVEL);
        m->irql[m->actor] = PASSIVE_LEVEL;
    }
    run_bus_at_passive(call);
    if (irql != PASSIVE_LEVEL) {
        run.sut->set_irql(irql);
        m->irql[m->actor] = irql;
    }
}
