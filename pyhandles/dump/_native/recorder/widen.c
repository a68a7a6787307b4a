#define _GNU_SOURCE
#include "widen.h"

#include "recorder.h" /* first: Python.h wants to come before the headers of the system */
#include "hooks.h"
#include "stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DELAYS 16
#define TEXT_BYTES 256
#define REMEMBERED 256

_Atomic unsigned widened;

typedef struct {
    _Atomic uint64_t nanoseconds; /* 0: none */
    char call[32];
    char file[TEXT_BYTES], place[TEXT_BYTES]; /* the end of a file's name, and a function or a line */
    bool calls[CALLS];
    _Atomic uint32_t known[REMEMBERED]; /* sites that were compared: (number + 1) * 2, plus 1 where it is here */
} delay;

static delay delays[DELAYS];

/* ---- in the hook ---------------------------------------------------------------------------------------- */

static bool
ends_with(const char *text, const char *end, char separator)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0 &&
           (length == wanted || text[length - wanted - 1] == separator);
}

static bool
is_at(const delay *delay, uint32_t number)
{
    site site;
    if (!stacks_site(number, &site) || site.file == NULL || !ends_with(site.file, delay->file, '/')) {
        return false;
    }
    if (delay->place[strspn(delay->place, "0123456789")] == '\0') {
        return strtoul(delay->place, NULL, 10) == site.line;
    }
    return site.function != NULL && ends_with(site.function, delay->place, '.');
}

static bool
is_here(delay *delay, uint32_t site)
{
    _Atomic uint32_t *known = &delay->known[site % REMEMBERED];
    uint32_t told = atomic_load_explicit(known, memory_order_relaxed);
    if (told >> 1 != site + 1) {
        told = (site + 1) << 1 | is_at(delay, site);
        atomic_store_explicit(known, told, memory_order_relaxed);
    }
    return told & 1;
}

static void
wait_for(uint64_t nanoseconds)
{
    struct timespec left = {.tv_sec = (time_t)(nanoseconds / 1000000000u), .tv_nsec = (long)(nanoseconds % 1000000000u)};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) {
    }
}

bool
widen_before(uint16_t call, uint32_t site)
{
    int error = errno;
    bool waited = false;
    for (size_t i = 0; i < DELAYS && site != NO_SITE; i++) {
        uint64_t nanoseconds = atomic_load_explicit(&delays[i].nanoseconds, memory_order_acquire);
        if (nanoseconds != 0 && delays[i].calls[call] && is_here(&delays[i], site)) {
            wait_for(nanoseconds);
            waited = true;
        }
    }
    errno = error;
    return waited;
}

/* ---- what is asked for ---------------------------------------------------------------------------------- */

/* Some calls have several names in the C library, and which of them is called is no choice of the program's. */
static size_t
plain_name(const char *name, const char **plain)
{
    static const char *const endings[] = {"_chk", "64_2", "_2", "64"};
    *plain = name + strspn(name, "_");
    size_t length = strlen(*plain);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(*plain + length - ending, endings[i]) == 0) {
            return length - ending;
        }
    }
    return length;
}

static bool
is_called(const char *name, const char *wanted)
{
    const char *plain;
    size_t length = plain_name(name, &plain);
    return strcmp(name, wanted) == 0 || (strlen(wanted) == length && strncmp(plain, wanted, length) == 0);
}

static delay *
delay_of(const char *call, const char *file, const char *place)
{
    delay *free = NULL;
    for (size_t i = 0; i < DELAYS; i++) {
        delay *delay = &delays[i];
        if (atomic_load(&delay->nanoseconds) == 0) {
            free = free == NULL ? delay : free;
        }
        else if (strcmp(delay->call, call) == 0 && strcmp(delay->file, file) == 0 && strcmp(delay->place, place) == 0) {
            return delay;
        }
    }
    return free;
}

/* The parts of "pool.py:reconnect". 0, or -1 with an exception. */
static int
parse_site(const char *text, char file[TEXT_BYTES], char place[TEXT_BYTES])
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] == '\0') {
        PyErr_Format(PyExc_ValueError, "%s is no site, which is FILE:FUNCTION or FILE:LINE", text);
        return -1;
    }
    if (strlen(text) >= TEXT_BYTES) {
        PyErr_SetString(PyExc_ValueError, "the name of the site is too long");
        return -1;
    }
    snprintf(file, TEXT_BYTES, "%.*s", (int)(colon - text), text);
    snprintf(place, TEXT_BYTES, "%s", colon + 1);
    return 0;
}

static void
set_calls(delay *delay, const char *call)
{
    snprintf(delay->call, sizeof(delay->call), "%s", call);
    for (uint16_t i = 0; i < CALLS; i++) {
        delay->calls[i] = is_called(call_name(i), call);
    }
}

static void
set(delay *delay, const char *call, const char *file, const char *place, uint64_t nanoseconds)
{
    bool was = atomic_exchange(&delay->nanoseconds, 0) != 0;
    strcpy(delay->file, file);
    strcpy(delay->place, place);
    set_calls(delay, call);
    for (size_t i = 0; i < REMEMBERED; i++) {
        atomic_store_explicit(&delay->known[i], 0, memory_order_relaxed);
    }
    atomic_store_explicit(&delay->nanoseconds, nanoseconds, memory_order_release);
    atomic_fetch_add(&widened, (unsigned)(nanoseconds != 0) - (unsigned)was);
}

PyObject *
recorder_widen(PyObject *module, PyObject *args)
{
    (void)module;
    const char *call, *site;
    unsigned long long nanoseconds;
    char file[TEXT_BYTES], place[TEXT_BYTES];
    if (!PyArg_ParseTuple(args, "ssK", &call, &site, &nanoseconds) || parse_site(site, file, place) < 0) {
        return NULL;
    }
    bool known = false;
    for (uint16_t i = 0; i < CALLS; i++) {
        known |= is_called(call_name(i), call);
    }
    if (!known) {
        return PyErr_Format(PyExc_ValueError, "%s is no call that is recorded", call);
    }
    delay *delay = delay_of(call, file, place);
    if (delay == NULL && nanoseconds != 0) {
        return PyErr_Format(PyExc_ValueError, "there are %d delays already", DELAYS);
    }
    if (delay != NULL) {
        set(delay, call, file, place, nanoseconds);
    }
    Py_RETURN_NONE;
}

void
widen_forget(void)
{
    for (size_t i = 0; i < DELAYS; i++) {
        atomic_store(&delays[i].nanoseconds, 0);
    }
    atomic_store(&widened, 0);
}

PyObject *
recorder_calls(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *names = PySet_New(NULL);
    for (uint16_t i = 0; names != NULL && i < CALLS; i++) {
        const char *plain;
        size_t length = plain_name(call_name(i), &plain);
        PyObject *name = PyUnicode_FromStringAndSize(plain, (Py_ssize_t)length);
        if (name == NULL || PySet_Add(names, name) < 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}
