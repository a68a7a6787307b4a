/* What /proc says of one thread of this process. For threads of its own group it asks for no privilege. */
#ifndef PYHANDLES_KERNEL_THREAD_FILES_H
#define PYHANDLES_KERNEL_THREAD_FILES_H

#include "calls_table.h"
#include "clocks.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    bool in_call;
    long number;
    uint64_t arguments[CALL_ARGUMENTS], stack, code; /* the last two: where it will go on */
} thread_call;

/* Each reads below `tasks`, an open /proc/self/task. 0, or -1 with errno: ENOENT or ESRCH where the thread has ended.
 *
 * The call that it waits in, if it waits in one. */
int thread_call_read(int tasks, pid_t thread, thread_call *call);

/* When and where it last ran; `seen` is not touched. */
int thread_run_read(int tasks, pid_t thread, run_note *note);

/* The same for the calling thread, which runs now. */
int thread_note_own_run(int tasks, run_note *note);

#endif
