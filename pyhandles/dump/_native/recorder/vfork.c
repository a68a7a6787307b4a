#define _GNU_SOURCE
#include "vfork.h"

#include "machine.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

/* Who is in vfork, or has been and has not called since. A thread's note is in one of a few places from where its
 * number says on; if all are taken, the first is given up. */
#define NOTES 1024
#define TRIES 16

static struct {
    _Atomic uintptr_t thread; /* 0: free */
    _Atomic pid_t pid;        /* the parent's */
} notes[NOTES];

_Atomic int vforks_under_way;
_Atomic(void (*)(const void *)) vfork_told;
NAMED_IN_ASSEMBLY void *real_vfork;

/* The child has it, too: the register that it is in is its parent's. */
static uintptr_t
this_thread(void)
{
    return (uintptr_t)pthread_self();
}

static uint32_t
place_of(uintptr_t thread, uint32_t try)
{
    return (uint32_t)((thread >> 6) * UINT64_C(0x9e3779b97f4a7c15) >> 40) + try;
}

static bool
note_at(uint32_t place, uintptr_t found, uintptr_t thread, pid_t pid)
{
    if (!atomic_compare_exchange_strong(&notes[place % NOTES].thread, &found, thread)) {
        return false;
    }
    atomic_store(&notes[place % NOTES].pid, pid);
    return true;
}

/* Called by the hook, with what vfork is to return to. Only this thread looks at its note. */
NAMED_IN_ASSEMBLY void
vfork_note(const void *caller)
{
    int kept = errno;
    void (*told)(const void *) = atomic_load(&vfork_told);
    if (told != NULL) {
        told(caller);
    }
    uintptr_t thread = this_thread();
    pid_t pid = getpid();
    bool noted = false;
    for (uint32_t try = 0; try < TRIES && !noted; try++) {
        noted = note_at(place_of(thread, try), thread, thread, pid);
    }
    for (uint32_t try = 0; try < TRIES && !noted; try++) {
        noted = note_at(place_of(thread, try), 0, thread, pid);
        if (noted) {
            atomic_fetch_add(&vforks_under_way, 1);
        }
    }
    if (!noted) {
        atomic_store(&notes[place_of(thread, 0) % NOTES].thread, thread);
        atomic_store(&notes[place_of(thread, 0) % NOTES].pid, pid);
    }
    errno = kept;
}

JUMP_AFTER(hook_vfork, vfork_note, real_vfork);

void
vfork_prepare(pid_t pid)
{
    static _Atomic pid_t prepared;
    if (atomic_exchange(&prepared, pid) == pid) {
        return;
    }
    for (uint32_t place = 0; place < NOTES; place++) {
        atomic_store(&notes[place].thread, 0);
    }
    atomic_store(&vforks_under_way, 0);
}

bool
vfork_is_child(void)
{
    uintptr_t thread = this_thread();
    for (uint32_t try = 0; try < TRIES; try++) {
        uint32_t place = place_of(thread, try) % NOTES;
        if (atomic_load_explicit(&notes[place].thread, memory_order_relaxed) != thread) {
            continue;
        }
        if (getpid() != atomic_load_explicit(&notes[place].pid, memory_order_relaxed)) {
            return true;
        }
        /* The parent is back. */
        if (atomic_compare_exchange_strong(&notes[place].thread, &thread, 0)) {
            atomic_fetch_sub(&vforks_under_way, 1);
        }
        return false;
    }
    return false;
}
