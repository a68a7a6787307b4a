/* Which descriptors of other processes lead to files of this one, to the other ends of them, or to sockets of note. */
#ifndef PYHANDLES_KERNEL_HOLDINGS_H
#define PYHANDLES_KERNEL_HOLDINGS_H

#include "deadline.h"
#include "socket_tables.h"

typedef struct {
    surroundings *around;
    const descriptor_table *descriptors;
    vector *strays;     /* stray_socket */
    pid_t service;
    address_map things; /* what a link may lead to; the next two go with it */
    vector first;       /* int32_t: row of the first own descriptor that leads there, -1 for none */
    vector stray;       /* int32_t: row of a stray socket, -1 for none */
    vector next;        /* int32_t: for each own descriptor, the next that leads to the same; -1 for none */
    vector terminals;   /* terminal_end: of pseudoterminals, those that this process has */
} holdings;

/* 0, or -1 where there is no memory. */
int holdings_init(holdings *holdings, surroundings *around, const descriptor_table *descriptors, vector *strays,
                  pid_t service);
void holdings_clear(holdings *holdings);

/* Look at the descriptors of a process, whose /proc/PID is `directory`. Rows are added to those held. `descends`: from
 * the service. 0; or -1 with errno where its descriptors are not shown, or with ETIME, ENOMEM, or EOVERFLOW where there
 * are more rows than are taken. */
int holdings_look(holdings *holdings, int directory, int pid, bool descends, const deadline *end);

#endif
