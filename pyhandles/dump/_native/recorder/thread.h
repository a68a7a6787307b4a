/* The calling thread: its number, and its Python side. */
#ifndef PYHANDLES_RECORDER_THREAD_H
#define PYHANDLES_RECORDER_THREAD_H

#include "../compat.h"

/* Once a process. 0, or -1 with errno. */
int thread_prepare(void);

/* NULL for a thread without Python, or of another interpreter than the main one; for all but one when the interpreter
 * ends, as their states may be freed then. */
PyThreadState *thread_with_frames(void);

/* The kernel's number. `thread` is what the function above gave. */
uint32_t thread_number(PyThreadState *thread);

/* The innermost complete frame, or NULL where there is none or where the frames cannot be read just now. So many can be
 * read from there on. */
interpreter_frame *thread_innermost(PyThreadState *thread, unsigned most);

#endif
