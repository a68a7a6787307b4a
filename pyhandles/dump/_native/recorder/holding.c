#define _GNU_SOURCE
#include "stacks.h"

#include "../fields.h"
#include "thread.h"

#include <string.h>

unsigned
stacks_raw(raw_frame *out, unsigned most)
{
    unsigned count = 0;
    interpreter_frame *frame = thread_innermost(thread_with_frames(), most);
    for (; frame != NULL && count < most; frame = compat_complete_frame(frame->previous)) {
        out[count].frame = frame;
        out[count].code = compat_frame_code(frame);
        out[count++].offset = (uint32_t)compat_frame_offset(frame);
    }
    return count;
}

static bool
is_owner_of(PyObject *object, int fd)
{
    for (PyTypeObject *type = Py_TYPE(object); type != NULL; type = type->tp_base) {
        if (is_of_class_statement(type)) {
            continue; /* its name may be changed meanwhile */
        }
        if (strcmp(type->tp_name, "_socket.socket") == 0) {
            return ((compat_socket *)object)->fd == fd;
        }
        if (strcmp(type->tp_name, "_io.FileIO") == 0) {
            return ((compat_file_io *)object)->fd == fd;
        }
    }
    return false;
}

enum holding
stacks_object_holding(void *object, int fd)
{
    int64_t number;
    if (object == NULL) {
        return HOLDS_NOTHING;
    }
    if (PyLong_CheckExact((PyObject *)object)) {
        return compat_small_int(object, &number) && number == fd ? HOLDS_NUMBER : HOLDS_NOTHING;
    }
    return is_owner_of(object, fd) ? HOLDS_OWNER : HOLDS_NOTHING;
}

enum holding
stacks_local_holding(int fd)
{
    interpreter_frame *frame = thread_innermost(thread_with_frames(), 1);
    enum holding found = HOLDS_NOTHING;
    int count = frame == NULL ? 0 : compat_frame_code(frame)->co_nlocalsplus;
    for (int i = 0; i < count; i++) {
        enum holding holds = stacks_object_holding(compat_frame_word(frame, i).object, fd);
        if (holds == HOLDS_OWNER) {
            return HOLDS_OWNER;
        }
        found = holds == HOLDS_NUMBER ? HOLDS_NUMBER : found;
    }
    return found;
}
