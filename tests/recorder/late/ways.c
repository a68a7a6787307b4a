/* Opens and closes in the ways of C. Python.h is not here: it would turn open() into open64(). */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ways.h"

static int (*const in_a_table)(const char *, int, ...) = open;
static volatile int flags = O_RDONLY; /* not known to the compiler, so that the fortified functions are called */

static void
files(void)
{
    close(open("/dev/null", flags));
    close(open64("/dev/null", flags));
    close(openat(AT_FDCWD, "/dev/null", flags));
    close(openat64(AT_FDCWD, "/dev/null", flags));
    close(in_a_table("/dev/null", O_RDONLY));
    close(creat("late-creat", 0600));
    close(creat64("late-creat", 0600));
    close(open("late-made", O_CREAT | O_RDWR, 0640));
}

static void
streams(void)
{
    fclose(fopen("/dev/null", "r"));
    fclose(fopen64("/dev/null", "w"));
    fclose(fdopen(open("/dev/null", flags), "r"));
    fclose(tmpfile());
}

static void
temporary(void)
{
    char first[] = "late-XXXXXX", second[] = "late-XXXXXX", third[] = "late-XXXXXX.txt";
    close(mkstemp(first));
    close(mkostemp(second, O_CLOEXEC));
    close(mkstemps(third, 4));
    char name[64];
    snprintf(name, sizeof name, "/pyhandles-late-%d", (int)getpid());
    close(shm_open(name, O_CREAT | O_RDWR, 0600));
    shm_unlink(name);
}

static void
directories(void)
{
    closedir(opendir("."));
    closedir(fdopendir(open(".", O_RDONLY | O_DIRECTORY)));
}

static void
terminals(void)
{
    int master, slave;
    close(posix_openpt(O_RDWR | O_NOCTTY));
    if (openpty(&master, &slave, NULL, NULL, NULL) == 0) {
        close(master);
        close(slave);
    }
}

static void
of_the_kernel(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR2);
    close(epoll_create(1));
    close(epoll_create1(EPOLL_CLOEXEC));
    close(eventfd(0, EFD_CLOEXEC));
    close(timerfd_create(CLOCK_MONOTONIC, 0));
    int changed = signalfd(-1, &signals, 0);
    signalfd(changed, &signals, 0); /* opens none */
    close(changed);
    close(inotify_init());
    close(inotify_init1(IN_CLOEXEC));
    close(memfd_create("late", MFD_CLOEXEC));
}

static void
copies(void)
{
    int fd = open("/dev/null", flags);
    close(dup(fd));
    dup2(fd, fd); /* opens none */
    dup2(fd, 200);
    dup2(fd, 200); /* closes what it replaces */
    dup3(fd, 201, O_CLOEXEC);
    close(200);
    close(201);
    close(fcntl(fd, F_DUPFD, 100));
    close(fcntl(fd, F_DUPFD_CLOEXEC, 100));
    fcntl(fd, F_SETFD, FD_CLOEXEC); /* opens none, whatever it gives */
    fcntl(fd, F_GETFL);
    close(fd);
}

static void
ranges(void)
{
    int fd = open("/dev/null", flags);
    dup2(fd, 300);
    dup2(fd, 302);
    close_range(300, 302, 0);
    dup2(fd, 300);
    close_range(300, 302, CLOSE_RANGE_CLOEXEC); /* closes none */
    closefrom(300);
    close(fd);
}

static void
failing(void)
{
    close(-1);
    close(777);
    dup(777);
    dup2(777, 778);
    open("/nowhere/at/all", O_RDONLY);
    socket(AF_INET, 12345, 0);
    fclose(fopen("/dev/null", "r"));
    fopen("/nowhere/at/all", "r");
    opendir("/nowhere/at/all");
}

static void
messages(void)
{
    int pair[2], fd = open("/dev/null", flags);
    char control[CMSG_SPACE(2 * sizeof(int))] = {0}, byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(2 * sizeof(int));
    int sent[2] = {fd, fd};
    memcpy(CMSG_DATA(header), sent, sizeof sent);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    sendmsg(pair[0], &message, 0);
    memset(control, 0, sizeof control);
    message.msg_controllen = sizeof control;
    if (recvmsg(pair[1], &message, 0) == 1) {
        int received[2];
        memcpy(received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
        close(received[0]);
        close(received[1]);
    }
    close(pair[0]);
    close(pair[1]);
    close(fd);
}

static void
system_calls(void)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
    close((int)syscall(SYS_dup, fd));
    close((int)syscall(SYS_epoll_create1, 0));
    syscall(SYS_dup3, fd, 210, O_CLOEXEC);
    syscall(SYS_close_range, 210, 211, 0);
    int copy = dup(fd);
    syscall(SYS_close, copy);
    close(fd);
    syscall(SYS_gettid); /* gives a number that is no descriptor */
}

static void *
open_and_close(void *times)
{
    for (int i = 0; i < *(int *)times; i++)
        close(open("/dev/null", O_RDONLY));
    return NULL;
}

/* Threads that have no state of Python's. */
static void
threads(void)
{
    pthread_t some[4];
    int times = 50;
    for (int i = 0; i < 4; i++)
        pthread_create(&some[i], NULL, open_and_close, &times);
    for (int i = 0; i < 4; i++)
        pthread_join(some[i], NULL);
}

static void
handle(int number)
{
    (void)number;
    close(open("/dev/null", O_RDONLY));
}

static void
in_a_signal_handler(void)
{
    struct sigaction action = {.sa_handler = handle}, former;
    sigaction(SIGUSR2, &action, &former);
    raise(SIGUSR2);
    sigaction(SIGUSR2, &former, NULL);
}

/* What a child does is not the process's. */
static void
children(void)
{
    pid_t child = fork();
    if (child == 0) {
        close(open("/dev/null", O_RDONLY));
        _exit(0);
    }
    waitpid(child, NULL, 0);
    child = vfork();
    if (child == 0) {
        close(open("/dev/zero", O_RDONLY));
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void
limit_popen(void)
{
    char text[16];
    FILE *output = popen("echo", "r");
    while (fgets(text, sizeof text, output) != NULL)
        ;
    pclose(output);
}

static void
limit_freopen(void)
{
    fclose(freopen("/dev/zero", "r", fopen("/dev/null", "r")));
}

static void
limit_dlsym(void)
{
    int (*found)(const char *, int, ...);
    *(void **)&found = dlsym(RTLD_DEFAULT, "open");
    close(found("/dev/null", O_RDONLY));
}

const struct way ways[] = {
    {"files", files},       {"streams", streams},
    {"temporary", temporary}, {"directories", directories},
    {"terminals", terminals}, {"of_the_kernel", of_the_kernel},
    {"copies", copies},     {"ranges", ranges},
    {"failing", failing},   {"messages", messages},
    {"system_calls", system_calls}, {"threads", threads},
    {"in_a_signal_handler", in_a_signal_handler}, {"children", children},
    {"limit_popen", limit_popen}, {"limit_freopen", limit_freopen}, {"limit_dlsym", limit_dlsym},
    {NULL, NULL},
};
