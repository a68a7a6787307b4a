#define _GNU_SOURCE
#include "threshold.h"

#include "triggers.h" /* first: Python.h wants to come before the headers of the system */
#include "descriptors.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 250000000
#define STACK_BYTES (128 * 1024)

static struct {
    pthread_t thread;
    pid_t process; /* a forked service has the number but not the thread */
    pthread_mutex_t lock;
    pthread_cond_t stop_now;
    bool running, stop;
    unsigned count;
    char name[TRIGGER_BYTES];
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Linux tells the number as the size of the directory since 6.2; before that it has to be listed. */
static unsigned
open_descriptors(void)
{
    struct stat status;
    if (stat("/proc/self/fd", &status) == 0 && status.st_size > 0) {
        return (unsigned)status.st_size;
    }
    vector identities;
    vector_init(&identities, sizeof(descriptor_identity));
    descriptors_identify(&identities);
    unsigned count = (unsigned)identities.length;
    vector_clear(&identities);
    return count;
}

static void
fire(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    trigger_fire(watch.name, 0);
    PyGILState_Release(state);
}

static bool
sleep_a_while(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PERIOD_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&watch.lock);
    while (!watch.stop && pthread_cond_timedwait(&watch.stop_now, &watch.lock, &until) == 0) {
    }
    bool go_on = !watch.stop;
    pthread_mutex_unlock(&watch.lock);
    return go_on;
}

static void *
watch_number(void *unused)
{
    (void)unused;
    bool was_reached = false;
    do {
        bool is_reached = open_descriptors() >= watch.count;
        if (is_reached && !was_reached) {
            fire();
        }
        was_reached = is_reached;
    } while (sleep_a_while());
    return NULL;
}

static int
start_thread(void)
{
    pthread_condattr_t clock;
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&watch.stop_now, &clock);
    pthread_condattr_destroy(&clock);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* The thread inherits the mask: the service's signals are for the service's threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&watch.thread, &attributes, watch_number, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

int
threshold_watch(unsigned count, const char *name)
{
    threshold_forget();
    watch.count = count;
    watch.stop = false;
    watch.process = getpid();
    snprintf(watch.name, sizeof(watch.name), "%s", name);
    int error = start_thread();
    watch.running = error == 0;
    return error;
}

void
threshold_forget(void)
{
    if (!watch.running || watch.process != getpid()) {
        return;
    }
    watch.running = false;
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&watch.lock);
    watch.stop = true;
    pthread_cond_signal(&watch.stop_now);
    pthread_mutex_unlock(&watch.lock);
    pthread_join(watch.thread, NULL);
    Py_END_ALLOW_THREADS
}
