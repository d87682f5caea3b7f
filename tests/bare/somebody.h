/* src/ behind the seam as another implementation, not held to this project's choices. One file includes this
 * and changes what it likes. */
#ifndef TESTS_BARE_SOMEBODY_H
#define TESTS_BARE_SOMEBODY_H

#define sut_get sut_get_whole
#include "sut/sut_dxgk.c"
#undef sut_get

static struct sut somebody(const char *name) {
    struct sut sut = *sut_get_whole();
    sut.name = name;
    sut.hold_chosen = false;
    return sut;
}

#endif
