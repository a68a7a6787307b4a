/* Runs a program as the interpreter runs the one that it was started for: by the interpreter's own main function, which
 * finds another program's command line in its configuration.
 *
 * So there is nothing to imitate: the interpreter makes sys.path[0], reads the file or the archive, prints what the
 * program does not catch, enters -i, takes itself down and gives the status, each as it does in this very release. The
 * frames that called this are no longer beneath the program's, and never run again.
 */
#include "become.h"

#include <stdlib.h>

static int
check(PyStatus status)
{
    if (PyStatus_Exception(status)) {
        PyErr_SetString(PyExc_RuntimeError, status.err_msg == NULL ? "no configuration" : status.err_msg);
        return -1;
    }
    return 0;
}

/* text: a str, or None for what is not there. */
static int
set_text(PyConfig *config, wchar_t **member, PyObject *text)
{
    wchar_t *wide = NULL;
    if (text != Py_None && (wide = PyUnicode_AsWideCharString(text, NULL)) == NULL) {
        return -1;
    }
    int result = check(PyConfig_SetString(config, member, wide));
    PyMem_Free(wide);
    return result;
}

static int
set_arguments(PyConfig *config, PyObject *arguments)
{
    Py_ssize_t count = PyList_GET_SIZE(arguments), filled = 0;
    int result = -1;
    wchar_t **wide = PyMem_New(wchar_t *, count);
    if (wide == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (; filled < count; filled++) {
        wide[filled] = PyUnicode_AsWideCharString(PyList_GET_ITEM(arguments, filled), NULL);
        if (wide[filled] == NULL) {
            goto done;
        }
    }
    result = check(PyConfig_SetWideStringList(config, &config->argv, count, wide));
done:
    while (filled > 0) {
        PyMem_Free(wide[--filled]);
    }
    PyMem_Free(wide);
    return result;
}

PyObject *
become(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *file, *name, *code, *arguments;
    if (!PyArg_ParseTuple(args, "OOOO!", &file, &name, &code, &PyList_Type, &arguments)) {
        return NULL;
    }
    PyThreadState *thread = PyThreadState_Get();
    PyConfig *config = &thread->interp->config;
    if (set_text(config, &config->run_filename, file) < 0 || set_text(config, &config->run_module, name) < 0 ||
        set_text(config, &config->run_command, code) < 0 || set_arguments(config, arguments) < 0) {
        return NULL;
    }
    compat_forget_main(thread->interp);
    compat_forget_frames(thread);
    exit(Py_RunMain());
}
