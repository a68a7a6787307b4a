#include "recycled.h"

#if PY_VERSION_HEX < 0x030c0000

_Atomic uint32_t recycled_ended[RECYCLED_PLACES];

static destructor end;

static void
count_and_end(PyObject *code)
{
    size_t place = (uintptr_t)code * 0x9E3779B97F4A7C15u >> 51;
    atomic_fetch_add_explicit(&recycled_ended[place], 1, memory_order_relaxed);
    end(code);
}

void
recycled_prepare(void)
{
    if (PyCode_Type.tp_dealloc != count_and_end) {
        end = PyCode_Type.tp_dealloc;
        PyCode_Type.tp_dealloc = count_and_end;
    }
}

#endif
