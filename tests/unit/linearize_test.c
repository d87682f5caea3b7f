/* The linearizability oracle: histories that some serial order explains, and others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/contract/count.h"
#include "harness/judge/linearize.h"

/* Device 0 leads 1; 2 is alone. Both chains run, and every area has 8 pages. */
static struct program program;
static struct model before;

static struct call asked[LINEARIZE_CALLS], answered[LINEARIZE_CALLS];
static struct linearize_call calls[LINEARIZE_CALLS];
static uint32_t count;
static struct linearize_result result;

static const uint64_t handles[] = {0x100, 0x200, 0x300};

static void start(uint8_t chain) {
    struct model_chain *c = &before.chains[chain];
    for (uint8_t i = 0; i < c->count; i++)
        model_handle_issued(&before, c->members[i], handles[c->members[i]]);
    model_started(&before, chain);
    for (uint8_t i = 0; i < c->count; i++)
        c->areas[i].serial = 1u + c->members[i];
}

static int set_up(void **state) {
    (void)state;
    program_default_machine(&program.machine);
    program.machine.adapters = 3;
    for (uint32_t i = 0; i < 3; i++)
        program_default_adapter(&program.adapters[i]);
    program.op_count = 0;
    model_reset(&before, &program);
    for (uint8_t i = 0; i < 3; i++)
        model_added(&before, i, i, 1);
    model_linked(&before, 0, 1);
    start(0);
    start(2);
    count = 0;
    return 0;
}

static uint8_t add(uint8_t actor, uint8_t opcode, uint32_t invoked, uint32_t returned, NTSTATUS status) {
    asked[count] = (struct call){.opcode = opcode, .actor = actor, .handle = (HANDLE)(uintptr_t)handles[0]};
    answered[count] = asked[count];
    answered[count].status = status;
    calls[count] = (struct linearize_call){&asked[count], &answered[count], invoked, returned, 0};
    return (uint8_t)count++;
}

/* Of one page, with a descriptor of this number. */
static uint8_t pin(uint8_t actor, uint32_t invoked, uint32_t returned, NTSTATUS status, uintptr_t adl) {
    uint8_t call = add(actor, OP_PIN2, invoked, returned, status);
    asked[call].arg.pin2.CommitSize = MODEL_PAGE;
    answered[call].arg.pin2.CommitSize = MODEL_PAGE;
    answered[call].arg.pin2.pAdl = (void *)adl;
    return call;
}

static uint8_t unpin(uint8_t actor, uint32_t invoked, uint32_t returned, NTSTATUS status) {
    return add(actor, OP_UNPIN, invoked, returned, status);
}

static uint8_t map(uint8_t actor, uint32_t invoked, uint32_t returned, NTSTATUS status, uintptr_t base) {
    uint8_t call = add(actor, OP_MAP, invoked, returned, status);
    asked[call].arg.map.Size = MODEL_PAGE;
    answered[call].arg.map = asked[call].arg.map;
    answered[call].arg.map.pBaseAddress = (void *)base;
    return call;
}

static uint8_t unmap(uint8_t actor, uint32_t invoked, uint32_t returned, NTSTATUS status, uintptr_t base) {
    uint8_t call = add(actor, OP_UNMAP, invoked, returned, status);
    asked[call].arg.unmap.pBaseAddress = (void *)base;
    return call;
}

static uint8_t bus(uint8_t actor, uint8_t opcode, uint8_t device, uint32_t invoked, uint32_t returned,
                   NTSTATUS status) {
    uint8_t call = add(actor, opcode, invoked, returned, status);
    asked[call].device = device;
    answered[call].device = device;
    return call;
}

static bool explained(linearize_final *fits, void *context) {
    static struct model copy;
    memcpy(&copy, &before, sizeof(copy));
    linearize(&before, calls, count, true, fits, context, &result);
    assert_memory_equal(&copy, &before, sizeof(copy));
    assert_false(result.gave_up);
    return result.explained;
}

static void assert_order(const char *order) {
    char seen[LINEARIZE_EVENTS + 1] = "";
    for (uint32_t i = 0; i < result.order.count; i++)
        seen[i] = (char)('a' + result.order.events[i].call);
    seen[result.order.count] = 0;
    assert_string_equal(seen, order);
}

