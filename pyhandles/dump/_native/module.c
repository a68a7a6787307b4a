/* pyhandles.dump._native: the functions that Python calls. */
#define _GNU_SOURCE
#include "become.h"
#include "census.h"
#include "child.h"
#include "inplace.h"
#include "recorder/failures.h"
#include "recorder/recorder.h"
#include "recorder/where.h"
#include "spare.h"
#include "threshold.h"
#include "triggers.h"
#include "tripwire.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static int
parse_keys(const char *text)
{
    static const char *const names[] = {[KEYS_NAMES] = "names", [KEYS_ALL] = "all", [KEYS_NONE] = "none"};
    for (size_t i = 0; i < Py_ARRAY_LENGTH(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            return (int)i;
        }
    }
    PyErr_Format(PyExc_ValueError, "keys: %s is none of all, names, none", text);
    return -1;
}

static int
copy_text(char *target, size_t room, const char *text, const char *what)
{
    if (strlen(text) >= room) {
        PyErr_Format(PyExc_ValueError, "%s: longer than %zu bytes", what, room - 1);
        return -1;
    }
    strcpy(target, text);
    return 0;
}

/* As text, cut where it is too long: it is there to be read. */
static void
copy_path(char *target, size_t room, PyObject *path)
{
    target[bytes_to_utf8(PyBytes_AS_STRING(path), (size_t)PyBytes_GET_SIZE(path), target, room - 1)] = '\0';
}

/* Without it nothing counts as inherited: no reason to fail. */
static void
note_descriptors(settings *settings, int (*identify)(vector *identities))
{
    vector_clear(&settings->at_start);
    vector_init(&settings->at_start, sizeof(descriptor_identity));
    identify(&settings->at_start);
}

static void
note_surroundings(settings *settings)
{
    struct stat status = {0};
    struct utsname name;
    fstat(STDERR_FILENO, &status);
    settings->stderr_device = status.st_dev;
    settings->stderr_inode = status.st_ino;
    if (uname(&name) == 0) {
        snprintf(settings->platform, sizeof(settings->platform), "%.63s", name.sysname);
        snprintf(settings->machine, sizeof(settings->machine), "%.63s", name.machine);
    }
    const char *version = Py_GetVersion();
    snprintf(settings->python, sizeof(settings->python), "%.*s", (int)strcspn(version, " "), version);
    note_descriptors(settings, descriptors_identify_standard);
}

static PyObject *
native_configure(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *path = NULL, *executable = NULL, *directory = NULL, *result = NULL;
    const char *package, *keys;
    int redact, quiet, no_fork;
    if (!PyArg_ParseTuple(args, "O&sO&O&sppp", PyUnicode_FSConverter, &path, &package, PyUnicode_FSConverter,
                          &executable, PyUnicode_FSConverter, &directory, &keys, &redact, &quiet, &no_fork)) {
        return NULL;
    }
    int choice = parse_keys(keys);
    settings *settings = &capture_settings;
    if (choice < 0 || copy_text(settings->path, sizeof(settings->path), PyBytes_AS_STRING(path), "path") < 0 ||
        copy_text(settings->package, sizeof(settings->package), package, "package") < 0) {
        goto done;
    }
    copy_path(settings->executable, sizeof(settings->executable), executable);
    copy_path(settings->directory, sizeof(settings->directory), directory);
    settings->keys = choice;
    settings->redact = redact;
    settings->quiet = quiet;
    settings->no_fork = no_fork;
    note_surroundings(settings);
    result = child_prepare() < 0 ? PyErr_SetFromErrno(PyExc_OSError) : Py_NewRef(Py_None);
done:
    Py_XDECREF(path);
    Py_XDECREF(executable);
    Py_XDECREF(directory);
    return result;
}

static PyObject *
native_arm(PyObject *module, PyObject *args)
{
    (void)module;
    double cooldown;
    unsigned maximum;
    if (!PyArg_ParseTuple(args, "dI", &cooldown, &maximum)) {
        return NULL;
    }
    triggers_limit(cooldown, maximum);
    note_descriptors(&capture_settings, descriptors_identify);
    Py_RETURN_NONE;
}

static int
keep_spare(const char *trigger)
{
    char path[PATH_MAX];
    return output_expand(capture_settings.path, (int)getpid(), trigger, path) < 0 ? -1 : spare_keep(path);
}

static PyObject *
native_note_census(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *names, *counts;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &names, &PyList_Type, &counts) ||
        census_note(names, counts) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
