/* Fibers: the exchange of stacks in assembly, for x86-64 and aarch64, and the stacks. */
#define _GNU_SOURCE

#include "harness/interleave/fiber.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#endif

/* Whichever sanitizer is linked in has its own of these; without one they are null. */
#define WEAK __attribute__((weak))
WEAK void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size);
WEAK void __sanitizer_finish_switch_fiber(void *fake_stack_save, const void **bottom_old, size_t *size_old);
WEAK void __asan_unpoison_memory_region(const volatile void *address, size_t size);
WEAK void *__tsan_get_current_fiber(void);
WEAK void *__tsan_create_fiber(unsigned flags);
WEAK void __tsan_switch_to_fiber(void *fiber, unsigned flags);

#define GUARD ((size_t)64 << 10) /* a multiple of every page size there is */

/* What start() and go() have at the top of a stack when the fiber ends: some hundred bytes, with red zones.
 */
#define START_FRAMES ((size_t)4096)

/* ---- the switch itself ---- */

#if (defined(__x86_64__) || defined(__aarch64__)) && defined(__linux__)
/*
 * Keeps on the old stack what the ABI wants kept, writes where that is to *save, goes on with what the other
 * stack has. In a file's own assembly, for a compiler may take a function apart whose body it can see.
 */
void fiber_exchange(void **save, void *load);
#define FIBER_CONTEXT void *
#define exchange      fiber_exchange
#endif

#if defined(__x86_64__) && defined(__linux__)
__asm__(".text\n"
        ".p2align 4\n"
        ".hidden fiber_exchange\n"
        ".globl fiber_exchange\n"
        ".type fiber_exchange, @function\n"
        "fiber_exchange:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size fiber_exchange, .-fiber_exchange\n");

static void prepare(void **context, uint8_t *stack, void (*start)(void)) {
    void **top = (void **)(void *)(stack + FIBER_STACK);
    *--top = NULL; /* an end for whoever walks the stack */
    *--top = NULL;
    *--top = NULL; /* where start() would return to: 8 below a multiple of 16 when it begins */
    *--top = (void *)start;
    for (unsigned i = 0; i < 6; i++)
        *--top = NULL;
    *context = top;
}

#elif defined(__aarch64__) && defined(__linux__)
__asm__(".text\n"
        ".p2align 4\n"
        ".hidden fiber_exchange\n"
        ".globl fiber_exchange\n"
        ".type fiber_exchange, %function\n"
        "fiber_exchange:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size fiber_exchange, .-fiber_exchange\n");

static void prepare(void **context, uint8_t *stack, void (*start)(void)) {
    void **top = (void **)(void *)(stack + FIBER_STACK) - 20; /* 160 bytes; x30 at 88 */
    memset(top, 0, 160);
    top[11] = (void *)start;
    *context = top;
}

#else
/* Elsewhere by the C library, which asks the system about signals at each switch. */
#include <ucontext.h>
#define FIBER_CONTEXT        ucontext_t
#define exchange(save, load) ((void)swapcontext(save, &(load)))

static void prepare(ucontext_t *context, uint8_t *stack, void (*start)(void)) {
    (void)getcontext(context);
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = FIBER_STACK;
    context->uc_link = NULL;
    makecontext(context, start, 0);
}
#endif

/* ---- fibers ---- */

enum {
    MAIN = FIBERS
};

static struct stack {
    FIBER_CONTEXT context;
    const void *bottom; /* of main's: as a sanitizer tells */
    size_t size;
    void *fake; /* a sanitizer's, while another runs */
    void *tsan;
    bool ended;
    bool dirty; /* it ended in the middle of something */
    bool dying; /* it is to end as soon as it is gone to */
    void (*body)(void *context);
    void *argument;
} stacks[FIBERS + 1];

static uint8_t *memory;
static unsigned current = MAIN;

static uint8_t *stack_of(unsigned fiber) {
    return memory + GUARD + fiber * (GUARD + FIBER_STACK);
}

uintptr_t fiber_stack(unsigned fiber) {
    return (uintptr_t)stack_of(fiber);
}

bool fiber_ended(unsigned fiber) {
    return stacks[fiber].ended;
}

static bool map_stacks(void) {
    size_t size = FIBERS * (GUARD + FIBER_STACK) + GUARD;
    void *mapped = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        perror("pinfuzz: stacks for a race");
        return false;
    }
    memory = mapped;
    for (unsigned i = 0; i < FIBERS; i++) {
        if (mprotect(stack_of(i), FIBER_STACK, PROT_READ | PROT_WRITE) != 0) {
            perror("pinfuzz: stacks for a race");
            return false;
        }
        stacks[i].bottom = stack_of(i);
        stacks[i].size = FIBER_STACK;
        stacks[i].ended = true;
        stacks[i].tsan = __tsan_create_fiber ? __tsan_create_fiber(0) : NULL;
    }
    return true;
}

/* Goes to another stack, and comes back some day. `last`: not so; a sanitizer may drop what it keeps. */
static void go(unsigned to, bool last) {
    struct stack *from = &stacks[current];
    struct stack *target = &stacks[to];
    current = to;
    if (__sanitizer_start_switch_fiber)
        __sanitizer_start_switch_fiber(last ? NULL : &from->fake, target->bottom, target->size);
    if (__tsan_switch_to_fiber)
        __tsan_switch_to_fiber(target->tsan, 0);
    exchange(&from->context, target->context);
    if (__sanitizer_finish_switch_fiber)
        __sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
    if (from->dying)
        fiber_abandon();
}

static void start(void) {
    struct stack *self = &stacks[current];
    if (__sanitizer_finish_switch_fiber) {
        /* Whoever came here says which stack it left: of the main one nothing else is known. */
        const void *bottom;
        size_t size;
        __sanitizer_finish_switch_fiber(NULL, &bottom, &size);
        bool of_fiber = (uintptr_t)bottom - (uintptr_t)memory < FIBERS * (GUARD + FIBER_STACK) + GUARD;
        if (!of_fiber) {
            stacks[MAIN].bottom = bottom;
            stacks[MAIN].size = size;
        }
    }
    if (!self->dying)
        self->body(self->argument);
    self->ended = true;
    go(MAIN, true);
    abort();
}

bool fiber_begin(unsigned fiber, void (*body)(void *context), void *context) {
    if (!memory && !map_stacks())
        return false;
    struct stack *stack = &stacks[fiber];
#ifdef FIBER_ASAN
    /* Frames that were left for good have red zones still: start()'s own, if not more. */
    size_t left = stack->dirty ? FIBER_STACK : START_FRAMES;
    __asan_unpoison_memory_region(stack_of(fiber) + FIBER_STACK - left, left);
#endif
    stack->fake = NULL;
    stack->ended = false;
    stack->dirty = false;
    stack->dying = false;
    stack->body = body;
    stack->argument = context;
    prepare(&stack->context, stack_of(fiber), start);
    return true;
}

void fiber_go(unsigned fiber) {
    if (current == MAIN && __tsan_get_current_fiber)
        stacks[MAIN].tsan = __tsan_get_current_fiber();
    go(fiber, false);
}

void fiber_leave(void) {
    go(MAIN, false);
}

void fiber_abandon(void) {
    stacks[current].ended = true;
    stacks[current].dirty = true;
    stacks[current].dying = false;
    go(MAIN, true);
    abort();
}

void fiber_end_all(void) {
    for (unsigned i = 0; i < FIBERS && memory; i++) {
        if (!stacks[i].ended) {
            stacks[i].dying = true;
            fiber_go(i);
        }
    }
}
