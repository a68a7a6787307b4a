/* The kernel's calls: what each is called, and which of its arguments are descriptors. */
#ifndef PYHANDLES_KERNEL_CALLS_TABLE_H
#define PYHANDLES_KERNEL_CALLS_TABLE_H

#include <stdint.h>

#define CALL_ARGUMENTS 6
#define CALL_TEXT_BYTES 32

enum watched_set { WATCHES_NOTHING, WATCHES_POLL, WATCHES_SELECT };

typedef struct {
    long number;
    const char *name;
    int8_t fd, other; /* which argument, or -1 */
    uint8_t watches;  /* enum watched_set */
} kernel_call;

/* NULL for one that is not known. */
const kernel_call *kernel_call_of(long number);

/* Its name, or "syscall N". */
void kernel_call_text(long number, char text[CALL_TEXT_BYTES]);

/* The numbers of the descriptors that it was given, or -1. */
void kernel_call_descriptors(long number, const uint64_t arguments[CALL_ARGUMENTS], int32_t *fd, int32_t *other);

#endif
