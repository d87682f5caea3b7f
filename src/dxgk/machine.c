#include "dxgk/machine.h"

struct dxgk_machine dxgk_machine;