/* ---- callbacks ---- */

static void one_of_two_pins(void **state) {
    for (int both = 0; both < 3; both++) {
        set_up(state);
        pin(0, 1, 4, both == 2 ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS, 0x1000);
        pin(1, 2, 3, both == 1 ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE, 0x2000);
        assert_int_equal(explained(NULL, NULL), both == 0);
        if (both == 0) {
            assert_order("ab");
            assert_int_equal(linearize_model()->pins, 1);
            assert_int_equal(linearize_model()->locked_pages, 1);
            continue;
        }
        assert_int_equal(result.clause, CLAUSE_RACE_ATOMIC);
        assert_int_equal(result.order.count, both == 1 ? 1 : 0);
    }
}

static void an_unpin_finds_the_pin(void **state) {
    for (int late = 0; late < 2; late++) {
        set_up(state);
        unpin(0, 1, late ? 2 : 4, STATUS_SUCCESS);
        pin(1, 3, 5, STATUS_SUCCESS, 0x1000);
        add(2, OP_PRESSURE, 0, 9, STATUS_SUCCESS);
        /* An unpin that had returned before the pin was invoked cannot have had it. */
        assert_int_equal(explained(NULL, NULL), !late);
        if (!late) {
            assert_order("bac");
            assert_int_equal(linearize_model()->pins, 0);
        } else {
            assert_int_equal(result.clause, CLAUSE_RACE_ATOMIC);
            assert_int_equal(result.culprit, 0);
            assert_int_equal(result.wanted.clause, CLAUSE_UNPIN_NOTHING);
        }
    }
}

/* One call after the other: that is no race, and the clause is the call's own. */
static void a_serial_history_has_its_own_clause(void **state) {
    set_up(state);
    pin(0, 1, 2, STATUS_SUCCESS, 0x1000);
    pin(1, 3, 4, STATUS_SUCCESS, 0x2000);
    assert_false(explained(NULL, NULL));
    assert_int_equal(result.clause, CLAUSE_PIN_TWICE);
    assert_int_equal(result.culprit, 1);
}

static void statuses_count_when_exact(void **state) {
    for (int exact = 0; exact < 2; exact++) {
        set_up(state);
        pin(0, 1, 4, STATUS_SUCCESS, 0x1000);
        pin(1, 2, 3, STATUS_INVALID_PARAMETER, 0);
        linearize(&before, calls, count, exact, NULL, NULL, &result);
        assert_int_equal(result.explained, !exact);
    }
}

static bool has_descriptor(void *context, const struct model *after) {
    const struct model_pin *only = &after->chains[0].areas[0].pin;
    return only->live && only->descriptor == context;
}

/* pin, unpin, pin: the answers do not say which pin lives on, the state does. */
static void the_final_state_decides(void **state) {
    for (uintptr_t adl = 0x1000; adl <= 0x3000; adl += 0x1000) {
        set_up(state);
        pin(0, 1, 9, STATUS_SUCCESS, 0x1000);
        pin(1, 2, 8, STATUS_SUCCESS, 0x2000);
        unpin(2, 3, 7, STATUS_SUCCESS);
        assert_int_equal(explained(has_descriptor, (void *)adl), adl != 0x3000);
        if (adl == 0x3000) {
            assert_int_equal(result.culprit, LINEARIZE_CALLS);
            assert_int_equal(result.clause, CLAUSE_RACE_ATOMIC);
            assert_int_equal(result.orders, 2);
        } else {
            assert_order(adl == 0x1000 ? "bca" : "acb");
        }
    }
}

static void views_are_told_apart(void **state) {
    for (int wrong = 0; wrong < 2; wrong++) {
        set_up(state);
        map(0, 1, 6, STATUS_SUCCESS, 0x10000);
        map(1, 2, 5, STATUS_SUCCESS, 0x20000);
        unmap(2, 3, 4, STATUS_SUCCESS, wrong ? 0x30000 : 0x20000);
        asked[0].arg.map.Offset = 3 * MODEL_PAGE;
        answered[0].arg.map.Offset = MODEL_PAGE;
        assert_int_equal(explained(NULL, NULL), !wrong);
        if (wrong) {
            assert_int_equal(result.wanted.clause, CLAUSE_UNMAP_MINE);
            continue;
        }
        assert_order("bca");
        assert_int_equal(linearize_model()->view_count, 1);
        assert_int_equal(linearize_model()->views[0].base, 0x10000);
        assert_int_equal(linearize_model()->views[0].first, 2 * MODEL_PAGE);
        assert_int_equal(linearize_model()->views[0].offset, 3 * MODEL_PAGE);
        assert_int_equal(linearize_model()->view_bytes, MODEL_VIEW_ALIGN);
    }
}

