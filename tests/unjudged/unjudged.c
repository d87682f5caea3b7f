/*
 * Linked twice: with the judge, and with the one that holds nobody to anything. The calls are the same, for
 * the model knows the same; and an implementation that breaks its contract is told so by one of the two only.
 *
 * Usage: unjudged FILE...: a line for each program with how many calls it makes, and what they answer, as a
 * number. unjudged --broken: the verdict of an implementation that pins nothing, "kept" or "violated
 * PIN-...".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/drive/executor.h"
#include "harness/program/load.h"
#include "harness/verdict/verdict.h"

/* An operation makes one call, a driver's own are not recorded; before and after them each adapter is added,
 * linked, started and removed. */
#define CALLS (PROGRAM_OPS + 4u * PROGRAM_ADAPTERS)

static struct program program;
static struct call calls[CALLS];

static uint64_t add(uint64_t digest, uint64_t value) {
    return (digest ^ value) * UINT64_C(0x100000001b3);
}

/* Without addresses: they differ from process to process. */
static uint64_t digest_of(const struct call *call) {
    uint64_t digest = add(add(UINT64_C(0xcbf29ce484222325), call->opcode), call->device);
    digest = add(add(digest, call->actor), (uint32_t)call->status);
    digest = add(digest, call->fired);
    if (call_is_callback(call->opcode)) {
        digest = add(digest, (uint64_t)(uintptr_t)call->handle);
    } else if (call->opcode == OP_DMA_READ || call->opcode == OP_DMA_WRITE) {
        digest = add(digest, call->dma_ok);
        for (uint32_t i = 0; i < call->count; i++)
            digest = add(digest, call->data[i]);
    } else if (call->opcode == OP_CPU_READ) {
        digest = add(digest, call->data[0]);
    }
    return digest;
}

static int print_calls(char **paths, int count) {
    for (int i = 0; i < count; i++) {
        struct text_error error;
        uint64_t digest = 0;
        if (!program_load(paths[i], LOAD_DETECT, &program, &error)) {
            fprintf(stderr, "%s\n", error.text);
            return 2;
        }
        size_t made = executor_record(&program, calls, CALLS);
        for (size_t k = 0; k < made; k++)
            digest = add(digest, digest_of(&calls[k]));
        printf("%s: %zu calls %016" PRIx64 "\n", paths[i], made, digest);
    }
    return 0;
}

static bool no_dma(unsigned device, uint64_t address, void *data, size_t size, bool write) {
    (void)device, (void)address, (void)data, (void)size, (void)write;
    return false;
}

static int print_verdict(void) {
    static const char text[] = "pin2 lead(0) index=0 CommitSize=1p\nunpin lead(0) index=0\n";
    struct text_error error;
    struct sut broken = *sut_get();
    broken.dma = no_dma;
    if (!text_parse("test", text, strlen(text), &program, &error))
        return 2;
    verdict_print_outcome(stdout,
                          verdict_here(&program, &(struct run_options){.quiet = true, .subject = &broken}));
    printf("\n");
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--broken") == 0)
        return print_verdict();
    return print_calls(argv + 1, argc - 1);
}
