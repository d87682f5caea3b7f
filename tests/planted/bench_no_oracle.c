/*
 * For tests/planted/bench: a harness as most are. It runs a program and looks at nothing; only sanitizers,
 * the implementation's own aborts and crashes are left to see a bug. Linked with --wrap for each of these.
 *
 * The model stays, to say what an operation's operands are just now: it is told of what the implementation
 * granted and the contract allows. So operations mean what they mean with the oracle, and a driver of this
 * kind uses what it is given: the ends of a page list, DMA, memory behind a view.
 */
#include "harness/contract/resolve.h"
#include "harness/drive/executor.h"
#include "harness/judge/run.h"

void __wrap_executor_run(const struct program *program);
void __wrap_run_callback(struct call *call);
bool __wrap_run_violated(enum contract_clause clause);

/* What the simulated drivers check by themselves. */
bool __wrap_run_violated(enum contract_clause clause) {
    (void)clause;
    return false;
}

/* ---- callbacks ---- */

static void pinned(const struct call *call, const struct model_answer *answer) {
    struct model_pin pin = {.legacy = call->opcode == OP_PIN};
    if (pin.legacy) {
        const MDL *mdl = call->arg.pin.pMdl;
        pin.pages = mdl->ByteCount / MODEL_PAGE;
        pin.array = (const DXGK_PAGE_NUMBER *)(mdl + 1);
    } else {
        const DXGK_ADL *adl = call->arg.pin2.pAdl;
        pin.pages = adl->PageCount;
        pin.contiguous = adl->Flags.Contiguous;
        if (pin.contiguous)
            pin.base = adl->BasePageNumber;
        else
            pin.array = adl->Pages;
    }
    if (pin.pages == 0)
        return;
    if (!pin.contiguous) {
        (void)*(volatile const DXGK_PAGE_NUMBER *)&pin.array[0];
        (void)*(volatile const DXGK_PAGE_NUMBER *)&pin.array[pin.pages - 1];
    }
    model_pinned(&run.model, answer->chain, answer->index, &pin);
}

static void mapped(const struct call *call, uint64_t offset, const struct model_answer *answer) {
    const struct model_view view = {.chain = answer->chain,
                                    .index = answer->index,
                                    .base = (uint64_t)(uintptr_t)call->arg.map.pBaseAddress,
                                    .first = offset - call->arg.map.Offset,
                                    .offset = offset,
                                    .size = call->arg.map.Size};
    model_mapped(&run.model, &view);
}

void __wrap_run_callback(struct call *call) {
    struct model *m = &run.model;
    struct model_answer answer = resolve_answer(m, call);
    uint64_t offset = call->arg.map.Offset;
    call_perform(run.sut, call);
    if (answer.expect == MUST_FAIL || !NT_SUCCESS(call->status))
        return;
    if (call->opcode == OP_PIN2 || call->opcode == OP_PIN)
        pinned(call, &answer);
    else if (call->opcode == OP_UNPIN)
        model_unpinned(m, answer.chain, answer.index);
    else if (call->opcode == OP_MAP)
        mapped(call, offset, &answer);
    else
        model_unmapped(m, (uint32_t)model_find_view(m, answer.chain, answer.index,
                                                    (uint64_t)(uintptr_t)call->arg.unmap.pBaseAddress));
}

/* ---- the bus ---- */

static void start(struct call *call) {
    struct model *m = &run.model;
    struct model_answer answer = model_start_answer(m, call->device);
    uint8_t lead = m->devices[call->device].chain;
    struct model_chain *chain = &m->chains[lead];
    bool begins = m->devices[call->device].present && chain->phase == PHASE_STOPPED;
    if (begins) {
        chain->phase = PHASE_STARTING;
        for (uint32_t i = 0; i < chain->count; i++)
            m->devices[chain->members[i]].started = false;
    }
    call_perform(run.sut, call);
    if (!begins)
        return;
    if (answer.expect == MUST_FAIL || !NT_SUCCESS(call->status)) {
        chain->phase = PHASE_STOPPED;
        for (uint32_t i = 0; i < chain->count; i++)
            model_handle_died(m, chain->members[i]);
        return;
    }
    model_started(m, lead);
    for (uint32_t i = 0; i < chain->count; i++)
        chain->areas[i].serial = chain->areas[i].maximum != 0;
}

static void stop_or_remove(struct call *call) {
    struct model *m = &run.model;
    struct model_device *device = &m->devices[call->device];
    uint8_t lead = device->chain;
    struct model_chain *chain = &m->chains[lead];
    bool stops = device->present && chain->phase == PHASE_STARTED;
    if (stops)
        chain->phase = PHASE_STOPPING;
    call_perform(run.sut, call);
    if (stops) {
        for (uint32_t i = 0; i < chain->count; i++) {
            m->devices[chain->members[i]].started = false;
            model_handle_died(m, chain->members[i]);
        }
        model_stopped(m, lead);
    }
    if (call->opcode == OP_REMOVE && device->present)
        model_removed(m, call->device);
}

static void bus_at_passive(struct call *call) {
    struct model *m = &run.model;
    if (call->opcode == OP_START) {
        start(call);
        return;
    }
    if (call->opcode == OP_STOP || call->opcode == OP_REMOVE) {
        stop_or_remove(call);
        return;
    }
    if (call->opcode == OP_ADD)
        call->miniport = &run.drivers[call->device].miniport;
    struct model_answer answer = resolve_answer(m, call);
    call_perform(run.sut, call);
    if (answer.expect != MUST_FAIL && NT_SUCCESS(call->status))
        resolve_effect(m, call);
}

