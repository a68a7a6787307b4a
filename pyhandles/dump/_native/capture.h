/* One capture: what is asked for, what came of it, and the file in between. */
#ifndef PYHANDLES_CAPTURE_H
#define PYHANDLES_CAPTURE_H

#include "compat.h"
#include "descriptors.h"
#include "failed_call.h"
#include "heap.h"
#include "kernel/surroundings.h"
#include "output.h"
#include "pickle.h"

#include <limits.h>

#define TRIGGER_BYTES 64

/* What does not change between captures, set by configure(). */
typedef struct {
    char path[PATH_MAX]; /* absolute; "{pid}" and "{trigger}" stand for themselves */
    enum keys_option keys;
    bool redact;
    bool quiet;
    bool no_fork; /* capture in place always */
    char python[64];       /* "3.11.7" */
    char package[32];      /* pyhandles' own version */
    char executable[1024];
    char directory[1024];  /* the current one at the start */
    char platform[64], machine[64];
    vector at_start;       /* descriptor_identity */
    dev_t stderr_device;   /* what stderr was, so that no line goes into what took its number */
    ino_t stderr_inode;
} settings;

/* What one capture was asked for. */
typedef struct {
    const settings *settings;
    char path[PATH_MAX]; /* overrides that of the settings where it is not empty */
    char trigger[TRIGGER_BYTES];
    int error; /* the errno that triggered it, or 0 */
    failed_call call; /* the call that had it; without a name where that is not known */
    pid_t cause; /* the kernel's number of the thread that triggered it; 0: the one that captures */
    bool in_fork;
    pid_t pid; /* of the service */
    pid_t parent;
    PyInterpreterState *interpreter;
    PyThreadState *thread;
    int spare;             /* an open file for when no other can be made, or -1; see spare.h */
    surroundings *around;  /* with the threads already looked at */
    void (*settled)(void); /* called when the descriptors are closed, if not NULL */
} request;

enum capture_stage {
    STAGE_STARTED,
    STAGE_DESCRIPTORS,
    STAGE_WALK,
    STAGE_OPEN,
    STAGE_WRITE,
    STAGE_RENAME,
    STAGE_DONE,
};

/* What came of it; in memory that both processes share. */
typedef struct {
    enum capture_stage stage; /* the one that failed, or STAGE_DONE */
    int error;                /* errno */
    char path[PATH_MAX];      /* of the file written, or of the one that could not be */
    output output;
    bool took_spare;
    uint64_t objects, references, unreadable;
    uint32_t open, soft_limit;
    double started, seconds; /* the first on the monotonic clock */
    char group[256]; /* the largest group of descriptors */
} report;

/* Capture now, in a child whose descriptor table is its own. Fills in the report. */
void capture_run(const request *request, report *report);

/* The parts of it. Each returns 0, or -1 with errno and the report's stage.
 *
 * Describe the descriptors and close them: for a thread or process with a table of its own. */
int capture_list(const request *request, descriptor_table *descriptors, report *report);

/* Look at what is around the process; never fails. When the descriptors are closed. */
void capture_look_around(const request *request, const descriptor_table *descriptors);

/* Walk the heap, which is kept until capture_clear(). Reads the interpreter only, and must be the thread that holds
 * it: some of CPython's own types look for its state. So must the next. */
int capture_walk(const request *request, report *report);

/* Serialise the snapshot into a sink that is opened for `fd`; clear the sink in any case. */
int capture_serialise(const request *request, descriptor_table *descriptors, report *report, int fd, sink *sink);
void capture_clear(void);

/* Make the file under a temporary name, let `produce` fill it, and give it its name. */
typedef int (*produce_file)(int fd, void *arg);
int capture_file(const request *request, report *report, produce_file produce, void *arg);

/* What went wrong, in words, for a report that is not done. */
const char *stage_text(enum capture_stage stage);

#endif
