/* The child that captures while the service goes on, and the thread that waits for it. */
#ifndef PYHANDLES_CHILD_H
#define PYHANDLES_CHILD_H

#include "capture.h"

/* A capture under way. In memory shared with the child. */
typedef struct job {
    request request;
    report report;
    pid_t child;
    struct job *next; /* among those that nobody waits for */
    char text[2 * PATH_MAX], shown[PATH_MAX]; /* what it has to say, and the path in it: too large for a thread's stack */
} job;

/* Once a process, before the first capture. 0 or -1. */
int child_prepare(void);

/* Begin a capture in a child. Call with the GIL held; the request's thread and interpreter are filled in.
 * The caller goes on after the fork itself. NULL with errno where there is no child. */
job *child_start(const request *request);

/* Wait for the child, without the GIL; then its report is complete. Frees nothing. */
void child_wait(job *job);

/* A job for a request, with nothing done yet; NULL with errno where there is no memory. */
job *job_new(const request *request);
void job_free(job *job);

/* Let a thread of its own wait for the child, tell on stderr what came of it, and free the job. */
void child_wait_in_background(job *job);

/* Wait until no background capture is under way, `seconds` at most, without the GIL. False if one still is. */
bool children_wait(double seconds);

/* What a finished capture has to say for itself, as lines for stderr: in its `text`. Returns their bytes. */
size_t job_text(job *job);

/* Print a text, if stderr is still what it was when pyhandles was installed, and takes it. */
void tell(const settings *settings, const char *text, size_t length);

/* Print what a finished capture has to say, unless it is to be quiet. */
void job_tell(job *job);

#endif
