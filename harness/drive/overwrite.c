/*
 * Another thread of the driver writes over the argument of a call that is under way. Whether a driver may do
 * so no page says; what an implementation makes of it must not depend on the moment: it reads each member
 * once (RACE-ONCE), and so goes by the old one or by the new one. race_explain() takes either.
 *
 * What the traced build sees of the same is the second load of a byte. It sees no structure that is copied as
 * a whole, and nothing where accesses are not traced.
 */
#include "harness/drive/overwrite.h"

#include <string.h>

#include "harness/contract/dialect.h"
#include "harness/drive/perform.h"
#include "harness/interleave/schedule.h"
#include "harness/judge/race.h"
#include "harness/program/operands.h"

void overwrite_begin(void) {
    memset(call_passed, 0, sizeof(call_passed));
    race.overwritten.made = false;
}

/* One in a race: two would be four arguments. */
bool overwrite_resolve(const struct program_op *op, uint32_t at) {
    struct call *call = &race.asked[at];
    if (!run.sut->set_hooks || run.options->threads || !dialect_held)
        return false;
    for (uint32_t i = 0; i < at; i++)
        if (race.asked[i].opcode == OP_OVERWRITE)
            return false;
    call->page = op->arg.number[0];
    call->stamp = op->arg.number[1];
    return true;
}

/* Whether a call of this kind reads the member: it is in the argument, and not for the answer alone. An
 * offset is for both, and what is written to it might be written over the answer. */
static bool is_read(uint8_t opcode, const struct program_operand *operand) {
    return operand->offset >= offsetof(struct program_op, arg) &&
           !(program_written(opcode) >> program_operand_at(operand) / 8 & 1);
}

static const struct program_operand *member_of(uint8_t opcode, uint64_t number) {
    const struct program_operand *members[sizeof(union call_argument)];
    uint32_t count = 0;
    for (const struct program_operand *operand = program_operands(opcode); operand->name; operand++)
        if (is_read(opcode, operand))
            members[count++] = operand;
    return count ? members[number % count] : NULL;
}

static uint64_t value_for(const struct program_operand *member, const struct call *own, uint64_t was) {
    const struct model *m = &run.model;
    if (member->kind != OPERAND_OUT)
        return own->stamp;
    return m->view_count ? m->views[own->stamp % m->view_count].base : was;
}

static bool write_over(const struct passed *passed, const struct call *own) {
    const struct program_operand *member = member_of(passed->call->opcode, own->page);
    if (!member)
        return false;
    struct race_overwritten over = {.made = true,
                                    .call = (uint8_t)(passed->call - race.answered),
                                    .at = (uint8_t)program_operand_at(member),
                                    .width = member->width};
    char *place = (char *)passed->argument + over.at;
    memcpy(&over.was, place, over.width);
    uint64_t value = value_for(member, own, over.was);
    memcpy(place, &value, over.width);
    memcpy(&over.is, place, over.width);
    over.made = over.is != over.was;
    race.overwritten = over;
    return true;
}

void overwrite_perform(uint32_t at) {
    struct call *own = &race.answered[at];
    own->dma_ok = false;
    for (unsigned actor = 0; actor < SUT_ACTORS && !own->dma_ok; actor++)
        if (actor != own->actor && call_passed[actor].call)
            own->dma_ok = write_over(&call_passed[actor], own);
    race.calls[at].returned = atomic_fetch_add_explicit(&race.clock, 1, memory_order_relaxed);
    schedule_did(DEED_REACHED);
}
