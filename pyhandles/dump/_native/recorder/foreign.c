#define _GNU_SOURCE
#include "foreign.h"

#include "../heap.h" /* first: Python.h wants to come before the headers of the system */
#include "../fields.h"
#include "hooks.h"
#include "misuse.h"
#include "sweeps.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- who calls ------------------------------------------------------------------------------------------- */

_Atomic bool foreign_learning;

static pthread_t learner;
static const void *file_opens, *os_closes;

enum opener { BY_OTHERS, BY_SOCKET, BY_FILE_OBJECT };
static _Atomic uint8_t openers[NUMBERS];

/* May an object have this number that has been closed without it? One that is left over proves nothing of the next. */
static _Atomic bool left_over[NUMBERS];

void
foreign_heard(uint16_t call, const void *caller)
{
    if (pthread_equal(pthread_self(), learner)) {
        *(call == CALL_close ? &os_closes : &file_opens) = caller;
    }
}

/* By an interned name: the interpreter keeps any other that it looks up at a type, in a cache of thousands. */
static PyObject *
call_method(PyObject *of, const char *name, PyObject *argument)
{
    PyObject *text = of == NULL ? NULL : PyUnicode_InternFromString(name);
    PyObject *result = text == NULL ? NULL : PyObject_CallMethodObjArgs(of, text, argument, NULL);
    Py_XDECREF(text);
    return result;
}

/* What cannot be called is not learnt: there may be no descriptor left, or an audit hook that objects. NULL then. */
static PyObject *
call(const char *module, const char *function, PyObject *argument)
{
    PyObject *from = argument == NULL ? NULL : PyImport_ImportModule(module);
    PyObject *result = call_method(from, function, argument);
    Py_XDECREF(from);
    Py_XDECREF(argument);
    PyErr_Clear();
    return result;
}

void
foreign_learn(void)
{
    learner = pthread_self();
    os_closes = file_opens = NULL;
    int fd = eventfd(0, EFD_CLOEXEC);
    if (fd < 0) {
        return;
    }
    atomic_store(&foreign_learning, true);
    PyObject *closed = call("os", "close", PyLong_FromLong(fd));
    if (closed == NULL) {
        close(fd);
    }
    const void *closes = os_closes;
    PyObject *file = call("_io", "FileIO", PyUnicode_FromString("/dev/null"));
    PyObject *left = call_method(file, "close", NULL); /* or a warning would tell of it */
    os_closes = closes;
    atomic_store(&foreign_learning, false);
    Py_XDECREF(closed);
    Py_XDECREF(file);
    Py_XDECREF(left);
    PyErr_Clear();
}

/* ---- what is suspected ----------------------------------------------------------------------------------- */

#define SUSPICIONS 16
#define CHECKED 256
#define MOST_CHECKS 3 /* of a site: each costs a look at all objects */

enum state { FREE, WRITING, READY };

static struct {
    _Atomic uint32_t state;
    pthread_t thread;
    int fd;
    uint32_t generation;
    deed use;
} suspicions[SUSPICIONS];
static _Atomic uint32_t suspected; /* how many are ready */

static _Atomic uint32_t checks[CHECKED]; /* by site, some of which share a place */

void
foreign_opened(int fd, uint16_t call, const void *caller)
{
    if ((unsigned)fd < NUMBERS) {
        bool socket = call == CALL_socket || call == CALL_socketpair || call == CALL_accept || call == CALL_accept4;
        bool file = file_opens != NULL && caller == file_opens;
        atomic_store_explicit(&openers[fd], socket ? BY_SOCKET : file ? BY_FILE_OBJECT : BY_OTHERS,
                              memory_order_relaxed);
    }
}

/* The standard library hands descriptors on from its own objects, and does not close what it has not let go of. */
static bool
is_trusted(const deed *use)
{
    uint32_t sites[DEEPEST_STACK], told;
    site site;
    unsigned count = use->stack == NO_STACK ? 0 : stacks_frames(use->stack, sites, &told);
    return count > 0 && stacks_site(sites[0], &site) && site.flags & SITE_STANDARD;
}

static void
suspect(int fd, uint32_t generation, const deed *use)
{
    for (size_t i = 0; i < SUSPICIONS; i++) {
        uint32_t state = FREE;
        if (atomic_compare_exchange_strong(&suspicions[i].state, &state, WRITING)) {
            suspicions[i].thread = pthread_self();
            suspicions[i].fd = fd;
            suspicions[i].generation = generation;
            suspicions[i].use = *use;
            atomic_store_explicit(&suspicions[i].state, READY, memory_order_release);
            atomic_fetch_add(&suspected, 1);
            return;
        }
    }
}

void
foreign_lost(int fd)
{
    if ((unsigned)fd < NUMBERS) {
        atomic_store_explicit(&left_over[fd], true, memory_order_relaxed);
    }
}

static int
look_when_asked(void *unused)
{
    (void)unused;
    foreign_look(false);
    return 0;
}

/* What is old enough is looked into by the main thread, between two of its instructions. Not by a thread of ours: this is
 * no more than a suspicion, and from Python 3.12 on os.fork() would warn of that thread. */
static void
ask_for_a_look(uint64_t time)
{
    static _Atomic uint64_t asked;
    uint64_t before = atomic_load_explicit(&asked, memory_order_relaxed);
    if (atomic_load_explicit(&suspected, memory_order_relaxed) != 0 && misuse_is_certain_after(before) &&
        atomic_compare_exchange_strong(&asked, &before, time)) {
        Py_AddPendingCall(look_when_asked, NULL);
    }
}

