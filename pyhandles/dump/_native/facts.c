#define _GNU_SOURCE
#include "facts.h"

#include "guard.h"
#include "owners.h"
#include "threads.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    uint32_t object, module, qualname, base, flags;
} type_row;
typedef struct {
    uint32_t object, name, file;
} module_row;
typedef struct {
    uint32_t object, module, qualname, code;
} function_row;
typedef struct {
    uint32_t object, name, qualname, file, line;
} code_row;
typedef struct {
    uint32_t object, message;
} exception_row;
typedef struct {
    uint32_t object, name;
} task_row;
typedef struct {
    uint32_t object, code;
    int32_t line;
    uint32_t thread, depth, kind;
} frame_row;
typedef struct {
    uint32_t object, label;
    int32_t value;
} number_row;

static const column type_columns[] = {
    COLUMN(type_row, object, "<u4"), COLUMN(type_row, module, "<u4"), COLUMN(type_row, qualname, "<u4"),
    COLUMN(type_row, base, "<u4"),   COLUMN(type_row, flags, "<u4"),  COLUMNS_END,
};
static const column module_columns[] = {
    COLUMN(module_row, object, "<u4"),
    COLUMN(module_row, name, "<u4"),
    COLUMN(module_row, file, "<u4"),
    COLUMNS_END,
};
static const column function_columns[] = {
    COLUMN(function_row, object, "<u4"), COLUMN(function_row, module, "<u4"),
    COLUMN(function_row, qualname, "<u4"), COLUMN(function_row, code, "<u4"), COLUMNS_END,
};
static const column code_columns[] = {
    COLUMN(code_row, object, "<u4"), COLUMN(code_row, name, "<u4"), COLUMN(code_row, qualname, "<u4"),
    COLUMN(code_row, file, "<u4"),   COLUMN(code_row, line, "<u4"), COLUMNS_END,
};
static const column exception_columns[] = {
    COLUMN(exception_row, object, "<u4"),
    COLUMN(exception_row, message, "<u4"),
    COLUMNS_END,
};
static const column task_columns[] = {
    COLUMN(task_row, object, "<u4"),
    COLUMN(task_row, name, "<u4"),
    COLUMNS_END,
};
static const column frame_columns[] = {
    COLUMN(frame_row, object, "<u4"), COLUMN(frame_row, code, "<u4"),  COLUMN(frame_row, line, "<i4"),
    COLUMN(frame_row, thread, "<u4"), COLUMN(frame_row, depth, "<u4"), COLUMN(frame_row, kind, "<u4"),
    COLUMNS_END,
};
static const column number_columns[] = {
    COLUMN(number_row, object, "<u4"),
    COLUMN(number_row, label, "<u4"),
    COLUMN(number_row, value, "<i4"),
    COLUMNS_END,
};
static const column root_columns[] = {
    COLUMN(root_row, object, "<u4"),
    COLUMN(root_row, kind, "<u4"),
    COLUMN(root_row, name, "<u4"),
    COLUMNS_END,
};

void
facts_init(facts *facts, const descriptor_table *descriptors)
{
    facts->descriptors = descriptors;
    vector_init(&facts->types, sizeof(type_row));
    vector_init(&facts->modules, sizeof(module_row));
    vector_init(&facts->functions, sizeof(function_row));
    vector_init(&facts->codes, sizeof(code_row));
    vector_init(&facts->exceptions, sizeof(exception_row));
    vector_init(&facts->tasks, sizeof(task_row));
    vector_init(&facts->threads, sizeof(thread_row));
    vector_init(&facts->frames, sizeof(frame_row));
    vector_init(&facts->owners, sizeof(owner_row));
    vector_init(&facts->numbers, sizeof(number_row));
}

void
facts_clear(facts *facts)
{
    vector_clear(&facts->types);
    vector_clear(&facts->modules);
    vector_clear(&facts->functions);
    vector_clear(&facts->codes);
    vector_clear(&facts->exceptions);
    vector_clear(&facts->tasks);
    vector_clear(&facts->threads);
    vector_clear(&facts->frames);
    vector_clear(&facts->owners);
    vector_clear(&facts->numbers);
}

