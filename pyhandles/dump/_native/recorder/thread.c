#define _GNU_SOURCE
#include "thread.h"

#include "shared.h"
#include "soundness.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Is the number that Python keeps for each thread right in this process? The kernel makes it 0 in a forked child, where
 * the one thread has the number of its parent's until Python has been told. */
static _Atomic int *numbers_are_right;

static uint32_t
ask_number(void)
{
    return (uint32_t)syscall(SYS_gettid);
}

int
thread_prepare(void)
{
    if (numbers_are_right != NULL) {
        return 0;
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    _Atomic int *flag = recorder_map(page, false);
    if (flag == NULL) {
        return -1;
    }
    PyThreadState *thread = PyGILState_GetThisThreadState();
    bool wiped = madvise((void *)flag, page, MADV_WIPEONFORK) == 0;
    *flag = wiped && thread != NULL && thread->native_thread_id == ask_number() ? 1 : wiped ? 0 : -1;
    numbers_are_right = flag;
    return 0;
}

PyThreadState *
thread_with_frames(void)
{
    PyThreadState *thread = PyGILState_GetThisThreadState();
    if (thread == NULL || thread->interp != _PyInterpreterState_Main()) {
        return NULL;
    }
    PyThreadState *ending = _PyRuntimeState_GetFinalizing(&_PyRuntime);
    return ending == NULL || ending == thread ? thread : NULL;
}

uint32_t
thread_number(PyThreadState *thread)
{
    int right = atomic_load_explicit(numbers_are_right, memory_order_relaxed);
    if (thread != NULL && right == 1) {
        return (uint32_t)thread->native_thread_id;
    }
    uint32_t number = ask_number();
    /* A forked child's first thread, which Python has been told of; the others begin there and are right. */
    if (thread != NULL && right == 0 && number == thread->native_thread_id && number == (uint32_t)getpid()) {
        atomic_store_explicit(numbers_are_right, 1, memory_order_relaxed);
    }
    return number;
}

interpreter_frame *
thread_innermost(PyThreadState *thread, unsigned most)
{
    return thread == NULL || !frames_are_sound(thread, most) ? NULL : compat_complete_frame(compat_current_frame(thread));
}
