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

/* Apart, so that the way past it, which is by far the most frequent, has nothing to save. */
static __attribute__((noinline)) void note(const void *address, size_t size, bool write, uintptr_t pc) {
    if (!schedule.inside)
        return;
    if (counts(address))
        return;
    schedule_point(write ? POINT_STORE : POINT_LOAD, (unsigned)size, pc);
    (void)accesses_see(schedule.actor, address, size, write, pc);
}

static inline __attribute__((always_inline)) void access(const void *address, size_t size, bool write,
                                                         uintptr_t pc) {
    if (__builtin_expect(!schedule.running, 1) || (uintptr_t)address - schedule.stack < FIBER_STACK)
        return;
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
