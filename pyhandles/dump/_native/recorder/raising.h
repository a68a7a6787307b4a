/* misuse="raise": an exception in the thread that did it, if it is one of Python's. */
#ifndef PYHANDLES_RECORDER_RAISING_H
#define PYHANDLES_RECORDER_RAISING_H

#include "misuse.h"

/* Call with the GIL. Loads what raising needs, once a process. 0, or -1 with an exception. */
int raising_prepare(void);

/* From within a hook: this thread is to raise. Beyond a bound it is forgotten. */
void raising_note(const misuse *misuse, pthread_t thread);

/* From within a hook: none of the double closes here was one. */
void raising_take_back(const whereabouts *where);

/* From a thread that holds no lock: set the exceptions that were noted. Returns: there are some that are too young. */
bool raising_deliver(void);

bool raising_is_due(void);

#endif
