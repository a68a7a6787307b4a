/* A library that is loaded and unloaded while others record: what it does, it counts itself. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

int
open_and_close(int times)
{
    int done = 0;
    for (int i = 0; i < times; i++) {
        int fd = open("/dev/null", O_RDONLY);
        done += fd >= 0 && close(fd) == 0;
    }
    return done;
}

static void *
of_a_thread(void *times)
{
    return (void *)(size_t)open_and_close(*(int *)times);
}

/* By threads that have no state of Python's. */
int
open_and_close_in_threads(int times)
{
    pthread_t threads[4];
    int done = 0;
    for (size_t i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, of_a_thread, &times) != 0)
            return -1;
    for (size_t i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        done += (int)(size_t)result;
    }
    return done;
}

static atomic_int begun, interruptions;

/* In the middle of anything, a hook among it. */
static void
interrupt(int signal)
{
    (void)signal;
    atomic_fetch_add(&begun, 1);
    dup2(0, 0);
    atomic_fetch_add(&interruptions, 1);
}

void
begin_interruptions(void)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 1000}, {0, 1000}};
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &often, NULL);
}

int
end_interruptions(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &never, NULL);
    do {
        usleep(100000);
    } while (begun != interruptions);
    return interruptions;
}

void
forget_interruptions(void)
{
    begun = interruptions = 0;
}
