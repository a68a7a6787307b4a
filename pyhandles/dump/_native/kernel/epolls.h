/* What each epoll watches. */
#ifndef PYHANDLES_KERNEL_EPOLLS_H
#define PYHANDLES_KERNEL_EPOLLS_H

#include "surroundings.h"

void epolls_read(surroundings *around, const descriptor_table *descriptors);

#endif
