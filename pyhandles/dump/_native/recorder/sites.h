/* Lines of code and native libraries, each kept once, with what they are called. In shared memory. */
#ifndef PYHANDLES_RECORDER_SITES_H
#define PYHANDLES_RECORDER_SITES_H

#include "../compat.h"
#include "stacks.h"

/* Once a process; see stacks_prepare(). 0, or -1 with errno. */
int sites_prepare(const char *standard, const char *const *packages);

/* NO_SITE where there is no room. */
uint32_t site_of_code(PyCodeObject *code, int offset);
uint32_t site_of_library(const char *file);

/* False for NO_SITE too. */
bool site_is_standard(uint32_t number);

#endif