static uint32_t
index_or_nothing(const heap *heap, const void *object)
{
    uint32_t index = object == NULL ? ADDRESS_ABSENT : heap_find(heap, object);
    return index == ADDRESS_ABSENT ? FORMAT_NOTHING : index;
}

static int
add_type(facts *facts, heap *heap, uint32_t index)
{
    PyTypeObject *type = (PyTypeObject *)heap_object(heap, index);
    type_row row = {
        .object = index,
        .module = NO_STRING,
        .base = index_or_nothing(heap, type->tp_base),
        .flags = (type->tp_flags & Py_TPFLAGS_HEAPTYPE ? TYPE_HEAP : 0) |
                 (type->tp_flags & Py_TPFLAGS_BASE_EXC_SUBCLASS ? TYPE_EXCEPTION : 0),
    };
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        row.module = strings_add_object(&heap->strings, peek_item(type->tp_dict, "__module__"));
        row.qualname = strings_add_object(&heap->strings, ((PyHeapTypeObject *)type)->ht_qualname);
    }
    else {
        const char *dot = strrchr(type->tp_name, '.');
        if (dot == NULL) {
            row.module = strings_add_literal(&heap->strings, "builtins");
            row.qualname = strings_add_literal(&heap->strings, type->tp_name);
        }
        else {
            row.module = strings_add(&heap->strings, type->tp_name, (size_t)(dot - type->tp_name));
            row.qualname = strings_add_literal(&heap->strings, dot + 1);
        }
    }
    return vector_extend(&facts->types, &row, 1);
}

static int
add_module(facts *facts, heap *heap, uint32_t index)
{
    PyModuleObject *module = (PyModuleObject *)heap_object(heap, index);
    module_row row = {
        .object = index,
        .name = strings_add_object(&heap->strings, peek_item(module->md_dict, "__name__")),
        .file = strings_add_object(&heap->strings, peek_item(module->md_dict, "__file__")),
    };
    return vector_extend(&facts->modules, &row, 1);
}

static int
add_function(facts *facts, heap *heap, uint32_t index)
{
    PyFunctionObject *function = (PyFunctionObject *)heap_object(heap, index);
    function_row row = {
        .object = index,
        .module = strings_add_object(&heap->strings, function->func_module),
        .qualname = strings_add_object(&heap->strings, function->func_qualname),
        .code = index_or_nothing(heap, function->func_code),
    };
    return vector_extend(&facts->functions, &row, 1);
}

static int
add_code(facts *facts, heap *heap, uint32_t index)
{
    PyCodeObject *code = (PyCodeObject *)heap_object(heap, index);
    code_row row = {
        .object = index,
        .name = strings_add_object(&heap->strings, code->co_name),
        .qualname = strings_add_object(&heap->strings, code->co_qualname),
        .file = strings_add_object(&heap->strings, code->co_filename),
        .line = (uint32_t)code->co_firstlineno,
    };
    return vector_extend(&facts->codes, &row, 1);
}

#define MESSAGE_BYTES 400

static size_t
append_text(char *buffer, size_t used, const char *before, PyObject *text)
{
    if (text == NULL || !PyUnicode_Check(text)) {
        return used;
    }
    size_t length = strlen(before);
    if (used + length >= MESSAGE_BYTES) {
        return used;
    }
    memcpy(buffer + used, before, length);
    used += length;
    return used + unicode_to_utf8(text, buffer + used, MESSAGE_BYTES - used);
}

