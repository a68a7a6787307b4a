#define _GNU_SOURCE
#include "inplace.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#define STACK_BYTES (1024 * 1024)

static void *
capture_apart(void *arg)
{
    job *job = arg;
    if (unshare(CLONE_FILES) < 0) {
        job->report.error = errno;
        return NULL;
    }
    capture_run(&job->request, &job->report);
    return NULL;
}

static int
run_apart(job *job)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);
    if (error) {
        return error;
    }
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* The thread inherits the mask: the service's signals are for the service's threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, capture_apart, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error ? error : pthread_join(thread, NULL);
}

job *
capture_in_place(const request *request)
{
    job *job = job_new(request);
    if (job == NULL) {
        return NULL;
    }
    int error = run_apart(job);
    if (error) {
        job_free(job);
        errno = error;
        return NULL;
    }
    return job;
}