static void failures_change_nothing(void **state) {
    set_up(state);
    before.irql[1] = DISPATCH_LEVEL;
    pin(0, 1, 4, STATUS_SUCCESS, 0x1000);
    pin(1, 2, 3, STATUS_INVALID_LEVEL, 0);
    pin(2, 2, 5, STATUS_INVALID_DEVICE_STATE, 0);
    assert_true(explained(NULL, NULL));
    assert_int_equal(linearize_model()->breaches, 1);
    assert_int_equal(linearize_model()->pins, 1);
    answered[1].status = STATUS_SUCCESS;
    assert_false(explained(NULL, NULL));
}

/* What a pin of before listed may have been freed by the time of the search. */
static void no_list_is_read(void **state) {
    set_up(state);
    struct model_chain *c = &before.chains[0];
    struct model_pin first = {.pages = 2, .array = (const void *)8, .descriptor = (void *)0x1000};
    model_pinned(&before, 0, 0, &first);
    c->mode = MODE_REMAPPED;
    c->visible_pages = 6; /* so few that only the list could tell whether there is a run */
    unpin(0, 1, 4, STATUS_SUCCESS);
    uint8_t call = pin(1, 2, 3, STATUS_SUCCESS, 0x2000);
    asked[call].arg.pin2.PhysicalAdapterIndex = 1;
    asked[call].arg.pin2.CommitSize = 2 * MODEL_PAGE;
    asked[call].arg.pin2.Flags.PreferContiguous = 1;
    assert_true(explained(NULL, NULL));
    assert_int_equal(linearize_model()->pins, 1);
}

/* While calls overlap, one may hold for a moment what another wants. */
static void a_shortage_of_all_together(void **state) {
    for (uint32_t pages = 1; pages <= 2; pages++) {
        set_up(state);
        program.machine.ram_pages = pages;
        pin(0, 1, 4, STATUS_SUCCESS, 0x1000);
        pin(1, 2, 3, STATUS_NO_MEMORY, 0);
        asked[1].handle = (HANDLE)(uintptr_t)handles[2];
        unpin(0, 5, 6, STATUS_SUCCESS);
        assert_int_equal(explained(NULL, NULL), pages == 1);
    }
    /* Both may fail, each for what the other held, and with no other status than a shortage's. */
    for (int other = 0; other < 3; other++) {
        set_up(state);
        program.machine.ram_pages = other == 1 ? 2 : 1;
        pin(0, 1, 4, STATUS_NO_MEMORY, 0);
        pin(1, 2, 3, other == 2 ? STATUS_UNSUCCESSFUL : STATUS_INSUFFICIENT_RESOURCES, 0);
        assert_int_equal(explained(NULL, NULL), other == 0);
    }
    /* A release never fails for one. */
    set_up(state);
    program.machine.ram_pages = 1;
    pin(0, 1, 4, STATUS_SUCCESS, 0x1000);
    pin(2, 1, 4, STATUS_NO_MEMORY, 0);
    unpin(1, 2, 5, STATUS_NO_MEMORY);
    assert_false(explained(NULL, NULL));
    assert_int_equal(result.culprit, 2);
    /* One that would not fit an empty machine may fail, and is no excuse for the other. */
    for (int other = 0; other < 2; other++) {
        set_up(state);
        before.chains[0].areas[0].maximum = UINT64_MAX - (MODEL_PAGE - 1);
        uint8_t call = map(0, 1, 4, STATUS_INSUFFICIENT_RESOURCES, 0);
        asked[call].arg.map.Size = UINT64_MAX - (MODEL_PAGE - 1);
        pin(1, 2, 3, other ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS, 0x1000);
        assert_int_equal(explained(NULL, NULL), !other);
    }
    /* What no state lets through takes nothing: the other must still succeed. */
    set_up(state);
    pin(0, 1, 4, STATUS_NO_MEMORY, 0);
    pin(1, 2, 3, STATUS_INVALID_PARAMETER, 0);
    asked[1].arg.pin2.CommitSize = UINT64_MAX - (MODEL_PAGE - 1);
    assert_false(explained(NULL, NULL));
    assert_int_equal(result.wanted.clause, CLAUSE_PIN_SUCCEEDS);
}

