#include "where.h"

#include "stacks.h"

#include <string.h>

/* A file's name may be any bytes. */
static PyObject *
text_or_none(const char *text)
{
    if (text == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogatepass");
}

static PyObject *
site_tuple(uint32_t number)
{
    site site;
    if (!stacks_site(number, &site)) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("(NNII)", text_or_none(site.file), text_or_none(site.function), site.line, site.flags);
}

static PyObject *
number_or_none(uint32_t stack)
{
    return stack == NO_STACK ? Py_NewRef(Py_None) : PyLong_FromUnsignedLong(stack);
}

static PyObject *
frames_list(uint32_t stack)
{
    uint32_t sites[DEEPEST_STACK], told;
    unsigned count = stacks_frames(stack, sites, &told);
    PyObject *list = PyList_New(0);
    for (unsigned i = 0; list != NULL && i < count; i++) {
        PyObject *item = site_tuple(sites[i]);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    return list;
}

static bool
is_prepared(void)
{
    if (!stacks_are_prepared()) {
        PyErr_SetString(PyExc_RuntimeError, "nothing has been recorded yet");
        return false;
    }
    return true;
}

PyObject *
recorder_where(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    if (!is_prepared()) {
        return NULL;
    }
    whereabouts here = stacks_locate((const void *)recorder_where);
    return Py_BuildValue("(NNINII)", frames_list(here.stack), site_tuple(here.site), here.thread,
                         number_or_none(here.stack), stacks_count(), stacks_site_count());
}

PyObject *
recorder_holding(PyObject *module, PyObject *args)
{
    (void)module;
    int fd;
    if (!PyArg_ParseTuple(args, "i", &fd) || !is_prepared()) {
        return NULL;
    }
    static const char *const names[] = {
        [HOLDS_NOTHING] = "nothing", [HOLDS_NUMBER] = "number", [HOLDS_OWNER] = "owner"};
    raw_frame innermost = {0};
    unsigned count = stacks_raw(&innermost, 1);
    return Py_BuildValue("(sNNi)", names[stacks_local_holding(fd)], PyLong_FromVoidPtr((void *)innermost.frame),
                         PyLong_FromVoidPtr((void *)innermost.code), count == 0 ? -1 : (int)innermost.offset);
}