native_watch_errno(PyObject *module, PyObject *args)
{
    (void)module;
    int error;
    const char *name;
    if (!PyArg_ParseTuple(args, "is", &error, &name)) {
        return NULL;
    }
    if (!tripwire_watch(error, name)) {
        return PyErr_Format(PyExc_ValueError, "%d is no errno", error);
    }
    if (error == ENFILE && keep_spare(name) < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    tripwire_set();
    failed_calls_watch(error);
    Py_RETURN_NONE;
}

static PyObject *
native_watch_number(PyObject *module, PyObject *args)
{
    (void)module;
    unsigned count;
    const char *name;
    if (!PyArg_ParseTuple(args, "Is", &count, &name)) {
        return NULL;
    }
    if (threshold_watch(count, name) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
native_disarm(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    failures_settle(); /* what has happened counts */
    tripwire_remove();
    failures_settle();
    failed_calls_forget();
    threshold_forget();
    spare_release();
    Py_RETURN_NONE;
}

static PyObject *
native_fire(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    if (!PyArg_ParseTuple(args, "s", &name)) {
        return NULL;
    }
    trigger_fire(name, 0, 0, NULL);
    Py_RETURN_NONE;
}

static PyObject *
finished_job(job *job)
{
    job_text(job);
    bool done = job->report.stage == STAGE_DONE;
    PyObject *path = done ? PyUnicode_DecodeFSDefault(job->report.path) : Py_NewRef(Py_None);
    PyObject *message = PyUnicode_DecodeFSDefault(job->text);
    PyObject *result = path != NULL && message != NULL ? PyTuple_Pack(2, path, message) : NULL;
    Py_XDECREF(path);
    Py_XDECREF(message);
    return result;
}

static PyObject *
native_capture(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *path = NULL, *result = NULL;
    const char *trigger;
    if (!PyArg_ParseTuple(args, "O&s", PyUnicode_FSConverter, &path, &trigger)) {
        return NULL;
    }
    request request = {
        .settings = &capture_settings,
        .interpreter = PyInterpreterState_Get(),
        .thread = PyThreadState_Get(),
    };
    if (copy_text(request.path, sizeof(request.path), PyBytes_AS_STRING(path), "path") < 0 ||
        copy_text(request.trigger, sizeof(request.trigger), trigger, "trigger") < 0) {
        goto done;
    }
    errno = 0;
    job *job = capture_settings.no_fork ? NULL : child_start(&request);
    int refused = errno; /* more telling than why there is no thread either */
    if (job != NULL) {
        Py_BEGIN_ALLOW_THREADS
        child_wait(job);
        Py_END_ALLOW_THREADS
    }
    else {
        job = capture_in_place(&request);
    }
    if (job == NULL) {
        errno = refused ? refused : errno;
        PyErr_SetFromErrno(PyExc_OSError);
        goto done;
    }
    result = finished_job(job);
    job_free(job);
done:
    Py_XDECREF(path);
    return result;
}

static PyObject *
native_wait(PyObject *module, PyObject *args)
{
    (void)module;
    double seconds;
    if (!PyArg_ParseTuple(args, "d", &seconds)) {
        return NULL;
    }
    failures_settle();
    return PyBool_FromLong(children_wait(seconds));
}

static PyObject *
native_tell(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *text;
    if (!PyArg_ParseTuple(args, "O&", PyUnicode_FSConverter, &text)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    tell(&capture_settings, PyBytes_AS_STRING(text), (size_t)PyBytes_GET_SIZE(text));
    Py_END_ALLOW_THREADS
    Py_DECREF(text);
    Py_RETURN_NONE;
}

static PyObject *
native_fired(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyLong_FromUnsignedLong(triggers_fired());
}

static PyMethodDef methods[] = {
    {"configure", native_configure, METH_VARARGS, NULL},
    {"arm", native_arm, METH_VARARGS, NULL},
    {"note_census", native_note_census, METH_VARARGS, NULL},
    {"watch_errno", native_watch_errno, METH_VARARGS, NULL},
    {"watch_number", native_watch_number, METH_VARARGS, NULL},
    {"disarm", native_disarm, METH_NOARGS, NULL},
    {"fire", native_fire, METH_VARARGS, NULL},
    {"capture", native_capture, METH_VARARGS, NULL},
    {"wait", native_wait, METH_VARARGS, NULL},
    {"tell", native_tell, METH_VARARGS, NULL},
    {"fired", native_fired, METH_NOARGS, NULL},
    {"record", recorder_start, METH_VARARGS, NULL},
    {"unrecord", recorder_stop, METH_NOARGS, NULL},
    {"settle", recorder_settle, METH_NOARGS, NULL},
    {"counters", recorder_counters, METH_VARARGS, NULL},
    {"hooked", recorder_calls, METH_NOARGS, NULL},
    {"widen", recorder_widen, METH_VARARGS, NULL},
    {"sums", recorder_sums, METH_NOARGS, NULL},
    {"become", become, METH_VARARGS, NULL},
    {"where", recorder_where, METH_NOARGS, NULL},
    {"holding", recorder_holding, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* The walk trusts where this build of CPython keeps the collector's lists. A fresh object stands at the end of the
 * youngest, so its successor is the list's head: where that is not the one that the headers name, the extension was
 * built for another Python, and nothing here may run. */
static int
check_layout(void)
{
    PyObject *fresh = PyList_New(0);
    if (fresh == NULL) {
        return -1;
    }
    PyGC_Head *head = &compat_generation(PyInterpreterState_Get(), 0)->head;
    bool known = compat_gc_next(compat_as_gc(fresh)) == head;
    Py_DECREF(fresh);
    if (!known) {
        PyErr_SetString(PyExc_ImportError, "built for another CPython: install pyhandles again with this one");
        return -1;
    }
    return 0;
}

static int
native_exec(PyObject *module)
{
    (void)module;
    return check_layout();
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, native_exec},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pyhandles.dump._native",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
