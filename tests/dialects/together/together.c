/* The implementations of tests/dialects in one program: $DIALECT says which of them it is. With $DECLARED all
 * that it chose is declared: what that names, and this project's choice of everything else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/sut.h"

#define VARIANT(name) const struct sut *sut_get_##name(void);
VARIANTS
#undef VARIANT

static const struct {
    const char *name;
    const struct sut *(*get)(void);
} variants[] = {
#define VARIANT(name) {#name, sut_get_##name},
    VARIANTS
#undef VARIANT
};

static const struct sut *chosen(void) {
    const char *wanted = getenv("DIALECT");
    for (size_t i = 0; wanted && i < sizeof(variants) / sizeof(*variants); i++)
        if (strcmp(variants[i].name, wanted) == 0)
            return variants[i].get();
    fprintf(stderr, "DIALECT=%s: expected the name of one of tests/dialects/*.c, without .c\n",
            wanted ? wanted : "");
    exit(2);
}

const struct sut *sut_get(void) {
    static struct sut sut;
    if (!sut.name) {
        sut = *chosen();
        sut.dialect = getenv("DECLARED");
        sut.hold_chosen = sut.dialect != NULL;
    }
    return &sut;
}
