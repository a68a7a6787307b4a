/* An extension with hooks that only note who called what: what slots.h and vfork.h promise, without the recorder. */
#define _GNU_SOURCE
#include <Python.h>

#include "slots.h"
#include "vfork.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

#define NOTED 4096

static struct {
    const char *call;
    const void *caller;
    bool in_child;
} noted[NOTED];
static _Atomic unsigned noted_count;

static void
note(const char *call, const void *caller)
{
    unsigned place = atomic_fetch_add(&noted_count, 1) % NOTED;
    noted[place].call = call;
    noted[place].caller = caller;
    noted[place].in_child = in_vfork_child();
}

#define OPENS(name)                                                                                                    \
    static int (*real_##name)(const char *, int, mode_t);                                                              \
    static int hook_##name(const char *path, int flags, ...)                                                           \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = va_arg(rest, mode_t);                                                                            \
        va_end(rest);                                                                                                  \
        note(#name, __builtin_return_address(0));                                                                      \
        return real_##name(path, flags, mode);                                                                         \
    }
OPENS(open)
OPENS(open64)

#define TAKES(name)                                                                                                    \
    static int (*real_##name)(int);                                                                                    \
    static int hook_##name(int fd)                                                                                     \
    {                                                                                                                  \
        note(#name, __builtin_return_address(0));                                                                      \
        return real_##name(fd);                                                                                        \
    }
TAKES(close)
TAKES(dup)

static void *real_of_none;

static const hooked table[] = {
    {"open", (void *)hook_open, (void **)&real_open, SLOTS_ALL},
    {"open64", (void *)hook_open64, (void **)&real_open64, SLOTS_ALL},
    {"close", (void *)hook_close, (void **)&real_close, SLOTS_ADDRESSING | SLOTS_ALL}, /* in the place of bind */
    {"dup", (void *)hook_dup, (void **)&real_dup, SLOTS_ALL},
    {"vfork", (void *)hook_vfork, &real_vfork, SLOTS_ALL},
    {"in_no_library", (void *)&real_of_none, &real_of_none, SLOTS_ALL},
};
#define CALLS (sizeof(table) / sizeof(*table))

static PyObject *
done(int result)
{
    return result < 0 ? PyErr_SetFromErrno(PyExc_OSError) : Py_NewRef(Py_None);
}

static PyObject *
prepare(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    vfork_prepare(getpid());
    return done(slots_prepare(table, CALLS));
}

static PyObject *
patch(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return done(slots_patch(SLOTS_ALL));
}

static PyObject *
patch_some(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return done(slots_patch(SLOTS_ADDRESSING));
}

static PyObject *
restore(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    slots_restore(SLOTS_ALL);
    return done(0);
}

static PyObject *
restore_some(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    slots_restore(SLOTS_ADDRESSING);
    return done(0);
}

static PyObject *
refresh(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    slots_refresh();
    return done(0);
}

/* (call, file of the caller's object or None, whether in a child of vfork) of each, and forget them. */
static PyObject *
calls(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    unsigned count = atomic_exchange(&noted_count, 0);
    PyObject *list = PyList_New(0);
    for (unsigned place = 0; list != NULL && place < (count < NOTED ? count : NOTED); place++) {
        PyObject *row = Py_BuildValue("(szO)", noted[place].call, slots_object(noted[place].caller),
                                      noted[place].in_child ? Py_True : Py_False);
        if (row == NULL || PyList_Append(list, row) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(row);
    }
    return list;
}

/* The addresses of the hooks. */
static PyObject *
addresses(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *dict = PyDict_New();
    for (size_t each = 0; dict != NULL && each < CALLS; each++) {
        PyObject *address = PyLong_FromVoidPtr(table[each].hook);
        if (address == NULL || PyDict_SetItemString(dict, table[each].name, address) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(address);
    }
    return dict;
}

static PyObject *
object(PyObject *module, PyObject *address)
{
    (void)module;
    return Py_BuildValue("z", slots_object(PyLong_AsVoidPtr(address)));
}

/* dlopen() with any flags: that of ctypes has every function looked for at once. */
static PyObject *
load(PyObject *module, PyObject *args)
{
    (void)module;
    const char *path;
    int flags;
    return PyArg_ParseTuple(args, "si", &path, &flags) ? PyLong_FromVoidPtr(dlopen(path, flags)) : NULL;
}

/* What returned functions have left on this thread's stack is nobody's pointer: overwrite it. */
static PyObject *
wipe(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    char left[256 << 10];
    memset(left, 0, sizeof(left));
    __asm__ volatile("" : : "r"(left) : "memory");
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"prepare", prepare, METH_NOARGS, NULL}, {"patch", patch, METH_NOARGS, NULL},
    {"patch_some", patch_some, METH_NOARGS, NULL}, {"restore_some", restore_some, METH_NOARGS, NULL},
    {"restore", restore, METH_NOARGS, NULL}, {"refresh", refresh, METH_NOARGS, NULL},
    {"calls", calls, METH_NOARGS, NULL},     {"addresses", addresses, METH_NOARGS, NULL},
    {"object", object, METH_O, NULL},        {"wipe", wipe, METH_NOARGS, NULL},       {"load", load, METH_VARARGS, NULL},

    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "trial", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC
PyInit_trial(void)
{
    return PyModule_Create(&definition);
}
