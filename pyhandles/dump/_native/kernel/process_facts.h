/* What /proc tells of one process. */
#ifndef PYHANDLES_KERNEL_PROCESS_FACTS_H
#define PYHANDLES_KERNEL_PROCESS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_BYTES 64     /* longer than the kernel's, but for those of its own threads */
#define COMMAND_BYTES 204 /* 200, an ellipsis and the end */

typedef struct {
    int pid, parent;
    char state;           /* 'S', 'Z', 'D', … */
    bool is_kernels;      /* a thread of the kernel's own */
    uint64_t start_ticks; /* since the system's start */
    char name[NAME_BYTES];
} process_facts;

/* `directory` is /proc/PID. 0, or -1 where it is gone. */
int process_facts_read(int directory, int pid, process_facts *facts);

/* Its command as a shell takes it, cut after 200 bytes; "" where there is none, or where to ask might take for ever. */
void process_command(int directory, const process_facts *facts, char command[COMMAND_BYTES]);

/* The user as whom it acts; UINT32_MAX where not known. */
uint32_t process_user(int directory);

/* When it started, in nanoseconds since 1970. */
uint64_t process_start_time(const process_facts *facts);

#endif
