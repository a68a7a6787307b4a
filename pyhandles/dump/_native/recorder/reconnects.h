/* Connections to what was closed a moment ago: the same address, asked for at the same site. Files are opened again and
 * again in any program, and are not counted. */
#ifndef PYHANDLES_RECORDER_RECONNECTS_H
#define PYHANDLES_RECORDER_RECONNECTS_H

#include "noting.h"

#include <stdint.h>

/* Once a process. 0, or -1 with errno. */
int reconnects_prepare(void);

/* From nothing again. */
void reconnects_forget(void);

/* The call has connected this socket, or tried to. */
void reconnects_connected(int fd, const noted *noted);

/* A close is about to be made, for afterwards the number may be another's. */
void reconnects_closing(int fd, uint64_t time);

/* How many there have been. */
uint64_t reconnects_count(void);

#endif
