/* The slots and vfork without Python, for machines that are at hand only in an emulator. One source, three objects:
 * -DRECORDER  hooks, and what drives them     -DLIBRARY  calls them     else the program */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct told {
    int opens, closes, closes_in_child;
};

#if defined(RECORDER)

#include "slots.h"
#include "vfork.h"

/* Shared, for an emulator makes a fork of vfork. */
static struct told *told;
static int (*real_open)(const char *, int, int);
static int (*real_close)(int);

static int
hook_open(const char *path, int flags, int mode)
{
    told->opens++;
    return real_open(path, flags, mode);
}

static int
hook_close(int fd)
{
    if (in_vfork_child()) {
        told->closes_in_child++;
    } else {
        told->closes++;
    }
    return real_close(fd);
}

static const hooked table[] = {
    {"open", (void *)hook_open, (void **)&real_open, SLOTS_ALL},
    {"close", (void *)hook_close, (void **)&real_close, SLOTS_ALL},
    {"vfork", (void *)hook_vfork, &real_vfork, SLOTS_ALL},
};

__attribute__((visibility("default"))) int
recorder(int on)
{
    static int prepared;
    if (told == NULL) {
        told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    vfork_prepare(getpid());
    if (!prepared && slots_prepare(table, 3) < 0) {
        return -1;
    }
    prepared = 1;
    if (!on) {
        slots_restore(SLOTS_ALL);
        return 0;
    }
    return slots_patch(SLOTS_ALL);
}

__attribute__((visibility("default"))) struct told
recorder_told(void)
{
    struct told answer = *told;
    memset(told, 0, sizeof(*told));
    return answer;
}

#elif defined(LIBRARY)

/* The first in a slot, the others in words of data. */
int (*volatile const table[])(int) = {close, dup};

int
go(void)
{
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    fd = open("/dev/null", O_RDONLY);
    table[0](fd);
    int status, keep = open("/dev/null", O_RDONLY);
    pid_t pid = vfork();
    if (pid == 0) {
        close(keep);
        _exit(7);
    }
    waitpid(pid, &status, 0);
    return close(keep) == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7 ? 0 : 1;
}

#else

/* In a program that is not position-independent, this is the address of an entry of its own import table, and all
 * others that take the address of the function get the same one. */
static int (*volatile pointer)(int) = close;

static void
take(void)
{
    pointer = close;
}

int recorder(int on);
struct told recorder_told(void);

static void
tell(const char *when)
{
    struct told told = recorder_told();
    printf("%s %d %d %d\n", when, told.opens, told.closes, told.closes_in_child);
}

int
main(int count, char **args)
{
    int (*early)(void) = dlsym(dlopen(args[1], RTLD_NOW), "go");
    if (recorder(1) < 0) {
        perror("recorder");
        return 1;
    }
    int failed = early();
    tell("early");
    void *handle = dlopen(args[2], RTLD_LAZY);
    int (*late)(void) = dlsym(handle, "go");
    failed |= late();
    tell("late");
    close(open("/dev/null", O_RDONLY));
    take();
    pointer(open("/dev/null", O_RDONLY));
    tell("program");
    /* Found only by the program's run path: whoever calls dlopen() must be the program. */
    printf("bare %d\n", count < 4 || dlopen(args[3], RTLD_NOW) != NULL);
    recorder(0);
    failed |= late() | early();
    tell("restored");
    return failed;
}

#endif
