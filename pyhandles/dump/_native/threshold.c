#define _GNU_SOURCE
#include "threshold.h"

#include "triggers.h" /* first: Python.h wants to come before the headers of the system */
#include "background.h"
#include "descriptors.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 250000000
#define STACK_BYTES (128 * 1024)
#define MOST_NUMBERS 16
/* To look costs as much as to open: so many are made between two looks, or a sixteenth of the number, but not so many
 * that the limit would come first. */
#define FEWEST_BETWEEN 16

typedef struct {
    unsigned count;
    atomic_bool was_reached;
    char name[TRIGGER_BYTES];
} number;

static struct {
    number numbers[MOST_NUMBERS];
    atomic_uint length;
    atomic_uint until_look; /* descriptors still to be made before it is worth while to look again */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop_now;
    unsigned wanted; /* the thread that is to run, by number: a former one may still be ending */
    bool running, left_behind; /* the last in a forked service, where the thread did not come along */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- looking ------------------------------------------------------------------------------------------ */

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
    bool listed = descriptors_identify(&identities) == 0;
    unsigned count = listed ? (unsigned)identities.length : errno == EMFILE ? UINT_MAX : 0;
    vector_clear(&identities);
    return count;
}

static unsigned
fewest_between(unsigned count)
{
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    unsigned fewest = count / FEWEST_BETWEEN > FEWEST_BETWEEN ? count / FEWEST_BETWEEN : FEWEST_BETWEEN;
    rlim_t room = limit.rlim_cur > count ? (limit.rlim_cur - count + 1) / 2 : fewest;
    return room < fewest ? (unsigned)room : fewest;
}

/* The number cannot be reached by fewer than are missing. Above it, the timer sees when it is no longer. */
static unsigned
missing(unsigned open)
{
    unsigned fewest = UINT_MAX;
    for (unsigned i = 0; i < atomic_load(&watch.length); i++) {
        unsigned count = watch.numbers[i].count;
        if (open < count) {
            unsigned step = fewest_between(count);
            unsigned until = count - open > step ? count - open : step;
            fewest = until < fewest ? until : fewest;
        }
    }
    return fewest;
}

static bool
is_news(unsigned open)
{
    for (unsigned i = 0; i < atomic_load(&watch.length); i++) {
        if ((open >= watch.numbers[i].count) != atomic_load(&watch.numbers[i].was_reached)) {
            return true;
        }
    }
    return false;
}

/* Call with the GIL. */
static void
fire_what_is_reached(unsigned open)
{
    for (unsigned i = 0; i < atomic_load(&watch.length); i++) {
        number *number = &watch.numbers[i];
        bool is_reached = open >= number->count;
        if (is_reached && !atomic_exchange(&number->was_reached, is_reached)) {
            trigger_fire(number->name, 0, 0, NULL);
        }
        atomic_store(&number->was_reached, is_reached);
    }
}

/* ---- by a slow timer ---------------------------------------------------------------------------------- */

static bool
sleep_a_while(unsigned own)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PERIOD_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&watch.lock);
    while (watch.wanted == own && pthread_cond_timedwait(&watch.stop_now, &watch.lock, &until) == 0) {
    }
    bool go_on = watch.wanted == own;
    pthread_mutex_unlock(&watch.lock);
    return go_on;
}

static void *
look_now_and_then(void *arg)
{
    unsigned own = (unsigned)(uintptr_t)arg;
    do {
        unsigned open = open_descriptors(), until = missing(open);
        if (until < atomic_load(&watch.until_look)) {
            atomic_store(&watch.until_look, until); /* never later: many may have been made since it was counted */
        }
        if (is_news(open) && Py_IsInitialized()) { /* what is installed at exit is never told to stop */
            PyGILState_STATE state = PyGILState_Ensure();
            fire_what_is_reached(open);
            PyGILState_Release(state);
        }
    } while (sleep_a_while(own));
    return NULL;
}

static void
prepare_lock(void)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&watch.stop_now, &clock);
    pthread_condattr_destroy(&clock);
    watch.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

/* Returns: the number of the thread that is to run from here on. */
static unsigned
stop_thread(void)
{
    pthread_mutex_lock(&watch.lock);
    unsigned next = ++watch.wanted;
    pthread_cond_broadcast(&watch.stop_now);
    pthread_mutex_unlock(&watch.lock);
    return next;
}

static int
start_thread(void)
{
    void *own = (void *)(uintptr_t)stop_thread();
    int error = background_start(&watch.thread, STACK_BYTES, look_now_and_then, own);
    watch.running = error == 0;
    return error;
}

static void
note_that_the_thread_is_left_behind(void)
{
    watch.left_behind = watch.running;
    watch.running = false;
    prepare_lock(); /* the thread may have held it */
}

/* ---- where descriptors are made ----------------------------------------------------------------------- */

/* A burst lasts less than the timer's period. What has no event of its own (os.pipe, os.dup, epoll) is left to it. */
static bool
makes_a_descriptor(const char *event)
{
    static const char *const events[] = {
        "open", "socket.__new__", "os.listdir", "os.scandir", "subprocess.Popen", "mmap.__new__", "sqlite3.connect",
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(events); i++) {
        if (event[0] == events[i][0] && strcmp(event, events[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* An audit hook, which stays for good. */
static int
hear(const char *event, PyObject *arguments, void *unused)
{
    (void)arguments, (void)unused;
    if (atomic_load(&watch.length) == 0 || !makes_a_descriptor(event) ||
        PyInterpreterState_Get() != PyInterpreterState_Main()) {
        return 0;
    }
    int error = errno;
    if (watch.left_behind) {
        watch.left_behind = false;
        start_thread();
    }
    unsigned left = atomic_load(&watch.until_look);
    if (left > 1) {
        atomic_store(&watch.until_look, left - 1);
    }
    else {
        unsigned open = open_descriptors();
        atomic_store(&watch.until_look, missing(open));
        fire_what_is_reached(open);
    }
    errno = error;
    return 0;
}

/* Other hooks are asked, and may refuse ours. Then there is the timer alone. 0, or -1 with an exception. */
static int
listen_once(void)
{
    static bool is_heard;
    if (!is_heard) {
        is_heard = PySys_AddAuditHook(hear, NULL) == 0;
        if (!is_heard && !PyErr_ExceptionMatches(PyExc_Exception)) {
            return -1;
        }
        PyErr_Clear();
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------------------- */

int
threshold_watch(unsigned count, const char *name)
{
    static bool prepared;
    unsigned length = atomic_load(&watch.length);
    if (length == MOST_NUMBERS) {
        PyErr_SetString(PyExc_ValueError, "too many numbers");
        return -1;
    }
    int error = 0;
    if (!prepared) {
        prepare_lock();
        error = pthread_atfork(NULL, NULL, note_that_the_thread_is_left_behind);
        prepared = error == 0;
    }
    watch.numbers[length].count = count;
    atomic_store(&watch.numbers[length].was_reached, false);
    snprintf(watch.numbers[length].name, sizeof(watch.numbers[length].name), "%s", name);
    atomic_store(&watch.length, length + 1);
    atomic_store(&watch.until_look, 1);
    if (error == 0 && !watch.running) {
        error = start_thread();
    }
    if (error) {
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return listen_once();
}

void
threshold_forget(void)
{
    atomic_store(&watch.length, 0);
    watch.left_behind = false;
    if (!watch.running) {
        return;
    }
    watch.running = false;
    pthread_t thread = watch.thread;
    stop_thread();
    Py_BEGIN_ALLOW_THREADS /* it may be about to fire; and another thread may install again meanwhile */
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
}
