#define _GNU_SOURCE
#include "../compat.h" /* first: Python.h wants to come before the headers of the system */

#include "late.h"

#include "bytecode.h"
#include "cache.h"
#include "mix.h"
#include "recorder.h"
#include "recycled.h"
#include "shared.h"
#include "slots.h"
#include "thread.h"
#include "vfork.h"

#include <errno.h>
#include <string.h>

#define MOST_FRAMES 32
#define SIGHTS 4096

/* Of a thread and a number: where it was used first. */
typedef struct {
    uint64_t thread; /* its state's number, which no other thread gets */
    int fd;
    uint32_t generation, epoch;
    uint32_t local, offset;
    bool by_owner; /* the variable is a socket, no number */
    const void *frame;
    uint64_t callers;
} sight;

static struct {
    _Atomic uint32_t version; /* odd while it is written: then it is left alone */
    sight sight;
} *sights;

_Atomic uint64_t *late_seen;
static cache *answers;
static _Atomic uint32_t epoch;

int
late_prepare(void)
{
    if (sights == NULL) {
        late_seen = recorder_map(LATE_SEEN * sizeof(*late_seen), false);
        answers = recorder_map(sizeof(cache), false);
        sights = recorder_map(SIGHTS * sizeof(*sights), false);
    }
    return late_seen == NULL || answers == NULL || sights == NULL ? -1 : 0;
}

void
late_forget(void)
{
    atomic_fetch_add(&epoch, 1);
    for (size_t i = 0; i < LATE_SEEN; i++) {
        atomic_store_explicit(&late_seen[i], 0, memory_order_relaxed);
    }
}

/* ---- what was seen --------------------------------------------------------------------------------------- */

static size_t
place_of(uint64_t thread, int fd)
{
    return mix(thread, (uint64_t)fd, 1) % SIGHTS;
}

static bool
recall(uint64_t thread, int fd, sight *out)
{
    size_t place = place_of(thread, fd);
    uint32_t before = atomic_load_explicit(&sights[place].version, memory_order_acquire);
    *out = sights[place].sight;
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&sights[place].version, memory_order_relaxed) == before && before % 2 == 0 &&
           out->thread == thread && out->fd == fd && out->epoch == atomic_load(&epoch);
}

static void
remember(const sight *seen)
{
    size_t place = place_of(seen->thread, seen->fd);
    uint32_t version = atomic_load_explicit(&sights[place].version, memory_order_relaxed) & ~1u;
    if (atomic_compare_exchange_strong(&sights[place].version, &version, version + 1)) {
        atomic_thread_fence(memory_order_release);
        sights[place].sight = *seen;
        atomic_store_explicit(&sights[place].version, version + 2, memory_order_release);
    }
}

/* ---- what the bytecode says, once a place ---------------------------------------------------------------- */

enum question { SUBJECT = 1, REPEATS, STORES };

static uint64_t
hash_of(PyCodeObject *code, enum question question, uint64_t at, uint64_t more)
{
    uint64_t hash = mix((uintptr_t)code, recycled_edition(code), (uint64_t)question << 32 | at);
    return mix(hash, more, 0xA0761D6478BD642Fu);
}

static bytecode_subject
subject_of(PyCodeObject *code, unsigned at, uint16_t call)
{
    uint64_t hash = hash_of(code, SUBJECT, at, call), answer;
    if (!cache_find(answers, hash, &answer)) {
        bytecode_subject found = bytecode_subject_of(code, at, call_name(call));
        answer = (uint64_t)found.kind << 32 | found.local;
        cache_keep(answers, hash, answer);
    }
    return (bytecode_subject){(int)(answer >> 32), (unsigned)answer};
}

static bool
may_repeat(PyCodeObject *code, unsigned at)
{
    uint64_t hash = hash_of(code, REPEATS, at, 0), answer;
    if (!cache_find(answers, hash, &answer)) {
        answer = bytecode_may_repeat(code, at);
        cache_keep(answers, hash, answer);
    }
    return answer;
}

static bool
may_store(PyCodeObject *code, unsigned at, unsigned local)
{
    uint64_t hash = hash_of(code, STORES, at, local), answer;
    if (!cache_find(answers, hash, &answer)) {
        answer = bytecode_may_store(code, at, local);
        cache_keep(answers, hash, answer);
    }
    return answer;
}

/* ---- who called ------------------------------------------------------------------------------------------ */

static bool
is_of_threading(PyCodeObject *code, const char *function)
{
    static const char file[] = "/threading.py";
    if (!bytecode_is_text(code->co_qualname, function) || !PyUnicode_IS_COMPACT_ASCII(code->co_filename)) {
        return false;
    }
    size_t length = (size_t)PyUnicode_GET_LENGTH(code->co_filename);
    const char *name = (const char *)PyUnicode_DATA(code->co_filename);
    return (length >= strlen(file) && strcmp(name + length - strlen(file), file) == 0) ||
           strcmp(name, "<frozen threading>") == 0;
}

/* Does run() call this function there: the thread's target, or the method that is that? What is called lies at the
 * bottom of the evaluation stack, since run() does it in a statement of its own. */
static bool
is_target(interpreter_frame *run, PyCodeObject *code, interpreter_frame *frame)
{
    PyObject *function = compat_frame_function(frame).object;
    for (int i = 0; i < 2; i++) {
        PyObject *called = compat_frame_word(run, code->co_nlocalsplus + i).object;
        if (called == NULL) {
            continue;
        }
        if (PyMethod_Check(called)) {
            called = PyMethod_GET_FUNCTION(called);
        }
        return called == function && PyFunction_Check(called);
    }
    return false;
}