/* ---- stops ---- */

static bool fits_ledger(void *context, const struct model *after) {
    return linearize_ledger_fits(after, context);
}

static struct sut_ledger ledger_of(const struct model *model) {
    return (struct sut_ledger){.commit_pages = model->commit_pages,
                               .locked_pages = model->locked_pages,
                               .domain_pages = model->domain_pages,
                               .view_bytes = model->view_bytes,
                               .pins = model->pins,
                               .views = model->view_count,
                               .handles = model->handles_alive,
                               .leaks = model->leaks,
                               .breaches = model->breaches};
}

/* After a stop of chain 0 that took back so much. */
static struct sut_ledger stopped_ledger(uint32_t leaks) {
    struct sut_ledger ledger = ledger_of(&before);
    ledger.commit_pages -= before.chains[0].section_pages;
    ledger.handles -= 2;
    ledger.leaks += leaks;
    return ledger;
}

static void a_pin_in_a_stop(void **state) {
    static const struct {
        NTSTATUS status;
        uint32_t leaks;
        bool explained;
    } cases[] = {
        {STATUS_SUCCESS, 1, true},
        {STATUS_SUCCESS, 0, false},
        {STATUS_INVALID_DEVICE_STATE, 0, true},
        {STATUS_INVALID_HANDLE, 0, true},
        {STATUS_INVALID_HANDLE, 1, false},
        {STATUS_INVALID_PARAMETER, 0, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_up(state);
        pin(0, 1, 4, cases[i].status, 0x1000);
        bus(1, OP_STOP, 1, 2, 3, STATUS_SUCCESS);
        struct sut_ledger ledger = stopped_ledger(cases[i].leaks);
        assert_int_equal(explained(fits_ledger, &ledger), cases[i].explained);
        if (!cases[i].explained)
            assert_int_equal(result.clause, CLAUSE_RACE_STOP);
        else
            assert_int_equal(linearize_model()->chains[0].phase, PHASE_STOPPED);
    }
    /* The other chain's pin has nothing to do with it. */
    set_up(state);
    pin(0, 1, 4, STATUS_INVALID_HANDLE, 0);
    asked[0].handle = (HANDLE)(uintptr_t)handles[2];
    bus(1, OP_STOP, 1, 2, 3, STATUS_SUCCESS);
    assert_false(explained(NULL, NULL));
    assert_int_equal(result.clause, CLAUSE_RACE_ATOMIC);
}

/* New pins fail already, releases still work. */
static void releases_in_a_stop(void **state) {
    for (int refused = 0; refused < 2; refused++) {
        set_up(state);
        struct model_pin first = {.contiguous = true, .pages = 1, .descriptor = (void *)0x1000};
        model_pinned(&before, 0, 0, &first);
        bus(0, OP_STOP, 0, 1, 9, STATUS_SUCCESS);
        map(1, 2, 3, STATUS_INVALID_DEVICE_STATE, 0);
        unpin(1, 4, 5, refused ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS);
        unpin(1, 6, 7, STATUS_INVALID_HANDLE);
        assert_int_equal(explained(NULL, NULL), !refused);
        if (!refused) {
            assert_order("abcada");
            assert_int_equal(linearize_model()->leaks, 0);
        }
    }
}

/* An unpin that the driver makes inside its stop. */
static uint8_t unpin_within(uint8_t stop, uint32_t invoked, uint32_t returned, NTSTATUS status) {
    uint8_t call = unpin(asked[stop].actor, invoked, returned, status);
    calls[call].within = (uint8_t)(stop + 1);
    return call;
}

/* It lies behind the beginning of its stop, in front of the death of the handles. */
static void a_release_within_a_stop(void **state) {
    static const struct {
        NTSTATUS within, beside;
        const char *order; /* NULL: there is none */
    } cases[] = {
        {STATUS_SUCCESS, STATUS_INVALID_PARAMETER, "abcaa"},
        {STATUS_SUCCESS, STATUS_INVALID_HANDLE, "abaca"},
        {STATUS_INVALID_PARAMETER, STATUS_SUCCESS, "cabaa"},
        {STATUS_SUCCESS, STATUS_SUCCESS, NULL},        /* there was one pin */
        {STATUS_INVALID_HANDLE, STATUS_SUCCESS, NULL}, /* for its handle is alive yet */
        {STATUS_INVALID_PARAMETER, STATUS_INVALID_HANDLE, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_up(state);
        struct model_pin first = {.contiguous = true, .pages = 1, .descriptor = (void *)0x1000};
        model_pinned(&before, 0, 0, &first);
        bus(0, OP_STOP, 0, 1, 20, STATUS_SUCCESS);
        unpin_within(0, 5, 8, cases[i].within);
        unpin(1, 2, 9, cases[i].beside);
        assert_int_equal(explained(NULL, NULL), cases[i].order != NULL);
        if (cases[i].order)
            assert_order(cases[i].order);
        else
            assert_int_equal(result.clause, CLAUSE_RACE_STOP);
    }
}

/* By the time that it has returned, its stop has begun; when the handles are dead, it is over. */
static void a_release_tells_how_far_its_stop_is(void **state) {
    for (int granted = 0; granted < 2; granted++) {
        set_up(state);
        bus(0, OP_REMOVE, 1, 1, 20, STATUS_SUCCESS);
        unpin_within(0, 2, 3, STATUS_INVALID_PARAMETER);
        unpin_within(0, 6, 9, STATUS_INVALID_PARAMETER);
        map(1, 4, 5, granted ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE, 0x10000);
        assert_int_equal(explained(NULL, NULL), !granted);
        if (!granted)
            assert_order("abdcaaa");
        set_up(state);
        bus(0, OP_STOP, 0, 1, 20, STATUS_SUCCESS);
        unpin_within(0, granted ? 2 : 6, granted ? 3 : 7, STATUS_INVALID_PARAMETER);
        unpin(1, 4, 5, STATUS_INVALID_HANDLE);
        assert_int_equal(explained(NULL, NULL), granted);
    }
}

/* Where a stop is alone with what its driver calls, it is no race, and the clause is the call's own. */
static void a_stop_and_its_releases_are_one_caller(void **state) {
    struct contract_count *atomic = &contract_counts[CLAUSE_RACE_ATOMIC];
    uint64_t atomics = atomic->kept;
    set_up(state);
    bus(0, OP_STOP, 0, 1, 9, STATUS_SUCCESS);
    unpin_within(0, 2, 3, STATUS_SUCCESS);
    assert_false(linearize_overlap(&calls[0], &calls[1]));
    linearize_count(calls, count);
    assert_int_equal(atomic->kept, atomics);
    assert_false(explained(NULL, NULL));
    assert_int_equal(result.culprit, 1);
    assert_int_equal(result.clause, CLAUSE_UNPIN_NOTHING);
}

/* A handle that died does not come alive again. */
static void a_stop_goes_one_way(void **state) {
    set_up(state);
    bus(0, OP_STOP, 0, 1, 9, STATUS_SUCCESS);
    unpin(1, 2, 3, STATUS_INVALID_HANDLE);
    pin(1, 4, 5, STATUS_INVALID_DEVICE_STATE, 0);
    assert_false(explained(NULL, NULL));
    assert_int_equal(result.clause, CLAUSE_RACE_STOP);
    assert_int_equal(result.culprit, 2);
    assert_int_equal(result.wanted.status, STATUS_INVALID_HANDLE);
}

static void two_stops(void **state) {
    for (int both = 0; both < 2; both++) {
        set_up(state);
        bus(0, OP_STOP, 0, 1, 4, STATUS_SUCCESS);
        bus(1, OP_STOP, 1, 2, 3, both ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE);
        assert_int_equal(explained(NULL, NULL), !both);
    }
}

/* The handles are dead, and the stop is not over: a removal is turned down. */
static void a_removal_in_a_stop(void **state) {
    for (int removed = 0; removed < 2; removed++) {
        set_up(state);
        bus(0, OP_STOP, 0, 1, 9, STATUS_SUCCESS);
        unpin(1, 2, 3, STATUS_INVALID_HANDLE);
        bus(1, OP_REMOVE, 0, 4, 5, removed ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE);
        unpin(2, 6, 7, STATUS_INVALID_HANDLE);
        bus(2, OP_STOP, 0, 10, 11, removed ? STATUS_INVALID_PARAMETER : STATUS_INVALID_DEVICE_STATE);
        assert_true(explained(NULL, NULL));
        assert_order(removed ? "aabacde" : "aabcdae");
        assert_int_equal(linearize_model()->devices[0].present, !removed);
        assert_int_equal(linearize_model()->devices[1].chain, removed ? 1 : 0);
    }
}

static void a_removal_stops_first(void **state) {
    set_up(state);
    bus(0, OP_REMOVE, 1, 1, 9, STATUS_SUCCESS);
    pin(1, 2, 3, STATUS_SUCCESS, 0x1000);
    map(2, 4, 5, STATUS_INVALID_DEVICE_STATE, 0);
    assert_true(explained(NULL, NULL));
    assert_order("bacaaa");
    assert_int_equal(result.order.events[3].kind, EVENT_DEAD);
    assert_int_equal(result.order.events[5].kind, EVENT_LEAVE);
    assert_false(linearize_model()->devices[1].present);
    assert_int_equal(linearize_model()->chains[0].count, 1);
    assert_int_equal(linearize_model()->leaks, 1);
    /* A removal that fails where nothing stands in its way. */
    set_up(state);
    bus(0, OP_REMOVE, 1, 1, 9, STATUS_INVALID_DEVICE_STATE);
    add(1, OP_PRESSURE, 2, 3, STATUS_SUCCESS);
    assert_false(explained(NULL, NULL));
    assert_int_equal(result.clause, CLAUSE_RACE_STOP);
}

static void the_rest_of_the_bus(void **state) {
    set_up(state);
    asked[bus(0, OP_POWER, 0, 1, 9, STATUS_SUCCESS)].flag = false;
    asked[bus(1, OP_RESET, 0, 2, 8, STATUS_SUCCESS)].flag = true;
    asked[bus(2, OP_RESET, 0, 2, 7, STATUS_INVALID_DEVICE_STATE)].flag = true;
    bus(3, OP_SURPRISE_REMOVE, 0, 3, 6, STATUS_SUCCESS);
    assert_true(explained(NULL, NULL));
    assert_true(linearize_model()->devices[0].d3);
    assert_true(linearize_model()->devices[0].in_reset);
    assert_true(linearize_model()->devices[0].gone);
    answered[2].status = STATUS_SUCCESS;
    assert_false(explained(NULL, NULL));
    assert_int_equal(result.clause, CLAUSE_RACE_STOP); /* of a surprise removal's chain */
    answered[2].status = STATUS_INVALID_DEVICE_STATE;
    bus(3, OP_SURPRISE_REMOVE, 0, 10, 11, STATUS_SUCCESS);
    assert_false(explained(NULL, NULL));
}

/* ---- the search itself ---- */

static bool never(void *context, const struct model *after) {
    (void)after;
    *(uint32_t *)context += 1;
    return false;
}

/* Two actors' calls in step keep their own order: rounds of one call each, which overlap their neighbours'
 * by nothing, have 2^4; all calls at once 8!. */
static void counts_all_orders(void **state) {
    for (uint32_t together = 0; together < 2; together++) {
        set_up(state);
        for (uint32_t i = 0; i < LINEARIZE_CALLS; i++)
            add((uint8_t)(i % 2), OP_PRESSURE, together ? 0 : 2 * (i / 2), together ? 1 : 2 * (i / 2) + 1,
                STATUS_SUCCESS);
        uint32_t looks = 0;
        linearize(&before, calls, count, true, never, &looks, &result);
        assert_false(result.explained);
        assert_false(result.gave_up);
        assert_int_equal(result.orders, looks);
        assert_int_equal(looks, together ? 40320 : 16);
    }
}

/* Another's call has its place before, between or behind the four events of a stop and what it calls. */
static void counts_the_orders_of_a_stop(void **state) {
    set_up(state);
    bus(0, OP_STOP, 0, 0, 100, STATUS_SUCCESS);
    unpin_within(0, 10, 20, STATUS_INVALID_PARAMETER);
    add(1, OP_PRESSURE, 0, 100, STATUS_SUCCESS);
    uint32_t looks = 0;
    linearize(&before, calls, count, true, never, &looks, &result);
    assert_false(result.gave_up);
    assert_int_equal(looks, 5);
}

static void gives_up_in_the_end(void **state) {
    set_up(state);
    /* Eight removals and stops that fit everywhere: 8 calls of up to four events, all at once. */
    for (uint32_t i = 0; i < 3; i++)
        bus((uint8_t)i, OP_REMOVE, (uint8_t)i, 0, 100, STATUS_SUCCESS);
    for (uint32_t i = 0; i < 5; i++)
        add(3, OP_PRESSURE, 0, 100, STATUS_SUCCESS);
    uint32_t looks = 0;
    linearize(&before, calls, count, true, never, &looks, &result);
    assert_false(result.explained);
    assert_true(result.gave_up);
}

static void counts_clauses(void **state) {
    struct contract_count *atomic = &contract_counts[CLAUSE_RACE_ATOMIC];
    struct contract_count *stop = &contract_counts[CLAUSE_RACE_STOP];
    uint64_t atomics = atomic->kept, stops = stop->kept;
    set_up(state);
    pin(0, 1, 2, STATUS_SUCCESS, 0x1000);
    bus(1, OP_STOP, 0, 3, 4, STATUS_SUCCESS);
    linearize_count(calls, count);
    assert_int_equal(atomic->kept, atomics);
    assert_int_equal(stop->kept, stops);
    calls[0].returned = 5;
    linearize_count(calls, count);
    assert_int_equal(atomic->kept, atomics + 1);
    assert_int_equal(stop->kept, stops + 1);
    set_up(state);
    pin(0, 1, 4, STATUS_SUCCESS, 0x1000);
    unpin(1, 2, 3, STATUS_SUCCESS);
    bus(1, OP_STOP, 0, 5, 6, STATUS_SUCCESS);
    linearize_count(calls, count);
    assert_int_equal(atomic->kept, atomics + 2);
    assert_int_equal(stop->kept, stops + 1);
}

static void the_ledger_is_compared_whole(void **state) {
    set_up(state);
    char text[128];
    struct sut_ledger ledger = ledger_of(&before);
    assert_true(linearize_ledger_fits(&before, &ledger));
    assert_string_equal(linearize_ledger_tells(&before, &ledger, text, sizeof(text)), "");
    uint64_t *const wide[] = {&ledger.commit_pages, &ledger.locked_pages, &ledger.domain_pages,
                              &ledger.view_bytes};
    uint32_t *const narrow[] = {&ledger.pins, &ledger.views, &ledger.handles, &ledger.leaks,
                                &ledger.breaches};
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        ++*wide[i];
        assert_false(linearize_ledger_fits(&before, &ledger));
        --*wide[i];
    }
    for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
        ++*narrow[i];
        assert_false(linearize_ledger_fits(&before, &ledger));
        --*narrow[i];
    }
    ledger.pins = 2;
    ledger.pool_bytes = 77; /* not the contract's */
    assert_string_equal(linearize_ledger_tells(&before, &ledger, text, sizeof(text)), "2 pins, not 0");
}