/* As str() would say it, for the exceptions whose arguments are texts; an OSError says what failed on which file. */
static int
add_exception(facts *facts, heap *heap, uint32_t index)
{
    PyObject *object = heap_object(heap, index);
    char buffer[MESSAGE_BYTES];
    size_t used = 0;
    PyObject *arguments = ((PyBaseExceptionObject *)object)->args;
    if (PyType_IsSubtype(Py_TYPE(object), (PyTypeObject *)PyExc_OSError) &&
        ((PyOSErrorObject *)object)->strerror != NULL) {
        used = append_text(buffer, used, "", ((PyOSErrorObject *)object)->strerror);
        used = append_text(buffer, used, ": ", ((PyOSErrorObject *)object)->filename);
    }
    else if (arguments != NULL && PyTuple_Check(arguments) && PyTuple_GET_SIZE(arguments) > 0) {
        used = append_text(buffer, used, "", PyTuple_GET_ITEM(arguments, 0));
    }
    bool told = used > 0 && !heap->redact;
    exception_row row = {index, told ? strings_add(&heap->strings, buffer, used) : NO_STRING};
    return vector_extend(&facts->exceptions, &row, 1);
}

/* asyncio counts the tasks that nobody has named, and since 3.12 makes a name of the number when it is asked for. */
static int
add_task(facts *facts, heap *heap, uint32_t index)
{
    PyObject *name = peek_attribute(heap, heap_object(heap, index), "_name");
    task_row row = {index, NO_STRING};
    int64_t number;
    if (name != NULL && PyLong_CheckExact(name)) {
        char text[32];
        if (compat_small_int(name, &number)) {
            int length = snprintf(text, sizeof(text), "Task-%lld", (long long)number);
            row.name = strings_add(&heap->strings, text, (size_t)length);
        }
    }
    else if (!heap->redact) {
        row.name = strings_add_object(&heap->strings, name);
    }
    return vector_extend(&facts->tasks, &row, 1);
}

static int
add_frame(facts *facts, heap *heap, uint32_t index, interpreter_frame *frame, enum frame_kind kind)
{
    PyCodeObject *code = compat_frame_code(frame);
    if (code == NULL) {
        return 0;
    }
    frame_row row = {
        .object = index,
        .code = index_or_nothing(heap, code),
        .line = compat_frame_line(frame),
        .thread = FORMAT_NOTHING,
        .kind = kind,
    };
    return vector_extend(&facts->frames, &row, 1);
}

static int
add_generator(facts *facts, heap *heap, uint32_t index, enum frame_kind kind)
{
    PyGenObject *generator = (PyGenObject *)heap_object(heap, index);
    if (!compat_generator_has_frame(generator) || compat_generator_is_running(generator)) {
        return 0;
    }
    return add_frame(facts, heap, index, compat_generator_frame(generator), kind);
}

static int
add_finished_frame(facts *facts, heap *heap, uint32_t index)
{
    interpreter_frame *frame = ((PyFrameObject *)heap_object(heap, index))->f_frame;
    bool finished = frame->owner == FRAME_OWNED_BY_FRAME_OBJECT;
    return finished ? add_frame(facts, heap, index, frame, FRAME_FINISHED) : 0;
}