/* A function of C may call many times. These call once. */
static bool
is_begun_once(interpreter_frame *frame, interpreter_frame *caller, unsigned offset)
{
    PyCodeObject *code = compat_frame_code(caller);
    if (compat_frame_is_called_by(frame, caller)) {
        return true;
    }
    if (is_of_threading(code, "Thread.run")) {
        return bytecode_calls_with_all(code, offset) && is_target(caller, code, frame);
    }
#if PY_VERSION_HEX >= 0x030e0000
    return is_of_threading(code, "Thread._bootstrap_inner"); /* self._context.run(self.run) */
#else
    return false;
#endif
}

/* From the function to the one in which its thread begins: is each in a call that can have been made only once? `proof`:
 * find that out too. In `hash`: which they are, and where. */
static bool
look_at_callers(interpreter_frame *frame, bool proof, uint64_t *hash)
{
    *hash = 0;
    for (unsigned depth = 0; depth < MOST_FRAMES; depth++) {
        interpreter_frame *caller = compat_complete_frame(frame->previous);
        if (caller == NULL) {
            return is_of_threading(compat_frame_code(frame), "Thread._bootstrap");
        }
        PyCodeObject *code = compat_frame_code(caller);
        int offset = compat_frame_offset(caller);
        if (!compat_frame_is_of_function(caller) || offset < 0 || !is_begun_once(frame, caller, (unsigned)offset)) {
            return false;
        }
        *hash = mix(*hash ^ (uintptr_t)caller, (uintptr_t)code, (uint64_t)recycled_edition(code) << 32 | (unsigned)offset);
        if (proof && may_repeat(code, (unsigned)offset)) {
            return false;
        }
        frame = caller;
    }
    return false;
}

/* ---- the use --------------------------------------------------------------------------------------------- */

/* Who names the number means that it be used; and what may be a socket may be the same object's, which was begun again. */
static bool
may_be_meant(uint16_t opened, bool by_owner)
{
    switch (opened) {
    case CALL_dup2:
    case CALL_dup3:
    case CALL_fcntl:
        return true;
    case CALL_socket:
    case CALL_socketpair:
    case CALL_accept:
    case CALL_accept4:
    case CALL_dup:
    case CALL_recvmsg:
    case CALL_syscall:
        return by_owner;
    default:
        return false;
    }
}

/* Has another thread of this process been given the number? */
static bool
is_given_to_another(const sight *now, uint32_t thread)
{
    const number *number = number_of(now->fd);
    deed opened = number->opened;
    atomic_thread_fence(memory_order_acquire);
    return number_state(number) == NUMBER_OPEN && number_generation(now->fd) == now->generation &&
           opened.generation == now->generation && opened.time != 0 && opened.pid == recorder_pid &&
           opened.thread != thread && !may_be_meant(opened.call, now->by_owner);
}

static bool
is_late(PyThreadState *thread, const sight *first, const sight *now, interpreter_frame *frame)
{
    uint64_t callers;
    return first->generation != now->generation && first->frame == now->frame && first->local == now->local &&
           first->by_owner == now->by_owner && first->callers == now->callers && is_given_to_another(now, thread_number(thread)) &&
           !may_store(compat_frame_code(frame), first->offset, first->local) && look_at_callers(frame, true, &callers) &&
           callers == now->callers;
}

static bool
look(enum call call, int fd, uint32_t generation, uint32_t *meant)
{
    PyThreadState *thread = thread_with_frames();
    interpreter_frame *frame = thread_innermost(thread, MOST_FRAMES);
    if (frame == NULL || frame != compat_current_frame(thread) || !compat_frame_is_of_function(frame) ||
        number_state(number_of(fd)) != NUMBER_OPEN) {
        return false;
    }
    PyCodeObject *code = compat_frame_code(frame);
    int offset = compat_frame_offset(frame);
    bytecode_subject subject = {ABOUT_NO_VARIABLE, 0};
    if (offset >= 0) {
        subject = subject_of(code, (unsigned)offset, told_calls[call]);
    }
    if (subject.kind == ABOUT_NO_VARIABLE) {
        return false;
    }
    enum holding wanted = subject.kind == ABOUT_NUMBER ? HOLDS_NUMBER : HOLDS_OWNER;
    sight first, now = {
        .thread = thread->id,
        .fd = fd,
        .generation = generation,
        .epoch = atomic_load(&epoch),
        .local = subject.local,
        .offset = (uint32_t)offset,
        .by_owner = subject.kind == ABOUT_OWNER,
        .frame = frame,
    };
    if (stacks_object_holding(compat_frame_word(frame, (int)subject.local).object, fd) != wanted ||
        !look_at_callers(frame, false, &now.callers)) {
        return false;
    }
    if (recall(now.thread, fd, &first) && is_late(thread, &first, &now, frame)) {
        *meant = first.generation;
        return true;
    }
    remember(&now);
    return false;
}

bool
late_look(enum call call, int fd, uint32_t *meant)
{
    int error = errno;
    uint32_t generation = number_generation(fd), key = late_key(fd);
    bool late = false;
    if (!in_vfork_child()) {
        late = !slots_have_switching() && look(call, fd, generation, meant);
        atomic_store_explicit(&late_seen[key % LATE_SEEN], (uint64_t)key << 32 | generation, memory_order_relaxed);
    }
    errno = error;
    return late;
}
