#define _GNU_SOURCE
#include "recorder.h"

#include "counters.h"
#include "hooks.h"
#include "reconnects.h"
#include "stacks.h"

#include <errno.h>
#include <string.h>

/* ---- texts, made once each ------------------------------------------------------------------------------ */

static PyObject *call_texts[CALLS];
static PyObject *site_texts; /* by their numbers, as far as they have been asked for */

static PyObject *
decoded(const char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogatepass");
}

static PyObject *
call_text(uint16_t call)
{
    if (call_texts[call] == NULL) {
        call_texts[call] = PyUnicode_FromString(call_name(call));
    }
    return Py_XNewRef(call_texts[call]);
}

static PyObject *
new_site_text(uint32_t number)
{
    site site;
    if (!stacks_site(number, &site) || (site.function == NULL && site.file == NULL)) {
        Py_RETURN_NONE;
    }
    PyObject *file = decoded(site.file == NULL ? "?" : site.file);
    if (file == NULL || site.function == NULL) {
        return file;
    }
    PyObject *function = decoded(site.function);
    PyObject *text = function == NULL ? NULL : PyUnicode_FromFormat("%U:%u in %U", file, site.line, function);
    Py_DECREF(file);
    Py_XDECREF(function);
    return text;
}

static PyObject *
site_text(uint32_t number)
{
    if (number == NO_SITE) {
        Py_RETURN_NONE;
    }
    if (site_texts == NULL && (site_texts = PyList_New(0)) == NULL) {
        return NULL;
    }
    while (PyList_GET_SIZE(site_texts) <= (Py_ssize_t)number) {
        if (PyList_Append(site_texts, Py_None) < 0) {
            return NULL;
        }
    }
    PyObject *text = PyList_GET_ITEM(site_texts, number);
    if (text != Py_None) {
        return Py_NewRef(text);
    }
    text = new_site_text(number);
    if (text != NULL && text != Py_None) {
        PyList_SetItem(site_texts, number, Py_NewRef(text));
    }
    return text;
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

static int
add_error(PyObject *errors, int error, uint64_t count)
{
    PyObject *key = PyLong_FromLong(error), *value = PyLong_FromUnsignedLongLong(count);
    int result = key != NULL && value != NULL ? PyDict_SetItem(errors, key, value) : -1;
    Py_XDECREF(key);
    Py_XDECREF(value);
    return result;
}

static PyObject *
errors_of(const counter *counter)
{
    PyObject *errors = PyDict_New();
    if (errors == NULL || atomic_load(&counter->errors) == 0) {
        return errors;
    }
    for (int i = 0; errors != NULL && i < COUNTED_ERRORS; i++) {
        uint64_t count = atomic_load(&counter->by_error[i].count);
        if (count > 0 && add_error(errors, (int)atomic_load(&counter->by_error[i].error), count) < 0) {
            Py_CLEAR(errors);
        }
    }
    uint64_t others = atomic_load(&counter->other_errors);
    if (errors != NULL && others > 0 && add_error(errors, 0, others) < 0) {
        Py_CLEAR(errors);
    }
    return errors;
}

/* As tuple.__new__() makes one of a subtype, but of no other tuple. */
static PyObject *
row_of(PyTypeObject *type, const counter *counter, uint16_t call, uint32_t site, bool in_child)
{
    PyObject *items[] = {
        call_text(call),
        site_text(site),
        PyBool_FromLong(in_child),
        PyLong_FromUnsignedLongLong(atomic_load(&counter->count)),
        PyLong_FromUnsignedLongLong(atomic_load(&counter->errors)),
        PyFloat_FromDouble((double)atomic_load(&counter->nanoseconds) / 1e9),
        errors_of(counter),
    };
    PyObject *row = type->tp_alloc(type, Py_ARRAY_LENGTH(items));
    bool complete = row != NULL;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(items); i++) {
        complete = complete && items[i] != NULL;
        if (row == NULL) {
            Py_XDECREF(items[i]);
        }
        else {
            PyTuple_SET_ITEM(row, i, items[i]);
        }
    }
    if (!complete) {
        Py_CLEAR(row);
    }
    else {
        compat_tuple_filled(row);
    }
    return row;
}

PyObject *
recorder_counters(PyObject *module, PyObject *args)
{
    (void)module;
    PyTypeObject *type = &PyTuple_Type;
    if (!PyArg_ParseTuple(args, "|O!", &PyType_Type, &type)) {
        return NULL;
    }
    if (!PyType_IsSubtype(type, &PyTuple_Type)) {
        PyErr_SetString(PyExc_TypeError, "rows are tuples");
        return NULL;
    }
    PyObject *rows = PyList_New(0);
    for (uint32_t place = 0; rows != NULL && place < COUNTERS_PLACES; place++) {
        uint16_t call;
        uint32_t site;
        bool in_child;
        const counter *counter = counters_at(place, &call, &site, &in_child);
        if (counter == NULL || atomic_load(&counter->count) == 0) {
            continue;
        }
        PyObject *row = row_of(type, counter, call, site, in_child);
        if (row == NULL || PyList_Append(rows, row) < 0) {
            Py_CLEAR(rows);
        }
        Py_XDECREF(row);
    }
    return rows;
}

/* ---- sums ------------------------------------------------------------------------------------------------ */

enum deeds { MAKES, WRAPS, PAIRS, COPIES, CLOSES, SHAPES, ADDRESSES, USES, FORKS };

static const enum deeds deeds[CALLS] = {
#define CALL(name, does, told) [CALL_##name] = does,
#include "calls.def"
#undef CALL
};

/* What comes with a message is an opening, too. */
static bool
is_opening(uint16_t call)
{
    return deeds[call] <= COPIES || call == CALL_recvmsg || call == CALL_popen;
}

static uint64_t
failed_with(const counter *counter, uint32_t error)
{
    for (int i = 0; i < COUNTED_ERRORS; i++) {
        if (atomic_load(&counter->by_error[i].error) == error) {
            return atomic_load(&counter->by_error[i].count);
        }
    }
    return 0;
}

PyObject *
recorder_sums(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    uint64_t opens = 0, closes = 0, full = 0;
    for (uint32_t place = 0; place < COUNTERS_PLACES; place++) {
        uint16_t call;
        uint32_t site;
        bool in_child;
        const counter *counter = counters_at(place, &call, &site, &in_child);
        if (counter == NULL || in_child) {
            continue;
        }
        uint64_t done = atomic_load(&counter->count) - atomic_load(&counter->errors);
        opens += is_opening(call) ? done : 0;
        closes += deeds[call] == CLOSES ? done : 0;
        full += failed_with(counter, EMFILE);
    }
    return Py_BuildValue("KKKK", opens, closes, reconnects_count(), full);
}
