/* The Python stack of the calling thread, read without the GIL, each kept once.
 *
 * In memory that forked children share. Adding is lock-free: a place is claimed by compare-and-swap and made readable by
 * a release; a place that was claimed and never made readable (its process has ended) is passed over. */
#ifndef PYHANDLES_RECORDER_STACKS_H
#define PYHANDLES_RECORDER_STACKS_H

#include <stdbool.h>
#include <stdint.h>

#define NO_STACK UINT32_MAX
#define NO_SITE UINT32_MAX
#define DEEPEST_STACK 64

/* Where a call was made. */
typedef struct {
    uint32_t stack;  /* or NO_STACK: there was no room for one */
    uint32_t site;   /* the one to tell of: the innermost outside the standard library. Or NO_SITE */
    uint32_t thread; /* the kernel's number */
} whereabouts;

/* One line of code, or a native library. The texts are in memory of the table's own, UTF-8. */
typedef struct {
    const char *file, *function; /* or NULL */
    uint32_t line;
    uint32_t flags; /* enum site_flag of ../format.h */
} site;

/* Once a process. `standard` is the directory of the standard library and `packages` those of installed packages, which
 * may lie in it and are none of it; `depth` frames at most are kept of each stack. 0, or -1 with errno. */
int stacks_prepare(unsigned depth, const char *standard, const char *const *packages);

bool stacks_are_prepared(void);

/* Where the calling thread is. `caller` is an address in the code that called, for when no Python code runs in this
 * thread. Takes no lock, no memory, and no reference; does not need the GIL. */
whereabouts stacks_locate(const void *caller);

/* A call of a Python function that is under way. When it has returned, its addresses are used again. */
typedef struct {
    const void *frame, *code;
    uint32_t offset; /* of the instruction in the code, in units of code */
} raw_frame;

/* Those of the calling thread, innermost first. Returns how many. */
unsigned stacks_raw(raw_frame *out, unsigned most);

/* What the variables of the calling thread's innermost Python frame hold of a descriptor: an int of this number, or a
 * socket or a raw file that has it. Variables that inner functions share are not looked at: others may be changing them. */
enum holding { HOLDS_NOTHING, HOLDS_NUMBER, HOLDS_OWNER };
enum holding stacks_local_holding(int fd);
/* What this object holds of it. */
enum holding stacks_object_holding(void *object, int fd);

/* For readers, a capture's child among them. Numbers are below the counts. */
uint32_t stacks_count(void);
uint32_t stacks_site_count(void);
/* The frames' sites, innermost first, and in `told` that to tell of. Returns how many there are. */
unsigned stacks_frames(uint32_t stack, uint32_t sites[DEEPEST_STACK], uint32_t *told);
/* False for a place that is not readable. */
bool stacks_site(uint32_t number, site *site);

#endif
