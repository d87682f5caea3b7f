/* Runs a program: resolve an operation, ask the model, perform, compare, tell the model. */
#include "harness/drive/executor.h"

#include <string.h>

#include "harness/contract/resolve.h"
#include "harness/judge/run.h"
#include "harness/judge/state.h"

struct run run;

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

void run_perform(struct call *call) {
    if (run.observe)
        run.observe(call, false);
    uint32_t state = state_before(&run.model, call);
    call_perform(run.sut, call);
    state_after(state, &run.model, call);
    if (run.observe)
        run.observe(call, true);
    /* What a driver does in its own entry points happens again by itself when its caller is replayed. */
    if (run.tape && !run.inside && run.tape_count < run.tape_capacity)
        run.tape[run.tape_count++] = *call;
    if (!run.inside && run.sut->lock_held) /* else what the driver is called by may hold some */
        check_lock(call);
}

/* ---- resolving ---- */

/* The table a driver would call through: its own, or any other's where it never had one. */
static const DXGKRNL_INTERFACE *find_table(uint8_t device) {
    if (run.drivers[device].has_interface)
        return &run.drivers[device].dxgkrnl;
    for (uint32_t i = 0; i < run.program->machine.adapters; i++)
        if (run.drivers[i].has_interface)
            return &run.drivers[i].dxgkrnl;
    return NULL;
}

bool run_resolve_callback(const struct program_op *op, struct call *call) {
    resolve_operands(&run.model, op, call);
    call->table = find_table(call->device);
    if (!call_is_present(call)) {
        /* A driver of that version has no such callback to call. */
        contract_counts[CLAUSE_ANY_VERSION].refused += call->table != NULL;
        return false;
    }
    return true;
}

/* The last 8 bytes of a page are the oracle's. */
static uint64_t program_word(uint64_t offset) {
    offset = offset / 8 * 8;
    return offset % MODEL_PAGE == CONTENTS_STAMP_OFFSET ? offset - 8 : offset;
}

static bool resolve_dma(const struct program_op *op, struct call *call) {
    const struct model *m = &run.model;
    if (m->pins == 0 || !run.sut->dma)
        return false;
    uint32_t wanted = op->view % m->pins;
    const struct model_pin *pin = NULL;
    for (uint8_t i = 0; i < run.program->machine.adapters && !pin; i++) {
        for (uint8_t k = 0; k < m->chains[i].count && !pin; k++) {
            if (m->chains[i].areas[k].pin.live && wanted-- == 0) {
                pin = &m->chains[i].areas[k].pin;
                call->pin_chain = i;
                call->pin_index = k;
            }
        }
    }
    call->device = resolve_device(&run.model, op->adapter);
    call->page = op->arg.dma.page % pin->pages;
    call->offset = (uint16_t)program_word(op->arg.dma.offset % CONTENTS_STAMP_OFFSET);
    uint64_t count = 1 + op->arg.dma.count % PROGRAM_DMA_PAGES;
    call->count = (uint8_t)(count < pin->pages - call->page ? count : pin->pages - call->page);
    call->stamp = op->arg.dma.stamp;
    for (uint32_t i = 0; i < call->count; i++)
        call->address[i] = pin->contiguous ? pin->base + call->page + i : pin->array[call->page + i];
    return true;
}

static bool resolve_cpu(const struct program_op *op, struct call *call) {
    if (run.model.view_count == 0)
        return false;
    const struct model_view *view = &run.model.views[op->view % run.model.view_count];
    uint64_t offset = view->offset + program_word(op->arg.cpu.offset % view->size);
    call->pin_chain = view->chain;
    call->pin_index = view->index;
    call->page = offset;
    call->address[0] = view->base + (offset - view->first);
    call->stamp = op->arg.cpu.stamp;
    return true;
}

/* ---- comparing ---- */