void
foreign_closed(int fd, uint32_t generation, const void *caller, const deed *use)
{
    const number *number = number_of(fd);
    if (os_closes == NULL || caller != os_closes || number == NULL) {
        return;
    }
    ask_for_a_look(use->time);
    if (atomic_load_explicit(&left_over[fd], memory_order_relaxed)) {
        return;
    }
    atomic_store_explicit(&left_over[fd], true, memory_order_relaxed);
    if (atomic_load_explicit(&openers[fd], memory_order_relaxed) == BY_OTHERS || number->opened.pid != use->pid) {
        return; /* what was the parent's, a forked child may close as it likes */
    }
    if (misuse_is_watched() && atomic_load(&checks[use->site % CHECKED]) < MOST_CHECKS && !is_trusted(use)) {
        atomic_fetch_add(&checks[use->site % CHECKED], 1);
        suspect(fd, generation, use);
    }
}

bool
foreign_is_due(void)
{
    return atomic_load(&suspected) != 0;
}

/* ---- whether an object claims it ------------------------------------------------------------------------- */

static enum opener
kind_of(PyTypeObject *type)
{
    for (; type != NULL; type = type->tp_base) {
        if (is_of_class_statement(type)) {
            continue;
        }
        if (strcmp(type->tp_name, "_socket.socket") == 0) {
            return BY_SOCKET;
        }
        if (strcmp(type->tp_name, "_io.FileIO") == 0) {
            return BY_FILE_OBJECT;
        }
    }
    return BY_OTHERS;
}

static int
claim_of(PyObject *object, enum opener kind)
{
    if (kind == BY_SOCKET) {
        return ((compat_socket *)object)->fd;
    }
    return kind == BY_FILE_OBJECT && ((compat_file_io *)object)->closefd ? ((compat_file_io *)object)->fd : -1;
}

#define REMEMBERED 256

typedef struct {
    uint8_t of[NUMBERS / 2]; /* for each number, in four bits, by which kinds of objects it is claimed */
    struct {
        PyTypeObject *type;
        enum opener kind;
    } known[REMEMBERED];
} claims;

static void
collect_claims(PyGC_Head *head, claims *claims)
{
    for (PyGC_Head *node = compat_gc_next(head); node != head; node = compat_gc_next(node)) {
        PyObject *object = compat_from_gc(node);
        size_t place = ((uintptr_t)Py_TYPE(object) >> 6) % REMEMBERED;
        if (claims->known[place].type != Py_TYPE(object)) {
            claims->known[place].type = Py_TYPE(object);
            claims->known[place].kind = kind_of(Py_TYPE(object));
        }
        enum opener kind = claims->known[place].kind;
        int fd = kind == BY_OTHERS ? -1 : claim_of(object, kind);
        if ((unsigned)fd < NUMBERS) {
            claims->of[fd / 2] |= (uint8_t)(1 << kind << (fd % 2 * 4));
        }
    }
}

static unsigned
kinds_of_claims(const claims *claims, int fd)
{
    return claims->of[fd / 2] >> (fd % 2 * 4) & 15;
}

/* By an object of the kind that has opened it? Call with the GIL. Reads the collector's own lists, and nothing but types
 * and numbers. What nobody claims has nobody left over. */
static bool
is_claimed(int fd)
{
    static claims claims; /* for one thread at a time, with the GIL */
    memset(&claims, 0, sizeof(claims));
    PyInterpreterState *interpreter = PyInterpreterState_Main();
    for (int i = 0; i < COMPAT_GENERATIONS; i++) {
        collect_claims(&compat_generation(interpreter, i)->head, &claims);
    }
    collect_claims(compat_permanent_generation(interpreter), &claims);
    for (int number = 0; number < numbers_end(); number++) {
        if (kinds_of_claims(&claims, number) == 0) {
            atomic_store_explicit(&left_over[number], false, memory_order_relaxed);
        }
    }
    return kinds_of_claims(&claims, fd) & 1u << atomic_load(&openers[fd]);
}

static bool
is_still_closed(int fd, uint32_t generation)
{
    const number *number = number_of(fd);
    return atomic_load(&number->generation) == generation && number_state(number) == NUMBER_CLOSED;
}

static void
look_into(size_t place)
{
    int fd = suspicions[place].fd;
    uint32_t generation = suspicions[place].generation;
    deed use = suspicions[place].use;
    if (use.pid != getpid() || !is_still_closed(fd, generation) || sweep_covers(fd, use.thread, use.site) ||
        !Py_IsInitialized()) {
        return;
    }
    PyGILState_STATE state = PyGILState_Ensure();
    bool is_foreign = is_claimed(fd) && is_still_closed(fd, generation);
    PyGILState_Release(state);
    if (is_foreign) {
        misuse_note_of(MISUSE_FOREIGN_CLOSE, fd, &use, suspicions[place].thread);
    }
}

bool
foreign_look(bool now)
{
    bool left = false;
    for (size_t i = 0; i < SUSPICIONS; i++) {
        uint32_t ready = READY;
        if (atomic_load_explicit(&suspicions[i].state, memory_order_acquire) != READY) {
            continue;
        }
        if (!now && !misuse_is_certain_after(suspicions[i].use.time)) {
            left = true;
        }
        else if (atomic_compare_exchange_strong(&suspicions[i].state, &ready, WRITING)) {
            look_into(i);
            atomic_store(&suspicions[i].state, FREE);
            atomic_fetch_sub(&suspected, 1);
        }
    }
    return left;
}