static const char *explanation(void) {
    static char text[1024];
    FILE *file = tmpfile();
    assert_non_null(file);
    linearize_explain(calls, count, &result, file);
    rewind(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = 0;
    fclose(file);
    return text;
}

static void explains_a_stop(void **state) {
    set_up(state);
    bus(0, OP_STOP, 0, 1, 9, STATUS_SUCCESS);
    unpin_within(0, 2, 3, STATUS_INVALID_PARAMETER);
    assert_true(explained(NULL, NULL));
    const char *text = explanation();
    assert_non_null(strstr(text, "  b  actor 0    2..3   unpin index 0, within a "));
    assert_non_null(
        strstr(text, "a serial order that explains it: a begins, b, a: handles are dead, a: stopped\n"));
}

static void explains_itself(void **state) {
    set_up(state);
    pin(0, 1, 4, STATUS_SUCCESS, 0x1000);
    pin(1, 2, 3, STATUS_SUCCESS, 0x2000);
    assert_false(explained(NULL, NULL));
    const char *text = explanation();
    assert_non_null(strstr(text, "  a  actor 0    1..4   pin2 index 0, 0x1000 bytes"));
    assert_non_null(strstr(text, "  b  actor 1    2..3   pin2 index 0, 0x1000 bytes"));
    assert_non_null(strstr(text, "as far as a serial order explains it: b\n"));
    assert_non_null(strstr(text, "there a should have answered 0xc0000184 (PIN-TWICE)"));
}

/* ---- against a plain telling: every permutation of pins and unpins of one area ---- */

static bool permutation_fits(uint32_t placed, bool pinned) {
    if (placed == (1u << count) - 1)
        return true;
    for (uint32_t i = 0; i < count; i++) {
        bool allowed = !(placed >> i & 1);
        for (uint32_t k = 0; k < count; k++)
            if (k != i && !(placed >> k & 1) && calls[k].returned < calls[i].invoked)
                allowed = false;
        if (!allowed)
            continue;
        bool is_pin = asked[i].opcode == OP_PIN2;
        bool succeeds = is_pin ? !pinned : pinned;
        if (succeeds != NT_SUCCESS(answered[i].status))
            continue;
        if (permutation_fits(placed | 1u << i, succeeds ? is_pin : pinned))
            return true;
    }
    return false;
}

static void agrees_with_a_plain_telling(void **state) {
    uint32_t seed = 1, fitting = 0;
    for (uint32_t round = 0; round < 3000; round++) {
        set_up(state);
        for (uint8_t actor = 0; actor < 3; actor++) {
            uint32_t now = 0;
            for (uint32_t i = 0; i < 2; i++) {
                seed = seed * 1664525u + 1013904223u;
                uint32_t invoked = now + 1 + (seed >> 9) % 5;
                now = invoked + 1 + (seed >> 13) % 6;
                /* Times of two actors differ. */
                if (seed >> 20 & 1)
                    pin(actor, invoked * 4 + actor, now * 4 + actor,
                        seed >> 21 & 1 ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE, 0x1000);
                else
                    unpin(actor, invoked * 4 + actor, now * 4 + actor,
                          seed >> 21 & 1 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
            }
        }
        bool fits = permutation_fits(0, false);
        fitting += fits;
        assert_int_equal(explained(NULL, NULL), fits);
        assert_int_equal(result.order.count == count, fits);
    }
    assert_in_range(fitting, 300, 2700);
}

int main(void) {
    dialect_ours();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_two_pins),
        cmocka_unit_test(an_unpin_finds_the_pin),
        cmocka_unit_test(a_serial_history_has_its_own_clause),
        cmocka_unit_test(statuses_count_when_exact),
        cmocka_unit_test(the_final_state_decides),
        cmocka_unit_test(views_are_told_apart),
        cmocka_unit_test(failures_change_nothing),
        cmocka_unit_test(no_list_is_read),
        cmocka_unit_test(a_shortage_of_all_together),
        cmocka_unit_test(a_pin_in_a_stop),
        cmocka_unit_test(releases_in_a_stop),
        cmocka_unit_test(a_release_within_a_stop),
        cmocka_unit_test(a_release_tells_how_far_its_stop_is),
        cmocka_unit_test(a_stop_and_its_releases_are_one_caller),
        cmocka_unit_test(a_stop_goes_one_way),
        cmocka_unit_test(two_stops),
        cmocka_unit_test(a_removal_in_a_stop),
        cmocka_unit_test(a_removal_stops_first),
        cmocka_unit_test(the_rest_of_the_bus),
        cmocka_unit_test(counts_all_orders),
        cmocka_unit_test(counts_the_orders_of_a_stop),
        cmocka_unit_test(gives_up_in_the_end),
        cmocka_unit_test(counts_clauses),
        cmocka_unit_test(the_ledger_is_compared_whole),
        cmocka_unit_test(explains_itself),
        cmocka_unit_test(explains_a_stop),
        cmocka_unit_test(agrees_with_a_plain_telling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