static bool judge(const struct call *call, const struct model_answer *answer) {
    bool success = NT_SUCCESS(call->status);
    ULONG status = (ULONG)call->status;
    if (answer->expect == MUST_FAIL) {
        if (!REQUIRE(!success, answer->clause, ("a failure, 0x%08x", (ULONG)answer->status), ("success")))
            return false;
        REQUIRE(!run.sut->hold_chosen || call->status == answer->status, answer->clause,
                ("status 0x%08x", (ULONG)answer->status), ("0x%08x", status));
        if (call->fired)
            contract_counts[answer->clause].faulted++;
        contract_counts[answer->clause].refused++;
        return false;
    }
    if (success)
        return true;
    bool releases = call->opcode == OP_UNPIN || call->opcode == OP_UNMAP;
    if (!REQUIRE(answer->expect == MAY_FAIL || (call->fired && !releases), blame_refusal(call, answer),
                 ("success%s", releases || call->fired ? ", whatever is short" : ": nothing is short"),
                 ("0x%08x", status)))
        return false;
    REQUIRE(!run.sut->hold_chosen || model_is_shortage(call->status), blame_refusal(call, answer),
            ("success, or STATUS_INSUFFICIENT_RESOURCES or STATUS_NO_MEMORY"), ("0x%08x", status));
    contract_counts[answer->clause].faulted++;
    return false;
}

