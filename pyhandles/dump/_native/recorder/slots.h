/* Puts functions in front of those of the C library that other objects call: in the slots of their import tables, and
 * in tables of pointers that the linker has filled in. */
#ifndef PYHANDLES_RECORDER_SLOTS_H
#define PYHANDLES_RECORDER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

/* What is asked for: the calls that give a socket its address, or all. */
enum slots_part { SLOTS_ADDRESSING = 1, SLOTS_ALL = 2 };

typedef struct {
    const char *name;
    void *hook;
    void **real; /* filled in by slots_prepare(): what is called where nothing is in front. NULL where libc has none */
    unsigned parts; /* of which it is one; enum slots_part */
} hooked;

/* Find the real functions, once a process, however many threads ask for it at once. The table must stay. 0, or -1 with
 * errno: ENOTSUP on a machine, or with a C library, that is not known. */
int slots_prepare(const hooked *table, size_t count);

/* In all objects that are loaded, and in those that are loaded later. 0, or -1 with errno. */
int slots_patch(enum slots_part part);

/* Put back what stood in each slot that no other part asks for. A call that is in a hook goes on there: the code stays. */
void slots_restore(enum slots_part part);

/* In what has been loaded since, where slots are patched at all: done by itself as soon as a function is asked for, so
 * only readers need it. Waits for the linker's lock, which a thread that loads something may hold for long: not to be
 * called in a hook, and better without the GIL. Preserves errno. */
void slots_refresh(void);

/* Has an object been loaded that goes from stack to stack within a thread, as greenlet does? A thread may begin more than
 * once then, by its frames. */
bool slots_have_switching(void);

/* The file of the loaded object that has this address in it, or NULL. Takes no lock; knows what the last patching knew. */
const char *slots_object(const void *address);

#endif
