/* A misuse in words. */
#ifndef PYHANDLES_RECORDER_REPORT_H
#define PYHANDLES_RECORDER_REPORT_H

#include "misuse.h"

#include <stddef.h>

/* Lines for stderr, the first of which begins with "pyhandles: ". Takes no memory and no lock. Returns the bytes
 * written, without the null that ends them. */
size_t report_text(const misuse *misuse, char *text, size_t room);

#endif