/* A driver that keeps its duties does not make calls that these clauses refuse. */
void run_note_breach(enum contract_clause clause) {
    switch (clause) {
    case CLAUSE_ANY_LEAD:
    case CLAUSE_ANY_IRQL:
    case CLAUSE_STOP_STALE:
    case CLAUSE_PIN_ALIGN:
    case CLAUSE_PIN_MAX:
    case CLAUSE_PIN_RESERVED:
    case CLAUSE_PIN1_REMAP:
    case CLAUSE_MAP_ALIGN:
        if (run.caller_breaches++ == 0) {
            run.first_breach_op = run.op;
            run.first_breach = clause;
        }
        break;
    default:
        break;
    }
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

static void compare_failure(const struct call *call, const struct call *before,
                            const struct model_answer *answer) {
    if (run.abandoned)
        return;
    if (answer->clause == CLAUSE_PIN_TWICE)
        compare_first_pin(call);
    REQUIRE(memcmp(call->arg.raw, before->arg.raw, sizeof(call->arg.raw)) == 0, CLAUSE_ANY_ROLLBACK,
            ("the argument structure as it was"), ("changed by a call that failed"));
    check_rollback(CLAUSE_ANY_ROLLBACK);
    contract_counts[CLAUSE_ANY_ROLLBACK].refused++;
    if (call->fired)
        contract_counts[CLAUSE_ANY_ROLLBACK].faulted++;
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
    struct model_pin pin = chain->areas[answer->index].pin;
    const struct sut_ledger before = run.ledger;
    bool others = false;
    model_unpinned(&run.model, answer->chain, answer->index);
    check_pin_gone(answer->chain, answer->index, &pin, CLAUSE_UNPIN_GONE);
    check_ledger(&blame);
    /* "The ADL or MDL is freed": the pool has back what the pin took. Inside a stop it may have got
     * more back already, for the ledger was last seen before that. */
    bool known = pin.pool_blocks != MODEL_POOL_UNKNOWN;
    if (run.sut->ledger && run.sut->hold_chosen && !run.inside && known)
        REQUIRE(before.pool_bytes - run.ledger.pool_bytes == pin.pool_bytes &&
                    before.pool_blocks - run.ledger.pool_blocks == pin.pool_blocks,
                CLAUSE_UNPIN_GONE,
                ("%llu bytes of pool in %llu blocks freed, as the pin took",
                 (unsigned long long)pin.pool_bytes, (unsigned long long)pin.pool_blocks),
                ("%lld in %lld", (long long)(before.pool_bytes - run.ledger.pool_bytes),
                 (long long)(before.pool_blocks - run.ledger.pool_blocks)));
    for (uint8_t i = 0; i < chain->count; i++) {
        if (!chain->areas[i].pin.live)
            continue;
        check_pin_alive(answer->chain, i, 2, CLAUSE_UNPIN_ONLY);
        others = true;
    }
    /* A view of the same section is what an unpin could take along; the others wait for their end. */
    for (uint32_t i = 0; i < run.model.view_count; i++) {
        const struct model_view *view = &run.model.views[i];
        if (view->chain == answer->chain && view->index == answer->index) {
            check_view_alive(view, CLAUSE_UNPIN_ONLY);
            others = true;
            break;
        }
    }
    run_count(CLAUSE_UNPIN_EITHER, call->fail_nth != 0);
    if (run.sut->ledger || run.sut->dma || run.sut->descriptor_alive)
        contract_counts[CLAUSE_UNPIN_GONE].kept++;
    if (others)
        contract_counts[CLAUSE_UNPIN_ONLY].kept++;
    if (call->fail_nth)
        contract_counts[CLAUSE_ANY_RELEASE].faulted++;
}

static void compare_map(const struct call *call, const struct call *before,
                        const struct model_answer *answer) {
    static const struct ledger_blame blame = {CLAUSE_INIT_COMMIT, CLAUSE_MAP_MANY, CLAUSE_MAP_MANY,
                                              CLAUSE_MAP_MANY,    CLAUSE_MAP_MANY, CLAUSE_MAP_MANY};
    uint64_t offset = before->arg.map.Offset;
    uint64_t base = (uint64_t)(uintptr_t)call->arg.map.pBaseAddress;
    uint64_t returned = call->arg.map.Offset;
    bool aligned =
        !run.sut->hold_chosen || (base % MODEL_VIEW_ALIGN == 0 && returned == offset % MODEL_VIEW_ALIGN);
    if (!REQUIRE(base && returned <= offset && aligned, CLAUSE_MAP_ADDRESS,
                 ("a 64 KiB aligned base, returned Offset 0x%llx",
                  (unsigned long long)(offset % MODEL_VIEW_ALIGN)),
                 ("base%s, Offset 0x%llx",
                  base % MODEL_VIEW_ALIGN ? " unaligned"
                  : base                  ? ""
                                          : " null",
                  (unsigned long long)returned)))
        return;
    if (run.sut->hold_chosen && !model_base_covered(&run.model, base)) {
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
                              .size = before->arg.map.Size};
    uint32_t others = run.model.view_count;
    model_mapped(&run.model, &view);
    check_view_birth(&view);
    check_ledger(&blame);
    /* The view before this one, if it is of the same section, must not have suffered. */
    if (others) {
        check_view_alive(&run.model.views[others - 1], CLAUSE_MAP_MANY);
        contract_counts[CLAUSE_MAP_MANY].kept++;
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
        contract_counts[CLAUSE_UNMAP_GONE].kept++;
    if (call->fail_nth)
        contract_counts[CLAUSE_ANY_RELEASE].faulted++;
}

void run_callback(struct call *call) {
    struct model *m = &run.model;

    /* What the model says. */
    if (m->irql[m->actor] > PASSIVE_LEVEL && !run.sut->hold_chosen)
        return; /* nothing is asked of other implementations after such a call */
    struct model_answer answer = resolve_answer(m, call);
    if (answer.expect == MUST_FAIL)
        run_note_breach(answer.clause);
    if (m->irql[m->actor] > PASSIVE_LEVEL)
        m->breaches++;
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
    struct call before = *call;
    run_perform(call);

    /* Compare. */
    if (!judge(call, &answer)) {
        compare_failure(call, &before, &answer);
        return;
    }
    if (run.abandoned)
        return;
    contract_counts[CLAUSE_ANY_STATE].kept += run.inside != NULL;
    switch (call->opcode) {
    case OP_PIN2:
    case OP_PIN:
        compare_pin(call, &answer);
        contract_counts[CLAUSE_ANY_LEAD].kept++;
        if (m->devices[answer.chain].d3)
            contract_counts[CLAUSE_ANY_STATE].kept++;
        break;
    case OP_UNPIN:
        compare_unpin(call, &answer);
        break;
    case OP_MAP:
        compare_map(call, &before, &answer);
        break;
    default:
        compare_unmap(call, &answer);
        break;
    }
}

static void compare_dma(struct call *call) {
    struct model_chain *chain = &run.model.chains[call->pin_chain];
    struct model_area *area = &chain->areas[call->pin_index];
    const struct model_device *gpu = &run.model.devices[call->device];
    bool able = check_can_dma(call->device);
    bool write = call->opcode == OP_DMA_WRITE;
    bool mine = gpu->present && gpu->chain == call->pin_chain;
    if (!mine && run.program->machine.iommu != SUT_IOMMU_NONE) {
        /* What a foreign GPU writes where it may is its own affair; here it must not get through. */
        if (able && check_address_in_chain(gpu->chain, call->address[0]))
            return;
        call->opcode = OP_DMA_READ;
        call->count = 1;
        run_perform(call);
        REQUIRE(!call->dma_ok, CLAUSE_PIN_ISOLATED,
                ("DMA by adapter %u to a page of another chain faults", call->device), ("it went through"));
        contract_counts[CLAUSE_PIN_ISOLATED].refused++;
        return;
    }
    run_perform(call);
    if (!able) {
        REQUIRE(!call->dma_ok,
                gpu->in_reset ? CLAUSE_TDR_KEEPS
                : gpu->d3     ? CLAUSE_ANY_STATE
                              : CLAUSE_STOP_RECLAIM,
                ("no DMA by adapter %u now", call->device), ("it went through"));
        if (gpu->in_reset)
            contract_counts[CLAUSE_TDR_KEEPS].refused++;
        return;
    }
    enum contract_clause mapped = area->pin.legacy ? CLAUSE_PIN1_SAME : CLAUSE_PIN_MAPPED;
    if (!REQUIRE(call->dma_ok, mapped,
                 ("DMA by adapter %u to %u pages of the pin", call->device, call->count), ("a fault")))
        return;
    for (uint32_t i = 0; i < call->count; i++) {
        uint64_t at = (call->page + i) * MODEL_PAGE + call->offset;
        if (write) {
            contract_counts[mapped].kept++;
            contents_write(area->serial, at, call->stamp + i);
            area->last_word = at + 1;
            area->cpu_wrote = false;
            continue;
        }
        uint64_t wanted = contents_read(area->serial, at);
        if (!REQUIRE(call->data[i] == wanted, blame_word(area, at, call->data[i], false, CLAUSE_MAP_COHERENT),
                     ("DMA reads 0x%llx at section offset 0x%llx", (unsigned long long)wanted,
                      (unsigned long long)at),
                     ("0x%llx", (unsigned long long)call->data[i])))
            return;
    }
}

static void compare_cpu(struct call *call) {
    struct model_area *area = &run.model.chains[call->pin_chain].areas[call->pin_index];
    if (!REQUIRE(!run.sut->cpu_accessible ||
                     run.sut->cpu_accessible((const void *)(uintptr_t)call->address[0], 8),
                 CLAUSE_MAP_MANY,
                 ("CPU access through a live view, section offset 0x%llx", (unsigned long long)call->page),
                 ("a fault")))
        return;
    run_perform(call);
    if (call->opcode == OP_CPU_WRITE) {
        contents_write(area->serial, call->page, call->stamp);
        area->last_word = call->page + 1;
        area->cpu_wrote = true;
        return;
    }
    uint64_t wanted = contents_read(area->serial, call->page);
    REQUIRE(call->data[0] == wanted, blame_word(area, call->page, call->data[0], true, CLAUSE_MAP_COHERENT),
            ("the CPU reads 0x%llx at section offset 0x%llx", (unsigned long long)wanted,
             (unsigned long long)call->page),
            ("0x%llx", (unsigned long long)call->data[0]));
    contract_counts[CLAUSE_MAP_COHERENT].kept++;
}

/* ---- running ---- */

static void run_op(const struct program_op *op) {
    static const KIRQL levels[] = {PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL, HIGH_LEVEL};
    struct call call;
    call.opcode = op->opcode;
    call.actor = op->actor;
    call.flag = op->flag;
    call.null_arg = false;
    call.fail_kind = op->fail_kind;
    call.fail_nth = op->fail_nth;
    call.device = resolve_device(&run.model, op->adapter);
    if (run.model.actor != op->actor) {
        run.model.actor = op->actor;
        run.sut->set_actor(op->actor);
    }
    switch ((enum program_opcode)op->opcode) {
    case OP_PIN2:
    case OP_PIN:
    case OP_UNPIN:
    case OP_MAP:
    case OP_UNMAP:
        if (run_resolve_callback(op, &call))
            run_callback(&call);
        break;
    case OP_DMA_WRITE:
    case OP_DMA_READ:
        call.fail_nth = 0;
        if (resolve_dma(op, &call))
            compare_dma(&call);
        break;
    case OP_CPU_WRITE:
    case OP_CPU_READ:
        call.fail_nth = 0;
        if (resolve_cpu(op, &call))
            compare_cpu(&call);
        break;
    case OP_IRQL:
        call.fail_nth = 0;
        call.irql = levels[op->irql % 4];
        run.model.irql[op->actor] = call.irql;
        run_perform(&call);
        break;
    case OP_PRESSURE:
    case OP_STOP:
    case OP_START:
    case OP_POWER:
    case OP_RESET:
    case OP_LINK:
    case OP_REMOVE:
    case OP_ADD:
    case OP_SURPRISE_REMOVE:
        call.joiner = resolve_device(&run.model, (uint8_t)((uint64_t)op->value % PROGRAM_ADAPTERS));
        run_bus(&call);
        break;
    case OP_RACE:
    case PROGRAM_OPCODES:
        break;
    }
}

static void bus(uint8_t opcode, uint8_t device, uint8_t joiner) {
    struct call call = {.opcode = opcode, .device = device, .joiner = joiner};
    if (!run.abandoned)
        run_bus(&call);
}

/* Adds, links and starts what the program's world has at boot. */
static void boot_adapters(void) {
    const struct program *program = run.program;
    uint32_t count = program->machine.adapters;
    bool stopped[SUT_DEVICES];
    for (uint8_t i = 0; i < count; i++) {
        driver_init(i);
        stopped[i] = program->adapters[i].stopped;
        if (!program->adapters[i].absent)
            bus(OP_ADD, i, 0);
    }
    for (uint8_t i = 0; i < count; i++) {
        uint8_t lead = (uint8_t)(program->adapters[i].joins - 1);
        if (program->adapters[i].joins == 0 || model_link_answer(&run.model, lead, i).expect != MUST_SUCCEED)
            continue;
        stopped[lead] |= stopped[i];
        bus(OP_LINK, lead, i);
    }
    for (uint8_t i = 0; i < count; i++)
        if (run.model.devices[i].present && run.model.devices[i].position == 0 && !stopped[i])
            bus(OP_START, i, 0);
}

/* Takes every adapter away; then END-ZERO. */
static void end_run(void) {
    static const struct ledger_blame blame = {CLAUSE_END_ZERO, CLAUSE_END_ZERO, CLAUSE_END_ZERO,
                                              CLAUSE_END_ZERO, CLAUSE_END_ZERO, CLAUSE_END_ZERO};
    check_everything(CLAUSE_PIN_CONTENTS, CLAUSE_MAP_COHERENT);
    for (uint8_t i = 0; i < run.program->machine.adapters; i++)
        if (run.model.devices[i].present)
            bus(OP_REMOVE, i, 0);
    check_ledger(&blame);
    if (run.sut->ledger) {
        REQUIRE(run.ledger.pool_bytes == 0 && run.ledger.pool_blocks == 0 && run.ledger.cache_bytes == 0,
                CLAUSE_END_ZERO, ("no pool in use"),
                ("%llu bytes in %llu blocks, %llu bytes of caches", (unsigned long long)run.ledger.pool_bytes,
                 (unsigned long long)run.ledger.pool_blocks, (unsigned long long)run.ledger.cache_bytes));
        contract_counts[CLAUSE_END_ZERO].kept++;
    }
}

static bool boot(const struct program *program) {
    const struct sut_machine_config config = program_machine_config(&program->machine);
    run.sut = run.subject ? run.subject : sut_get();
    if (run.booted) {
        /* The last run was left in the middle, by a jump out of a violation. What the drivers see while
         * that machine goes down is judged no more. */
        run.abandoned = true;
        run.sut->shutdown();
    }
    run.booted = run.sut->boot(&config);
    run.left = run.booted ? RUN_NOT_LEFT : RUN_LEFT_AT_BOOT;
    run.program = program;
    run.abandoned = false;
    run.unchecked = false;
    run.op = RUN_BOOT;
    run.race_ops = 0;
    run.explain = NULL;
    run.inside = NULL;
    run.ledger = (struct sut_ledger){0};
    run.caller_breaches = 0;
    run.stale_word = 0;
    model_reset(&run.model, program);
    contents_reset();
    return run.booted;
}

static void shut_down(void) {
    run.sut->shutdown();
    run.booted = false;
}

void executor_run(const struct program *program) {
    if (!boot(program))
        return;
    state_begin();
    boot_adapters();
    for (uint32_t i = 0; i < program->op_count && !run.abandoned; i++) {
        run.op = i;
        if (program->ops[i].opcode == OP_RACE) {
            i += run_race(i);
            run.race_ops = 0;
        } else {
            run_op(&program->ops[i]);
        }
    }
    run.op = RUN_END;
    if (!run.abandoned)
        end_run();
    state_end(&run.model);
    shut_down();
}

void executor_run_bytes(const uint8_t *bytes, size_t size) {
    static struct program program;
    program_decode(&program, bytes, size);
    executor_run(&program);
}

uint32_t executor_caller_breaches(uint32_t *first_op, enum contract_clause *clause) {
    *first_op = run.first_breach_op;
    *clause = run.first_breach;
    return run.caller_breaches;
}

/* ---- for measuring ---- */

size_t executor_record(const struct program *program, struct call *tape, size_t capacity) {
    run.tape = tape;
    run.tape_capacity = capacity;
    run.tape_count = 0;
    executor_run(program);
    run.tape = NULL;
    return run.tape_count;
}

void executor_replay(const struct program *program, struct call *tape, size_t count) {
    uint8_t actor = 0;
    if (!boot(program))
        return;
    run.unchecked = true;
    for (uint8_t i = 0; i < program->machine.adapters; i++)
        driver_init(i);
    for (size_t i = 0; i < count; i++) {
        struct call call = tape[i];
        if (call.actor != actor) {
            actor = call.actor;
            run.sut->set_actor(actor);
        }
        call_perform(run.sut, &call);
        /* The drivers answer by their place in the chain. */
        if (call.opcode == OP_ADD && NT_SUCCESS(call.status))
            model_added(&run.model, call.device);
        else if (call.opcode == OP_LINK && NT_SUCCESS(call.status))
            model_linked(&run.model, call.device, call.joiner);
        else if (call.opcode == OP_REMOVE && NT_SUCCESS(call.status))
            model_removed(&run.model, call.device);
    }
    shut_down();
}
