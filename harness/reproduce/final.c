/* The end of a scenario: what did the run break? */
#include <string.h>
#include <unistd.h>

#include "harness/contract/resolve.h"
#include "harness/judge/descriptor.h"
#include "harness/reproduce/scenario.h"

/* What the descriptor of a live pin says has changed since it was pinned. */
static bool has_changed(const struct model_pin *pin) {
    const struct descriptor now = descriptor_read(pin->descriptor, pin->legacy);
    if (now.pages != pin->pages || now.contiguous != pin->contiguous ||
        (now.rest != 0 && (pin->legacy || held.adl_flags)) ||
        (pin->contiguous ? now.base != pin->base : now.array != pin->array))
        return true;
    for (uint32_t n = 0; !pin->contiguous && n < pin->samples; n++)
        if (pin->array[pin->sample[n].page] != pin->sample[n].address)
            return true;
    return false;
}

static names_maker find_changed(void) {
    const struct sut *sut = sut_get();
    for (uint8_t i = 0; i < run.program->machine.adapters; i++) {
        for (uint8_t k = 0; k < run.model.chains[i].count; k++) {
            const struct model_pin *pin = &run.model.chains[i].areas[k].pin;
            if (pin->live && !pin->scribbled &&
                (!sut->descriptor_alive || sut->descriptor_alive(pin->descriptor)) && has_changed(pin))
                return names_of_pin(i, k);
        }
    }
    return NAMES_NOBODY;
}

static void put_pin_checks(struct put *to, const struct step *step, enum contract_clause clause) {
    const struct model_chain *chain = &run.model.chains[step->answer.chain];
    const char *suffix = names_suffix(step->maker);
    if (step->owed && !step->after.fired)
        put(to, "    descriptor_is_contiguous(&pages_%s);\n", suffix);
    put(to, "    pages_are_below(&pages_%s, UINT64_C(0x%llx)); /* device pages that are visible */\n", suffix,
        (unsigned long long)chain->visible_pages);
    for (uint32_t i = 0; i < chain->reserved && clause == CLAUSE_RESV_APART; i++)
        put(to, "    pages_are_apart(&pages_%s, 0x%llx, %llu); /* a reserved range */\n", suffix,
            (unsigned long long)chain->reserve[i].first, (unsigned long long)chain->reserve[i].pages);
    if (clause == CLAUSE_INIT_REMAP && chain->mode == MODE_REMAPPED && sut_get()->page)
        put(to, "    pages_are_logical(&pages_%s, %u, %u);\n", suffix, step->answer.chain,
            step->answer.index);
}

static bool put_ended_base(struct put *to, const struct step *step) {
    uint64_t base = (uint64_t)(uintptr_t)step->after.arg.map.pBaseAddress;
    names_base ended = names_of_base(base);
    if (ended && !model_base_covered(&run.model, base)) {
        put(to, "    base_is_new(&map_%s, ", names_suffix(step->maker));
        names_put_base(to, ended);
        put(to, ");\n");
    }
    return true; /* else the view itself is malformed, which is looked at anyway */
}

static void put_pool_check(struct put *to, const struct step *step) {
    names_maker pin = names_of_pin(step->answer.chain, step->answer.index);
    if (run.op == RUN_END)
        put(to, "    nothing_is_out();\n");
    else if (step->before.opcode == OP_UNPIN && NT_SUCCESS(step->after.status))
        put(to, "    pool_gave_back(pages_%s.pool_bytes, pages_%s.pool_blocks);\n", names_suffix(pin),
            names_suffix(pin));
    else
        put(to, "    pool_gave_back(0, 0);\n");
}

/* The step succeeded, and now more is out than there is. */
static void put_budgets(struct put *to) {
    put(to, "    fits(%llu, machine.ram_pages, \"locked pages\");\n",
        (unsigned long long)run.model.locked_pages);
    put(to, "    fits(%llu, machine.view_bytes, \"bytes of views\");\n",
        (unsigned long long)run.model.view_bytes);
    if (sut_get()->ledger)
        put(to, "    pool_fits(machine.pool_bytes);\n");
}

/* Of a step that returned what it may, and without a wrong look behind it. False: nobody knows. */
static bool put_rest(struct put *to, const struct step *step, enum contract_clause clause) {
    uint8_t opcode = step->before.opcode;
    bool success = NT_SUCCESS(step->after.status);
    if ((opcode == OP_PIN2 || opcode == OP_PIN) && success) {
        put_pin_checks(to, step, clause);
        return true;
    }
    if (opcode == OP_MAP && success)
        return put_ended_base(to, step);
    if (program_class(opcode) == CLASS_ACCESS)
        return true;
    if (looks_seen()->counted)
        put_pool_check(to, step);
    else /* it is which drivers were called, and bus_start() and its like know */
        return program_class(opcode) == CLASS_BUS;
    return true;
}

/* Writes the last step down, and what is checked behind it. */
static bool put_final(struct step *step, enum contract_clause clause) {
    struct put *to = scenario_text(step);
    const struct looks_seen *seen = looks_seen();
    bool wrong = seen->wrong[0] != 0;
    names_maker changed = find_changed();
    const struct legal legal = resolve_legal(&step->answer, &step->after);
    bool failed = !NT_SUCCESS(step->after.status);
    bool callback = step->active && call_is_callback(step->before.opcode);
    enum telling how = TELL_FINAL;
    if (!wrong && step->active && !legal_permits(&legal, step->after.status, sut_get()->hold_chosen))
        how = TELL_STATUS;
    else if (!wrong && callback && failed &&
             memcmp(&step->before.arg, &step->after.arg, sizeof(step->before.arg)) != 0)
        how = TELL_ARGUMENT;
    if (run.inside && !step->active)
        steps_enter();
    if (wrong)
        put(to, "%s", seen->before);
    else if (how == TELL_FINAL && step->active && !step->call[0] && !changed && !seen->locked)
        put(to, "    decisive = true;\n");
    const struct step last = *step; /* forgotten when it is written down */
    steps_tell(step, how);
    if (how == TELL_STATUS || how == TELL_ARGUMENT || last.answer.stops)
        return true;
    put(to, "\n    /* what the contract says of it */\n");
    if (clause == CLAUSE_ANY_BUDGET)
        put_budgets(to);
    else if (seen->locked)
        put(to, "    no_lock_held();\n");
    else if (seen->raised)
        put(to, "    irql_is(%u);\n", (unsigned)run.model.irql[run.model.actor]);
    else if (wrong)
        put(to, "%s", seen->wrong);
    else if (changed != NAMES_NOBODY)
        put(to, "    descriptor_is_same(&pages_%s);\n", names_suffix(changed));
    else
        return last.active && put_rest(to, &last, clause);
    return true;
}

void final_violated(enum contract_clause clause) {
    struct reproducer *told = &scenario->told;
    struct step *step = scenario_step();
    told->clause = clause;
    told->op = run.op;
    memcpy(told->expected, run_expected_text, sizeof(told->expected));
    memcpy(told->got, run_got_text, sizeof(told->got));
    /* A call that has not returned: it is how a driver was called, and miniport.c looks at that. */
    bool shown = (step->active && !step->returned) || put_final(step, clause);
    told->end = shown ? REPRODUCER_SHOWS : REPRODUCER_HIDES;
    if (!shown)
        put(scenario_text(step), "    /* ... cannot be seen from outside the harness. */\n");
    steps_end(TELL_DEATH);
    _exit(0); /* what the run holds is no leak */
}
