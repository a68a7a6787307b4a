#define _GNU_SOURCE
#include "recorder/thread.h" /* first: Python.h wants to come before the headers of the system */
#include "failed_call.h"

#include "printing.h"
#include "recorder/hooks.h"
#include "sockets.h"
#include "tripwire.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- which errors ------------------------------------------------------------------------------------- */

static const int errors[] = {
    EACCES,   EPERM,        EADDRINUSE,  EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN,     EALREADY,    ECONNREFUSED, ECONNRESET,
    EISCONN,  ENETUNREACH,  EHOSTUNREACH, ENETDOWN,     ETIMEDOUT,    EPROTOTYPE, EOPNOTSUPP,  EDESTADDRREQ, ENOENT,
    ENOTDIR,  ELOOP,        ENAMETOOLONG, EROFS,        ENOMEM,       ENOBUFS,    EINPROGRESS, EINVAL,       ENODEV,
};

static atomic_bool watching;

static bool
calls_can_fail_with(int error)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(errors); i++) {
        if (errors[i] == error) {
            return true;
        }
    }
    return false;
}

void
failed_calls_watch(int error)
{
    if (calls_can_fail_with(error) && !atomic_load(&watching)) {
        Py_BEGIN_ALLOW_THREADS
        atomic_store(&watching, slots_prepare(hooks, CALLS) == 0 && slots_patch(SLOTS_ADDRESSING) == 0);
        Py_END_ALLOW_THREADS
    }
}

void
failed_calls_forget(void)
{
    if (atomic_exchange(&watching, false)) {
        Py_BEGIN_ALLOW_THREADS
        slots_restore(SLOTS_ADDRESSING);
        Py_END_ALLOW_THREADS
    }
}

/* ---- the last of each thread -------------------------------------------------------------------------- */

/* Not the compiler's thread-local memory: a thread's first use of that allocates, and a hook may run in the handler of a
 * signal. A thread that finds its place taken does without. */
#define PLACES 64
#define BUSY (-1)

static struct {
    _Atomic pid_t thread; /* whose call is kept here; 0: none */
    const void *frame;    /* which made it */
    uintptr_t instruction;
    failed_call call;
} places[PLACES];

static pid_t
this_thread(void)
{
    return (pid_t)syscall(SYS_gettid);
}

static interpreter_frame *
innermost_frame(void)
{
    return thread_innermost(thread_with_frames(), 1);
}

void
failed_call_fill(failed_call *call, const char *name, int fd, int error, const struct sockaddr *address,
                 socklen_t length)
{
    *call = (failed_call){.name = name, .fd = fd, .error = error};
    if (address != NULL) {
        call->length = length < sizeof(call->address) ? length : sizeof(call->address);
        memcpy(&call->address, address, call->length);
        return;
    }
    socklen_t room = sizeof(call->address);
    if (getsockname(fd, (struct sockaddr *)&call->address, &room) == 0) {
        call->length = room;
    }
}

/* A socket with a timeout connects in two steps: what comes of it is asked for later, within the same call of Python's. */
static bool
is_of_interest(int error)
{
    return atomic_load_explicit(&watching, memory_order_relaxed) && (tripwire_watches(error) || error == EINPROGRESS);
}

/* The pointer is the program's, and with these the kernel may not have looked at it. */
static bool
kernel_has_looked(int error)
{
    return error != EINVAL && error != EFAULT && error != EBADF && error != ENOTSOCK;
}

void
failed_call_note(const char *name, int fd, const struct sockaddr *address, socklen_t length)
{
    int error = errno;
    if (!is_of_interest(error) || !kernel_has_looked(error)) {
        return;
    }
    pid_t thread = this_thread(), former = atomic_load(&places[thread % PLACES].thread);
    if (former != BUSY && atomic_compare_exchange_strong(&places[thread % PLACES].thread, &former, BUSY)) {
        interpreter_frame *frame = innermost_frame();
        places[thread % PLACES].frame = frame;
        places[thread % PLACES].instruction = frame == NULL ? 0 : compat_frame_instruction(frame);
        failed_call_fill(&places[thread % PLACES].call, name, fd, error, address, length);
        atomic_store(&places[thread % PLACES].thread, thread);
    }
    errno = error;
}

bool
failed_call_take(int error, failed_call *call)
{
    pid_t thread = this_thread(), kept = thread;
    if (!atomic_load(&watching) || !atomic_compare_exchange_strong(&places[thread % PLACES].thread, &kept, BUSY)) {
        return false;
    }
    *call = places[thread % PLACES].call;
    interpreter_frame *frame = innermost_frame();
    bool raises_it = frame != NULL && frame == places[thread % PLACES].frame &&
                     compat_frame_instruction(frame) == places[thread % PLACES].instruction &&
                     (call->error == error || call->error == EINPROGRESS);
    atomic_store(&places[thread % PLACES].thread, 0);
    call->error = error;
    return raises_it;
}

/* ---- in words ----------------------------------------------------------------------------------------- */

void
failed_call_text(const failed_call *call, char *text, size_t room)
{
    char address[ADDRESS_BYTES] = "", shown[ADDRESS_BYTES];
    text[0] = '\0';
    if (call->name == NULL) {
        return;
    }
    if (call->length > 0) {
        socket_address_text(&call->address, call->length, address);
    }
    print_safely(address, shown, sizeof(shown));
    const char *to = shown[0] == '\0' ? "" : strcmp(call->name, "listen") == 0 ? " at " : " to ";
    snprintf(text, room, "%s() of fd %d%s%s failed: %s", call->name, call->fd, to, shown, strerror(call->error));
}
