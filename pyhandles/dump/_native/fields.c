#include "fields.h"

#include <string.h>

#define FIELD(type, field, name) {offsetof(type, field), name}
#define END {0, NULL}

static const known_field function_fields[] = {
    FIELD(PyFunctionObject, func_globals, "__globals__"),
    FIELD(PyFunctionObject, func_builtins, "__builtins__"),
    FIELD(PyFunctionObject, func_name, "__name__"),
    FIELD(PyFunctionObject, func_qualname, "__qualname__"),
    FIELD(PyFunctionObject, func_code, "__code__"),
    FIELD(PyFunctionObject, func_defaults, "__defaults__"),
    FIELD(PyFunctionObject, func_kwdefaults, "__kwdefaults__"),
    FIELD(PyFunctionObject, func_closure, "__closure__"),
    FIELD(PyFunctionObject, func_doc, "__doc__"),
    FIELD(PyFunctionObject, func_dict, "__dict__"),
    FIELD(PyFunctionObject, func_module, "__module__"),
    FIELD(PyFunctionObject, func_annotations, "__annotations__"),
#if PY_VERSION_HEX >= 0x030c0000
    FIELD(PyFunctionObject, func_typeparams, "__type_params__"),
#endif
#if PY_VERSION_HEX >= 0x030e0000
    FIELD(PyFunctionObject, func_annotate, "__annotate__"),
#endif
    END,
};
static const known_field method_fields[] = {
    FIELD(PyMethodObject, im_func, "__func__"),
    FIELD(PyMethodObject, im_self, "__self__"),
    END,
};
static const known_field builtin_fields[] = {
    FIELD(PyCFunctionObject, m_self, "__self__"),
    FIELD(PyCFunctionObject, m_module, "__module__"),
    END,
};
static const known_field cell_fields[] = {FIELD(PyCellObject, ob_ref, "cell_contents"), END};
static const known_field module_fields[] = {FIELD(PyModuleObject, md_dict, "__dict__"), END};
static const known_field type_fields[] = {
    FIELD(PyHeapTypeObject, ht_type.tp_dict, "__dict__"),
    FIELD(PyHeapTypeObject, ht_type.tp_bases, "__bases__"),
    FIELD(PyHeapTypeObject, ht_type.tp_mro, "__mro__"),
    FIELD(PyHeapTypeObject, ht_type.tp_cache, "tp_cache"),
    FIELD(PyHeapTypeObject, ht_module, "ht_module"),
    END,
};
static const known_field traceback_fields[] = {
    FIELD(PyTracebackObject, tb_next, "tb_next"),
    FIELD(PyTracebackObject, tb_frame, "tb_frame"),
    END,
};
static const known_field exception_fields[] = {
    FIELD(PyBaseExceptionObject, dict, "__dict__"),
    FIELD(PyBaseExceptionObject, args, "args"),
    FIELD(PyBaseExceptionObject, notes, "__notes__"),
    FIELD(PyBaseExceptionObject, traceback, "__traceback__"),
    FIELD(PyBaseExceptionObject, context, "__context__"),
    FIELD(PyBaseExceptionObject, cause, "__cause__"),
    END,
};
static const known_field oserror_fields[] = {
    FIELD(PyOSErrorObject, myerrno, "errno"),
    FIELD(PyOSErrorObject, strerror, "strerror"),
    FIELD(PyOSErrorObject, filename, "filename"),
    FIELD(PyOSErrorObject, filename2, "filename2"),
    END,
};
static const known_field frame_fields[] = {
    FIELD(PyFrameObject, f_back, "f_back"),
    FIELD(PyFrameObject, f_trace, "f_trace"),
#if PY_VERSION_HEX >= 0x030e0000
    FIELD(PyFrameObject, f_extra_locals, "f_extra_locals"),
    FIELD(PyFrameObject, f_locals_cache, "f_locals"),
    FIELD(PyFrameObject, f_overwritten_fast_locals, "overwritten locals"),
#endif
    END,
};
static const known_field context_fields[] = {
    FIELD(PyContext, ctx_prev, "previous context"),
    FIELD(PyContext, ctx_vars, "variables"),
    END,
};
static const known_field token_fields[] = {
    FIELD(PyContextToken, tok_ctx, "context"),
    FIELD(PyContextToken, tok_var, "var"),
    FIELD(PyContextToken, tok_oldval, "old_value"),
    END,
};
static const known_field hamt_fields[] = {FIELD(PyHamtObject, h_root, "root"), END};
static const known_field weakref_fields[] = {FIELD(PyWeakReference, wr_callback, "__callback__"), END};
static const known_field list_iterator_fields[] = {{sizeof(PyObject) + sizeof(Py_ssize_t), "sequence"}, END};
static const known_field dict_iterator_fields[] = {{sizeof(PyObject), "dict"}, END};
static const known_field proxy_fields[] = {{sizeof(PyObject), "mapping"}, END};
static const known_field lru_fields[] = {
    {72, "cache"},
    {88, "__wrapped__"},
    {112, "kwd_mark"},
    {120, "link type"},
    {128, "cache_info type"},
    {136, "__dict__"},
    END,
};
static const known_field text_io_fields[] = {
    {32, "buffer"},        {40, "encoding"},       {48, "encoder"},   {56, "decoder"}, {64, "newline"}, {72, "errors"},
    {120, "decoded_chars"}, {136, "pending_bytes"}, {152, "snapshot"}, {168, "raw"},    END,
};
static const known_field map_fields[] = {{16, "iterators"}, {24, "function"}, END};
static const known_field filter_fields[] = {{16, "function"}, {24, "iterator"}, END};
static const known_field zip_fields[] = {{24, "iterators"}, {32, "result"}, END};
static const known_field enumerate_fields[] = {{24, "iterator"}, {32, "result"}, END};
static const known_field callable_iterator_fields[] = {{16, "callable"}, {24, "sentinel"}, END};
static const known_field memoryview_fields[] = {FIELD(PyMemoryViewObject, mbuf, "buffer"), END};
static const known_field managed_buffer_fields[] = {FIELD(_PyManagedBufferObject, master.obj, "obj"), END};
static const known_field local_fields[] = {
    FIELD(compat_local, args, "arguments"),
    FIELD(compat_local, keywords, "keywords"),
    FIELD(compat_local, dicts, "dicts"),
    END,
};

