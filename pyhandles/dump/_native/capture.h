/* One capture: what is asked for, what came of it, and the file in between. */
#ifndef PYHANDLES_CAPTURE_H
#define PYHANDLES_CAPTURE_H

#include "compat.h"
#include "descriptors.h"
#include "heap.h"
#include "output.h"

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
    bool in_fork;
    pid_t pid; /* of the service */
    pid_t parent;
    PyInterpreterState *interpreter;
    PyThreadState *thread;
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
    uint64_t objects, references, unreadable;
    uint32_t open, soft_limit;
    double seconds;
    char group[256]; /* the largest group of descriptors */
} report;

/* Capture now: describe the descriptors, close them if this is a child, walk, write. Fills in the report.
 * Reads the interpreter only; the caller sees to it that nothing changes it meanwhile. */
void capture_run(const request *request, report *report);

/* What went wrong, in words, for a report that is not done. */
const char *stage_text(enum capture_stage stage);

#endif
