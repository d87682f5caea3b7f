/*
 * What the compiler puts before each load and store of a traced implementation calls these
 * (-fsanitize-coverage=trace-loads,trace-stores): each is a point of the schedule and an access that the
 * detector sees. Outside of a race they do nothing, and so they do for what an actor keeps on its stack:
 * nobody else gets at that, and how much of it there is, is the compiler's affair. Nor do they where the
 * implementation's locks do not call the hooks (sut.h): a switch inside a call could wait for ever there.
 */
#include "harness/interleave/trace.h"

#include "harness/interleave/accesses.h"
#include "harness/interleave/fiber.h"
#include "harness/interleave/schedule.h"

const bool trace_linked = true;

/* Compilers of AFL++ from 4.21 on count in code of their own before clang traces what there is: what that
 * reads and writes is none of the implementation's. Elsewhere there are none of these. */
extern uint8_t *__afl_area_ptr __attribute__((weak));
extern uint32_t __afl_map_size __attribute__((weak));
extern const uint32_t __start___sancov_guards[] __attribute__((weak));
extern const uint32_t __stop___sancov_guards[] __attribute__((weak));

static bool counts(const void *address) {
    uintptr_t at = (uintptr_t)address;
    return &__afl_area_ptr && &__afl_map_size &&
           (address == &__afl_area_ptr || at - (uintptr_t)__afl_area_ptr < __afl_map_size ||
            (at >= (uintptr_t)__start___sancov_guards && at < (uintptr_t)__stop___sancov_guards));
}

/* ---- arguments ---- */

static struct argument {
    uintptr_t begin;
    size_t size;   /* 0: the actor is in no callback */
    uint32_t read; /* a bit for each byte */
    uintptr_t by[TRACE_ARGUMENT_MAX];
} arguments[SUT_ACTORS];
static bool found;
static struct trace_twice twice;
static uint32_t bytes_read;

void trace_begin(void) {
    for (unsigned i = 0; i < SUT_ACTORS; i++)
        arguments[i].size = 0;
    found = false;
    bytes_read = 0;
}

void trace_argument(const void *argument, size_t size) {
    struct argument *own = &arguments[schedule.actor];
    if (!schedule.running)
        return;
    own->begin = (uintptr_t)argument;
    own->size = argument && size <= TRACE_ARGUMENT_MAX ? size : 0;
    own->read = 0;
}

const struct trace_twice *trace_twice(uint32_t *read) {
    *read = bytes_read;
    return found ? &twice : NULL;
}

static __attribute__((noinline)) void fetch(struct argument *own, uintptr_t at, size_t size, uintptr_t pc) {
    for (; size > 0 && at < own->size; size--, at++) {
        bytes_read++;
        if (own->read >> at & 1 && !found) {
            found = true;
            twice = (struct trace_twice){schedule.actor, (uint8_t)at, own->by[at], pc};
        }
        own->read |= UINT32_C(1) << at;
        own->by[at] = pc;
    }
}

/* ---- accesses ---- */

/* Apart, so that the way past it, which is by far the most frequent, has nothing to save. */
static __attribute__((noinline)) void note(const void *address, size_t size, bool write, uintptr_t pc) {
    if (!schedule.inside)
        return;
    if (counts(address))
        return;
    schedule_access(write ? POINT_STORE : POINT_LOAD, address, (unsigned)size, pc);
    (void)accesses_see(schedule.actor, address, size, write, pc);
}

static inline __attribute__((always_inline)) void access(const void *address, size_t size, bool write,
                                                         uintptr_t pc) {
    if (__builtin_expect(!schedule.running, 1))
        return;
    if ((uintptr_t)address - schedule.stack < FIBER_STACK) {
        struct argument *own = &arguments[schedule.actor];
        uintptr_t at = (uintptr_t)address - own->begin;
        if (__builtin_expect(!write && at < own->size, 0))
            fetch(own, at, size, pc);
        return;
    }
    note(address, size, write, pc);
}

#define TRACE(what, size, write)                                                                             \
    void __sanitizer_cov_##what##size(const void *address);                                                  \
    void __sanitizer_cov_##what##size(const void *address) {                                                 \
        access(address, size, write, (uintptr_t)__builtin_return_address(0));                                \
    }

TRACE(load, 1, false)
TRACE(load, 2, false)
TRACE(load, 4, false)
TRACE(load, 8, false)
TRACE(load, 16, false)
TRACE(store, 1, true)
TRACE(store, 2, true)
TRACE(store, 4, true)
TRACE(store, 8, true)
TRACE(store, 16, true)