/* asyncio's names for the same attributes of its classes in Python. */
#define FUTURE_FIELDS                                                                             \
    {16, "_loop"}, {24, "_callback0"}, {32, "_context0"}, {40, "_callbacks"}, {48, "_exception"}, \
        {56, "_exception_tb"}, {64, "_result"}, {72, "_source_traceback"}, {80, "_cancel_message"}
#if PY_VERSION_HEX >= 0x030e0000
#define FUTURE_SIZE 112
#define TASK_SIZE 168
#define FUTURE_MORE {88, "_cancelled_exc"}, {96, "_asyncio_awaited_by"}
#define TASK_MORE {120, "_fut_waiter"}, {128, "_coro"}, {136, "_name"}, {144, "_context"}
#elif PY_VERSION_HEX >= 0x030d0000
#define FUTURE_SIZE 104
#define TASK_SIZE 144
#define FUTURE_MORE {88, "_cancelled_exc"}
#define TASK_MORE {112, "_fut_waiter"}, {120, "_coro"}, {128, "_name"}, {136, "_context"}
#else
#define FUTURE_SIZE 128
#define TASK_SIZE 176
#define FUTURE_MORE {104, "__dict__"}, {120, "_cancelled_exc"}
#define TASK_MORE {128, "_fut_waiter"}, {136, "_coro"}, {144, "_name"}, {152, "_context"}
#endif
static const known_field future_fields[] = {FUTURE_FIELDS, FUTURE_MORE, END};
static const known_field task_fields[] = {FUTURE_FIELDS, FUTURE_MORE, TASK_MORE, END};

static const struct {
    const char *type;
    Py_ssize_t size; /* tp_basicsize, which tells the layout from another of the same name; 0 for a declared one */
    const known_field *fields;
} catalogue[] = {
    {"function", sizeof(PyFunctionObject), function_fields},
    {"method", sizeof(PyMethodObject), method_fields},
    {"builtin_function_or_method", sizeof(PyCFunctionObject), builtin_fields},
    {"builtin_method", sizeof(PyCMethodObject), builtin_fields},
    {"cell", sizeof(PyCellObject), cell_fields},
    {"module", sizeof(PyModuleObject), module_fields},
    {"type", sizeof(PyHeapTypeObject), type_fields},
    {"traceback", sizeof(PyTracebackObject), traceback_fields},
    {"BaseException", sizeof(PyBaseExceptionObject), exception_fields},
    {"OSError", sizeof(PyOSErrorObject), oserror_fields},
    {"frame", 0, frame_fields},
    {"Context", 0, context_fields},
    {"_contextvars.Context", 0, context_fields},
    {"Token", 0, token_fields},
    {"_contextvars.Token", 0, token_fields},
    {"hamt", sizeof(PyHamtObject), hamt_fields},
    {"weakref", 0, weakref_fields},
    {"weakref.ReferenceType", 0, weakref_fields},
    {"weakproxy", 0, weakref_fields},
    {"weakref.ProxyType", 0, weakref_fields},
    {"weakref.CallableProxyType", 0, weakref_fields},
    {"list_iterator", 32, list_iterator_fields},
    {"list_reverseiterator", 32, list_iterator_fields},
    {"tuple_iterator", 32, list_iterator_fields},
    {"iterator", 32, list_iterator_fields},
    {"dict_keyiterator", 0, dict_iterator_fields},
    {"dict_valueiterator", 0, dict_iterator_fields},
    {"dict_itemiterator", 0, dict_iterator_fields},
    {"dict_keys", 0, dict_iterator_fields},
    {"dict_values", 0, dict_iterator_fields},
    {"dict_items", 0, dict_iterator_fields},
    {"set_iterator", 0, dict_iterator_fields},
    {"mappingproxy", 24, proxy_fields},
    {"functools._lru_cache_wrapper", 152, lru_fields},
    {"_thread._local", sizeof(compat_local) + sizeof(PyObject *), local_fields},
    {"_io.TextIOWrapper", 192, text_io_fields},
    {"_io.TextIOWrapper", 200, text_io_fields}, /* since 3.12 with a pointer to its module behind */
    {"map", 32, map_fields},
    {"filter", 32, filter_fields},
    {"zip", 48, zip_fields},
    {"enumerate", 48, enumerate_fields},
    {"callable_iterator", 32, callable_iterator_fields},
    {"memoryview", 0, memoryview_fields},
    {"managedbuffer", 0, managed_buffer_fields},
    {"_asyncio.Future", FUTURE_SIZE, future_fields},
    {"_asyncio.Task", TASK_SIZE, task_fields},
};

bool
is_of_class_statement(PyTypeObject *type)
{
    return type->tp_flags & Py_TPFLAGS_HEAPTYPE && ((PyHeapTypeObject *)type)->_ht_tpname == NULL;
}

const known_field *
known_fields(PyTypeObject *type)
{
    if (is_of_class_statement(type)) {
        return NULL;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(catalogue); i++) {
        if (strcmp(catalogue[i].type, type->tp_name) == 0 &&
            (catalogue[i].size == 0 || catalogue[i].size == type->tp_basicsize)) {
            return catalogue[i].fields;
        }
    }
    return NULL;
}
