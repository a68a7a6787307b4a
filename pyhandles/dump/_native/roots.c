#include "roots.h"

#define HIGHEST_SIGNAL 64

static int
add_root(heap *heap, PyObject *object, enum root_kind kind, uint32_t name)
{
    if (object == NULL) {
        return 0;
    }
    root_row row = {.object = heap_add(heap, object), .kind = kind, .name = name};
    if (row.object == FORMAT_NOTHING) {
        return -1;
    }
    return vector_extend(&heap->roots, &row, 1);
}

static int
add_named(heap *heap, PyObject *object, enum root_kind kind, const char *name)
{
    return object == NULL ? 0 : add_root(heap, object, kind, strings_add_literal(&heap->strings, name));
}

static int
add_modules(heap *heap)
{
    PyObject *modules = compat_sys_modules(heap->interpreter);
    Py_ssize_t position = 0;
    PyObject *key, *module;
    if (modules == NULL || !PyDict_Check(modules)) {
        return 0;
    }
    while (PyDict_Next(modules, &position, &key, &module)) {
        if (module != Py_None && add_root(heap, module, ROOT_MODULE, strings_add_object(&heap->strings, key)) < 0) {
            return -1;
        }
    }
    return add_named(heap, modules, ROOT_INTERPRETER, "sys.modules");
}

static int
add_frames(heap *heap)
{
    for (size_t i = 0; i < heap->frames.length; i++) {
        root_row row = {VECTOR_AT(running_frame, &heap->frames, i).object, ROOT_FRAME, NO_STRING};
        if (vector_extend(&heap->roots, &row, 1) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_exit_functions(heap *heap)
{
    for (Py_ssize_t i = 0; i < compat_exit_callback_count(heap->interpreter); i++) {
        exit_callback callback = compat_exit_callback(heap->interpreter, i);
        if (add_named(heap, callback.function, ROOT_INTERPRETER, "atexit function") < 0 ||
            add_named(heap, callback.arguments, ROOT_INTERPRETER, "atexit arguments") < 0 ||
            add_named(heap, callback.keywords, ROOT_INTERPRETER, "atexit arguments") < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_signal_handlers(heap *heap)
{
    for (int number = 1; number < HIGHEST_SIGNAL; number++) {
        PyObject *handler = compat_signal_handler(number);
        if (handler == NULL || handler == Py_None || PyLong_Check(handler)) {
            continue;
        }
        if (add_named(heap, handler, ROOT_INTERPRETER, "signal handler") < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_interpreter(heap *heap)
{
    PyInterpreterState *interpreter = heap->interpreter;
    const struct {
        PyObject *object;
        const char *name;
    } members[] = {
        {interpreter->builtins, "builtins"},
        {interpreter->sysdict, "sys"},
        {interpreter->dict, "interpreter's own dict"},
        {interpreter->gc.garbage, "gc.garbage"},
        {interpreter->gc.callbacks, "gc.callbacks"},
        {interpreter->before_forkers, "os.register_at_fork"},
        {interpreter->after_forkers_parent, "os.register_at_fork"},
        {interpreter->after_forkers_child, "os.register_at_fork"},
        {interpreter->audit_hooks, "audit hooks"},
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(members); i++) {
        if (add_named(heap, members[i].object, ROOT_INTERPRETER, members[i].name) < 0) {
            return -1;
        }
    }
    return add_exit_functions(heap) < 0 ? -1 : add_signal_handlers(heap);
}

static int
add_thread(heap *heap, PyThreadState *thread)
{
    if (add_named(heap, thread->dict, ROOT_THREAD, "thread-local storage") < 0 ||
        add_named(heap, thread->context, ROOT_THREAD, "current context") < 0 ||
        add_named(heap, thread->async_exc, ROOT_THREAD, "asynchronous exception") < 0 ||
        add_named(heap, thread->c_profileobj, ROOT_THREAD, "profile function") < 0 ||
        add_named(heap, thread->c_traceobj, ROOT_THREAD, "trace function") < 0 ||
        add_named(heap, compat_running_loop(thread), ROOT_THREAD, "running event loop") < 0 ||
        add_named(heap, compat_running_task(thread), ROOT_THREAD, "running task") < 0 ||
        add_named(heap, compat_raised_exception(thread), ROOT_THREAD, "exception being raised") < 0) {
        return -1;
    }
    for (_PyErr_StackItem *item = thread->exc_info; item != NULL; item = item->previous_item) {
        if (item->exc_value != Py_None && add_named(heap, item->exc_value, ROOT_THREAD, "exception being handled") < 0) {
            return -1;
        }
    }
    return 0;
}

int
roots_add(heap *heap)
{
    if (add_modules(heap) < 0 || add_frames(heap) < 0 || add_interpreter(heap) < 0) {
        return -1;
    }
    for (PyThreadState *thread = compat_first_thread(heap->capturing_thread); thread != NULL; thread = thread->next) {
        if (add_thread(heap, thread) < 0) {
            return -1;
        }
    }
    return 0;
}
