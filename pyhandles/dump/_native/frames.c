#include "frames.h"

int
frames_add(heap *heap)
{
    uint32_t row = 0;
    for (PyThreadState *thread = compat_first_thread(heap->capturing_thread); thread != NULL; thread = thread->next, row++) {
        uint32_t depth = 0;
        for (interpreter_frame *frame = compat_current_frame(thread); frame != NULL; frame = frame->previous) {
            if (!compat_frame_is_complete(frame)) {
                continue;
            }
            void *node = frame->frame_obj != NULL ? (void *)frame->frame_obj : (void *)frame;
            running_frame running = {
                .frame = frame,
                .object = heap_add(heap, node),
                .thread = row,
                .depth = depth++,
            };
            if (running.object == FORMAT_NOTHING || vector_extend(&heap->frames, &running, 1) < 0) {
                return -1;
            }
            VECTOR_AT(uint16_t, &heap->flags, running.object) |= OBJECT_FRAME;
        }
    }
    return 0;
}

static uint32_t
local_label(heap *heap, PyCodeObject *code, int index)
{
    PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, index);
    uint32_t text = strings_add_object(&heap->strings, name);
    return text == NO_STRING ? make_label(LABEL_UNKNOWN, (uint64_t)index) : make_label(LABEL_LOCAL, text);
}

static void
emit_held(frame_reference held, uint32_t label, emit_reference emit, void *arg)
{
    if (held.object != NULL) {
        emit(held.object, held.counted ? label : label | LABEL_UNCOUNTED, arg);
    }
}

static void
variables(heap *heap, interpreter_frame *frame, uint32_t flag, emit_reference emit, void *arg)
{
    PyCodeObject *code = compat_frame_code(frame);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        frame_reference held = compat_frame_word(frame, i);
        if (held.object != NULL) {
            emit_held(held, local_label(heap, code, i) | flag, emit, arg);
        }
    }
}

static void
stack(interpreter_frame *frame, uint32_t flag, emit_reference emit, void *arg)
{
    int first = compat_frame_code(frame)->co_nlocalsplus;
    for (int i = first; i < compat_frame_word_count(frame); i++) {
        emit_held(compat_frame_word(frame, i), make_label(LABEL_STACK, (uint64_t)(i - first)) | flag, emit, arg);
    }
}

/* While a frame runs C, the top of its stack is known to the C compiler alone. Of the words that may belong to it
 * those are told that are addresses of known objects: some are stale, so they are told as candidates. */
static void
stack_candidates(heap *heap, interpreter_frame *frame, emit_reference emit, void *arg)
{
    PyCodeObject *code = compat_frame_code(frame);
    for (int i = 0; i < code->co_stacksize; i++) {
        PyObject *word = compat_frame_word(frame, code->co_nlocalsplus + i).object;
        if (word != NULL && heap_find(heap, word) != ADDRESS_ABSENT) {
            emit(word, make_label(LABEL_STACK_CANDIDATE, (uint64_t)i) | LABEL_UNCOUNTED, arg);
        }
    }
}

static void
emit_held_member(heap *heap, frame_reference held, const char *name, emit_reference emit, void *arg)
{
    emit_held(held, make_label(LABEL_MEMBER, strings_add_literal(&heap->strings, name)), emit, arg);
}

static void
emit_member(heap *heap, PyObject *target, const char *name, emit_reference emit, void *arg)
{
    emit_held_member(heap, (frame_reference){target, true}, name, emit, arg);
}

void
frame_references(heap *heap, const running_frame *running, emit_reference emit, void *arg)
{
    interpreter_frame *frame = running->frame;
    bool stack_is_known = compat_frame_word_count(frame) >= 0;
    bool of_generator = frame->owner == FRAME_OWNED_BY_GENERATOR;
    /* A generator reports its own frame to the collector, the variables too as soon as their number is known. */
    uint32_t flag = of_generator && stack_is_known ? LABEL_UNCOUNTED : 0;
    if (!of_generator) {
        emit_held_member(heap, compat_frame_function(frame), "f_function", emit, arg);
        emit_held_member(heap, compat_frame_executable(frame), "f_code", emit, arg);
        emit_member(heap, frame->f_locals, "f_locals", emit, arg);
    }
    variables(heap, frame, flag, emit, arg);
    if (stack_is_known) {
        stack(frame, flag, emit, arg);
    }
    else {
        stack_candidates(heap, frame, emit, arg);
    }
}

void
suspended_frame_references(heap *heap, interpreter_frame *frame, emit_reference emit, void *arg)
{
    emit_member(heap, (PyObject *)frame->frame_obj, "gi_frame", emit, arg);
    emit_member(heap, frame->f_locals, "f_locals", emit, arg);
    emit_held_member(heap, compat_frame_function(frame), "f_function", emit, arg);
    emit_held_member(heap, compat_frame_executable(frame), "f_code", emit, arg);
    if (compat_frame_word_count(frame) >= 0) {
        variables(heap, frame, 0, emit, arg);
        stack(frame, 0, emit, arg);
    }
}
