/* The system's sockets: which of them have to do with this process, or may be in the way of an address of its. */
#ifndef PYHANDLES_KERNEL_SOCKET_TABLES_H
#define PYHANDLES_KERNEL_SOCKET_TABLES_H

#include "surroundings.h"

/* A socket that is of interest only if no process has it. */
typedef struct {
    socket_row row;
    bool held;  /* a process was seen to have it */
    bool stays; /* it is still there after they were looked at */
} stray_socket;

/* Read those that are of interest, and into `strays` (stray_socket) those that may be. */
void socket_tables_read(surroundings *around, const descriptor_table *descriptors, vector *strays, const deadline *end);

/* Add the strays that nobody has, when the processes have been looked at. */
void socket_tables_add_strays(surroundings *around, vector *strays, const deadline *end);

#endif