static int
add_running_frames(facts *facts, heap *heap)
{
    for (size_t i = 0; i < heap->frames.length; i++) {
        running_frame running = VECTOR_AT(running_frame, &heap->frames, i);
        frame_row row = {
            .object = running.object,
            .code = index_or_nothing(heap, compat_frame_code(running.frame)),
            .line = compat_frame_line(running.frame),
            .thread = running.thread,
            .depth = running.depth,
            .kind = FRAME_RUNNING,
        };
        if (vector_extend(&facts->frames, &row, 1) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_object(facts *facts, heap *heap, uint32_t index)
{
    const type_plan *plan = plan_of(heap, Py_TYPE(heap_object(heap, index)));
    if (plan == NULL) {
        return -1;
    }
    switch (plan->category) {
        case CATEGORY_TYPE:
            return add_type(facts, heap, index);
        case CATEGORY_MODULE:
            return add_module(facts, heap, index);
        case CATEGORY_FUNCTION:
            return add_function(facts, heap, index);
        case CATEGORY_CODE:
            return add_code(facts, heap, index);
        case CATEGORY_EXCEPTION:
            return add_exception(facts, heap, index);
        case CATEGORY_FRAME:
            return add_finished_frame(facts, heap, index);
        case CATEGORY_GENERATOR:
            return add_generator(facts, heap, index, FRAME_GENERATOR);
        case CATEGORY_COROUTINE:
            return add_generator(facts, heap, index, FRAME_COROUTINE);
        case CATEGORY_ASYNC_GENERATOR:
            return add_generator(facts, heap, index, FRAME_ASYNC_GENERATOR);
        case CATEGORY_FILE:
        case CATEGORY_SOCKET:
        case CATEGORY_EPOLL:
        case CATEGORY_MMAP:
        case CATEGORY_SCANDIR:
            return owners_add(&facts->owners, heap, index, plan->category);
        case CATEGORY_TASK:
            return add_task(facts, heap, index);
        default:
            return 0;
    }
}

static int
add_objects(facts *facts, heap *heap)
{
    heap->cursor = 0;
    if (guard_enter()) {
        heap->cursor++; /* reading it crashed: no fact is known of it */
    }
    for (; heap->cursor < heap_count(heap); heap->cursor++) {
        uint32_t index = heap->cursor;
        bool skip = heap_is_bare_frame(heap, index) || heap_flags(heap, index) & OBJECT_UNREADABLE;
        if (!skip && add_object(facts, heap, index) < 0) {
            heap->failed = true;
            break;
        }
    }
    guard_leave();
    return heap->failed ? -1 : 0;
}

int
facts_gather(facts *facts, heap *heap)
{
    if (threads_add(&facts->threads, heap) < 0 || add_running_frames(facts, heap) < 0) {
        return -1;
    }
    return add_objects(facts, heap);
}

void
facts_write(const facts *facts, const heap *heap, sink *sink)
{
    write_table(sink, "types", &facts->types, type_columns);
    write_table(sink, "modules", &facts->modules, module_columns);
    write_table(sink, "functions", &facts->functions, function_columns);
    write_table(sink, "codes", &facts->codes, code_columns);
    write_table(sink, "exceptions", &facts->exceptions, exception_columns);
    write_table(sink, "tasks", &facts->tasks, task_columns);
    write_table(sink, "threads", &facts->threads, thread_columns);
    write_table(sink, "frames", &facts->frames, frame_columns);
    write_table(sink, "owners", &facts->owners, owner_columns);
    write_table(sink, "numbers", &facts->numbers, number_columns);
    write_table(sink, "roots", &heap->roots, root_columns);
}

bool
is_of_a_variable(uint32_t label)
{
    enum label_kind kind = label >> LABEL_KIND_SHIFT;
    return kind == LABEL_ATTRIBUTE || kind == LABEL_SLOT || kind == LABEL_VALUE_NAME || kind == LABEL_LOCAL ||
           kind == LABEL_GLOBAL;
}

static bool
contains(const char *text, size_t length, const char *hint)
{
    size_t size = strlen(hint);
    for (size_t i = 0; i + size <= length; i++) {
        size_t same = 0;
        while (same < size && Py_TOLOWER(text[i + same]) == hint[same]) {
            same++;
        }
        if (same == size) {
            return true;
        }
    }
    return false;
}

bool
names_a_descriptor(const heap *heap, uint32_t index)
{
    static const char *const hints[] = {"fd",      "fileno",  "handle", "sock",     "pipe",     "descriptor", "epoll",
                                        "file",    "conn",    "device", "inotify",  "kqueue",   "listener",   "master",
                                        "pty",     "reader",  "slave",  "sentinel", "tty",      "writer"};
    const uint32_t *ends = heap->strings.ends.data;
    uint32_t start = index == 0 ? 0 : ends[index - 1];
    const char *text = (const char *)heap->strings.text.data + start;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(hints); i++) {
        if (contains(text, ends[index] - start, hints[i])) {
            return true;
        }
    }
    return false;
}

int
facts_add_number(facts *facts, uint32_t object, uint32_t label, PyObject *number)
{
    int64_t value;
    if (!compat_small_int(number, &value) || !descriptors_have(facts->descriptors, value)) {
        return 0;
    }
    number_row row = {object, label, (int32_t)value};
    return vector_extend(&facts->numbers, &row, 1);
}
