#include "threads.h"

#include <unistd.h>

const column thread_columns[] = {
    COLUMN(thread_row, ident, "<u8"),
    COLUMN(thread_row, native, "<u8"),
    COLUMN(thread_row, name, "<u4"),
    COLUMN(thread_row, flags, "<u4"),
    COLUMNS_END,
};

/* threading keeps its Thread objects in a dict by their ident. */
static PyObject *
active_threads(heap *heap)
{
    PyObject *threading = peek_item(compat_sys_modules(heap->interpreter), "threading");
    if (threading == NULL || !PyModule_Check(threading)) {
        return NULL;
    }
    PyObject *active = peek_item(((PyModuleObject *)threading)->md_dict, "_active");
    return active != NULL && PyDict_Check(active) ? active : NULL;
}

static PyObject *
thread_name(heap *heap, PyObject *active, uint64_t ident)
{
    Py_ssize_t position = 0;
    PyObject *key, *thread;
    while (active != NULL && PyDict_Next(active, &position, &key, &thread)) {
        int64_t number;
        if (PyLong_Check(key) && compat_small_int(key, &number) && (uint64_t)number == ident) {
            return peek_attribute(heap, thread, "_name");
        }
    }
    return NULL;
}

/* The one whose call has failed, say, if it is one of Python's; else the one that captures, which is ours then. */
static const PyThreadState *
causing_thread(heap *heap)
{
    for (PyThreadState *thread = compat_first_thread(heap->capturing_thread); thread != NULL; thread = thread->next) {
        if (heap->cause != 0 && thread->native_thread_id == (unsigned long)heap->cause) {
            return thread;
        }
    }
    return heap->capturing_thread;
}

int
threads_add(vector *rows, heap *heap)
{
    PyObject *active = active_threads(heap);
    const PyThreadState *cause = causing_thread(heap);
    for (PyThreadState *thread = compat_first_thread(heap->capturing_thread); thread != NULL; thread = thread->next) {
        thread_row *row = vector_append(rows);
        if (row == NULL) {
            return -1;
        }
        row->ident = thread->thread_id;
        row->native = thread->native_thread_id;
        bool is_main = thread->thread_id == _PyRuntime.main_thread;
        row->flags = (thread == cause ? THREAD_CAPTURING : 0) | (is_main ? THREAD_MAIN : 0);
        row->name = strings_add_object(&heap->strings, thread_name(heap, active, thread->thread_id));
        if (row->name == NO_STRING && is_main) {
            row->name = strings_add_literal(&heap->strings, "MainThread"); /* as threading, once loaded, calls it */
        }
        if (heap->cause != 0 && thread == heap->capturing_thread) {
            row->name = strings_add_literal(&heap->strings, "pyhandles");
        }
    }
    return 0;
}
