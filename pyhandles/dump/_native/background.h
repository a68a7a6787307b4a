/* Native threads of ours. */
#ifndef PYHANDLES_BACKGROUND_H
#define PYHANDLES_BACKGROUND_H

#include <pthread.h>
#include <stddef.h>

/* Start one that takes none of the service's signals. `thread`: to be joined; NULL: nobody joins it. 0, or an errno. */
int background_start(pthread_t *thread, size_t stack_bytes, void *(*run)(void *), void *arg);

#endif
