#define _GNU_SOURCE
#include "inplace.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#define STACK_BYTES (256 * 1024)

typedef struct {
    job *job;
    descriptor_table descriptors;
    sink sink; /* the whole snapshot */
    int (*errand)(void *in_place);
    int result, error; /* of the errand */
} in_place;

static int
list_descriptors(void *arg)
{
    in_place *capture = arg;
    return capture_list(&capture->job->request, &capture->descriptors, &capture->job->report);
}

static int
copy_out(int fd, void *arg)
{
    in_place *capture = arg;
    errno = write_fully(fd, capture->sink.buffer, capture->sink.used);
    return errno ? -1 : 0;
}

static int
write_file(void *arg)
{
    in_place *capture = arg;
    descriptors_close_all(&capture->descriptors);
    return capture_file(&capture->job->request, &capture->job->report, copy_out, capture);
}

static void *
run_errand(void *arg)
{
    in_place *capture = arg;
    capture->result = unshare(CLONE_FILES) < 0 ? -1 : capture->errand(capture);
    capture->error = errno;
    return NULL;
}

/* Run a function in a native thread that has a descriptor table of its own. 0, or -1 with errno. */
static int
run_apart(in_place *capture, int (*errand)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    capture->errand = errand;
    int error = pthread_attr_init(&attributes);
    if (error == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        /* The thread inherits the mask: the service's signals are for the service's threads. */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        error = pthread_create(&thread, &attributes, run_errand, capture);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
    }
    if (error) {
        errno = error;
        return -1;
    }
    pthread_join(thread, NULL);
    errno = capture->error;
    return capture->result;
}

static int
capture_parts(in_place *capture)
{
    const request *request = &capture->job->request;
    report *report = &capture->job->report;
    if (run_apart(capture, list_descriptors) < 0) {
        return -1;
    }
    int result = capture_walk(request, report);
    if (result == 0) {
        result = capture_serialise(request, &capture->descriptors, report, SINK_MEMORY, &capture->sink);
    }
    capture_clear();
    return result < 0 ? -1 : run_apart(capture, write_file);
}

job *
capture_in_place(const request *request)
{
    in_place capture = {.job = job_new(request)};
    if (capture.job == NULL) {
        return NULL;
    }
    descriptors_init(&capture.descriptors);
    int result = capture_parts(&capture);
    int error = errno;
    sink_clear(&capture.sink);
    descriptors_clear(&capture.descriptors);
    if (result < 0 && capture.job->report.stage == STAGE_STARTED) {
        job_free(capture.job);
        errno = error;
        return NULL;
    }
    if (result < 0) {
        capture.job->report.error = error ? error : EIO;
    }
    return capture.job;
}