static void bus(struct call *call) {
    KIRQL *irql = &run.model.irql[run.model.actor];
    KIRQL before = *irql;
    if (before != PASSIVE_LEVEL)
        run.sut->set_irql(*irql = PASSIVE_LEVEL);
    bus_at_passive(call);
    if (before != PASSIVE_LEVEL)
        run.sut->set_irql(*irql = before);
}

/* ---- operations ---- */

static void dma(const struct program_op *op, struct call *call) {
    const struct model *m = &run.model;
    uint32_t wanted = m->pins ? op->view % m->pins : 0;
    const struct model_pin *pin = NULL;
    for (uint32_t i = 0; m->pins && i < run.program->machine.adapters && !pin; i++)
        for (uint32_t k = 0; k < m->chains[i].count && !pin; k++)
            if (m->chains[i].areas[k].pin.live && wanted-- == 0)
                pin = &m->chains[i].areas[k].pin;
    if (!pin)
        return;
    uint64_t page = op->arg.dma.page % pin->pages;
    uint64_t count = 1 + op->arg.dma.count % PROGRAM_DMA_PAGES;
    call->fail_nth = 0;
    call->offset = (uint16_t)(op->arg.dma.offset % MODEL_PAGE / 8 * 8);
    call->count = (uint8_t)(count < pin->pages - page ? count : pin->pages - page);
    call->stamp = op->arg.dma.stamp;
    for (uint32_t i = 0; i < call->count; i++)
        call->address[i] = pin->contiguous ? pin->base + page + i : pin->array[page + i];
    call_perform(run.sut, call);
}

static void cpu(const struct program_op *op, struct call *call) {
    if (run.model.view_count == 0)
        return;
    const struct model_view *view = &run.model.views[op->view % run.model.view_count];
    call->fail_nth = 0;
    call->address[0] = view->base + (view->offset - view->first) + op->arg.cpu.offset % view->size / 8 * 8;
    call->stamp = op->arg.cpu.stamp;
    call_perform(run.sut, call);
}

static void run_op(const struct program_op *op) {
    static const KIRQL levels[] = {PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL, HIGH_LEVEL};
    struct call call = {.opcode = op->opcode,
                        .actor = op->actor,
                        .flag = op->flag,
                        .fail_kind = op->fail_kind,
                        .fail_nth = op->fail_nth,
                        .device = resolve_device(&run.model, op->adapter)};
    if (run.model.actor != op->actor) {
        run.model.actor = op->actor;
        run.sut->set_actor(op->actor);
    }
    switch (op->opcode) {
    case OP_PIN2:
    case OP_PIN:
    case OP_UNPIN:
    case OP_MAP:
    case OP_UNMAP:
        if (run_resolve_callback(op, &call))
            __wrap_run_callback(&call);
        break;
    case OP_DMA_WRITE:
    case OP_DMA_READ:
        dma(op, &call);
        break;
    case OP_CPU_WRITE:
    case OP_CPU_READ:
        cpu(op, &call);
        break;
    case OP_IRQL:
        call.fail_nth = 0;
        call.irql = levels[op->irql % 4];
        run.model.irql[op->actor] = call.irql;
        call_perform(run.sut, &call);
        break;
    default:
        call.joiner = resolve_device(&run.model, (uint8_t)((uint64_t)op->value % PROGRAM_ADAPTERS));
        bus(&call);
        break;
    }
}

/* ---- a run ---- */

static void bus_call(uint8_t opcode, uint8_t device, uint8_t joiner) {
    struct call call = {.opcode = opcode, .device = device, .joiner = joiner};
    bus(&call);
}

static void boot_adapters(const struct program *program) {
    uint8_t count = program->machine.adapters;
    bool stopped[SUT_DEVICES];
    for (uint8_t i = 0; i < count; i++) {
        driver_init(i);
        stopped[i] = program->adapters[i].stopped;
        if (!program->adapters[i].absent)
            bus_call(OP_ADD, i, 0);
    }
    for (uint8_t i = 0; i < count; i++) {
        uint8_t lead = (uint8_t)(program->adapters[i].joins - 1);
        if (program->adapters[i].joins == 0 || model_link_answer(&run.model, lead, i).expect != MUST_SUCCEED)
            continue;
        stopped[lead] |= stopped[i];
        bus_call(OP_LINK, lead, i);
    }
    for (uint8_t i = 0; i < count; i++)
        if (run.model.devices[i].present && run.model.devices[i].position == 0 && !stopped[i])
            bus_call(OP_START, i, 0);
}

void __wrap_executor_run(const struct program *program) {
    const struct program_machine *machine = &program->machine;
    const struct sut_machine_config config = {.ram_pages = machine->ram_pages,
                                              .highest_pfn = machine->highest_pfn,
                                              .commit_pages = machine->commit_pages,
                                              .pool_bytes = machine->pool_bytes,
                                              .view_bytes = machine->view_bytes,
                                              .pfn_seed = machine->pfn_seed,
                                              .iommu = (enum sut_iommu)machine->iommu};
    run.sut = sut_get();
    run.program = program;
    if (!run.sut->boot(&config))
        return;
    model_reset(&run.model, program);
    boot_adapters(program);
    for (uint32_t i = 0; i < program->op_count; i++)
        run_op(&program->ops[i]);
    for (uint8_t i = 0; i < machine->adapters; i++)
        if (run.model.devices[i].present)
            bus_call(OP_REMOVE, i, 0);
    run.sut->shutdown();
}
