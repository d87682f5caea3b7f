// The seam in C++, as an implementation in C++ would have it.
#include "harness/sut.h"

#include <string>

extern "C" const struct sut *tinykrnl_get(void);

const struct sut *sut_get(void) {
    static const std::string name = std::string(tinykrnl_get()->name) + " in C++";
    static struct sut sut = *tinykrnl_get();
    sut.name = name.c_str();
    return &sut;
}
