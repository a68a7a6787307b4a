/* An extension that is loaded late: ways() lists what it can do, run(name) does it. */
#include <Python.h>

#include "ways.h"

static PyObject *
list_ways(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *names = PyList_New(0);
    for (const struct way *way = ways; way->name != NULL; way++) {
        PyObject *name = PyUnicode_FromString(way->name);
        PyList_Append(names, name);
        Py_DECREF(name);
    }
    return names;
}

static PyObject *
run(PyObject *module, PyObject *name)
{
    (void)module;
    for (const struct way *way = ways; way->name != NULL; way++)
        if (PyUnicode_CompareWithASCIIString(name, way->name) == 0)
            way->function();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"ways", list_ways, METH_NOARGS, NULL}, {"run", run, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "late", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC
PyInit_late(void)
{
    return PyModule_Create(&definition);
}
