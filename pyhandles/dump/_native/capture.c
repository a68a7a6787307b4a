#define _GNU_SOURCE
#include "capture.h"

#include "census.h"
#include "facts.h"
#include "guard.h"
#include "header.h"
#include "kernel/output.h"
#include "labelled.h"
#include "pickle.h"
#include "recorder/recorder.h"
#include "redact.h"
#include "sizes.h"
#include "spare.h"
#include "tables.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <string.h>
#include <unistd.h>

/* Seconds for the sockets and processes of the system: in a child, and where the service waits. */
#define LONGEST_LOOK_AROUND 4
#define LONGEST_IN_PLACE 1

static double
seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the objects -------------------------------------------------------------------------------------- */

typedef uint64_t (*object_fact)(heap *heap, uint32_t index);

static uint64_t
address_fact(heap *heap, uint32_t index)
{
    return (uint64_t)(uintptr_t)heap_object(heap, index);
}

static uint64_t
type_fact(heap *heap, uint32_t index)
{
    const type_plan *plan = plan_of(heap, heap_type(heap, index));
    return plan == NULL ? FORMAT_NOTHING : plan->object;
}

static uint64_t
size_fact(heap *heap, uint32_t index)
{
    if (heap_is_bare_frame(heap, index)) {
        PyCodeObject *code = compat_frame_code(VECTOR_AT(running_frame, &heap->frames, index).frame);
        return sizeof(interpreter_frame) + (uint64_t)(code->co_nlocalsplus + code->co_stacksize) * sizeof(PyObject *);
    }
    PyObject *object = heap_object(heap, index);
    const type_plan *plan = plan_of(heap, Py_TYPE(object));
    return plan == NULL ? 0 : object_size(object, plan->category);
}

static uint64_t
refcount_fact(heap *heap, uint32_t index)
{
    if (heap_is_bare_frame(heap, index)) {
        return 1; /* the thread's own */
    }
    PyObject *object = heap_object(heap, index);
    uint64_t count = (uint64_t)Py_REFCNT(object);
    return compat_is_immortal(object) || count > FORMAT_SATURATED ? FORMAT_SATURATED : count;
}

/* The fact of an object that could not be read as the others: this may crash too. */
static uint64_t
guarded_fact(heap *heap, uint32_t index, object_fact fact, uint64_t otherwise)
{
    if (guard_enter()) {
        guard_leave();
        return otherwise;
    }
    uint64_t value = fact(heap, index);
    guard_leave();
    return value;
}

static void
write_fact(heap *heap, sink *sink, const char *name, const char *type, object_fact fact, uint64_t otherwise)
{
    size_t width = (size_t)(type[2] - '0');
    char batch[4096];
    size_t used = 0;
    pickle_column_begin(sink, name, type, (uint64_t)heap_count(heap) * width);
    for (uint32_t index = 0; index < heap_count(heap); index++) {
        uint64_t value = heap_flags(heap, index) & OBJECT_UNREADABLE ? guarded_fact(heap, index, fact, otherwise)
                                                                     : fact(heap, index);
        memcpy(batch + used, &value, width); /* little-endian: the low bytes come first */
        used += width;
        if (used == sizeof(batch)) {
            pickle_column_data(sink, batch, used);
            used = 0;
        }
    }
    pickle_column_data(sink, batch, used);
    pickle_column_end(sink);
}

static void
write_vector(sink *sink, const char *name, const char *type, const vector *array)
{
    pickle_column_begin(sink, name, type, array->length * array->width);
    pickle_column_data(sink, array->data, array->length * array->width);
    pickle_column_end(sink);
}

static void
write_objects(heap *heap, sink *sink)
{
    table_begin(sink, "objects", heap_count(heap));
    write_fact(heap, sink, "address", "<u8", address_fact, 0);
    write_fact(heap, sink, "type", "<u4", type_fact, FORMAT_NOTHING);
    write_fact(heap, sink, "size", "<u8", size_fact, 0);
    write_fact(heap, sink, "refcount", "<u4", refcount_fact, FORMAT_SATURATED);
    write_vector(sink, "flags", "<u2", &heap->flags);
    write_vector(sink, "end", "<u4", &heap->ends);
    table_end(sink);
}

static void
write_strings(const heap *heap, sink *sink)
{
    table_begin(sink, "strings", heap->strings.ends.length);
    write_vector(sink, "end", "<u4", &heap->strings.ends);
    table_end(sink);
    table_begin(sink, "text", heap->strings.text.length);
    write_vector(sink, "utf8", "<u1", &heap->strings.text);
    table_end(sink);
}

/* ---- the descriptors ---------------------------------------------------------------------------------- */

static const column descriptor_columns[] = {
    COLUMN(descriptor, fd, "<i4"),       COLUMN(descriptor, link, "<u4"),     COLUMN(descriptor, mode, "<u4"),
    COLUMN(descriptor, device, "<u8"),   COLUMN(descriptor, inode, "<u8"),    COLUMN(descriptor, size, "<i8"),
    COLUMN(descriptor, position, "<i8"), COLUMN(descriptor, flags, "<i4"),    COLUMN(descriptor, cloexec, "<i4"),
    COLUMN(descriptor, family, "<i4"),   COLUMN(descriptor, socktype, "<i4"), COLUMN(descriptor, protocol, "<i4"),
    COLUMN(descriptor, listening, "<i4"), COLUMN(descriptor, state, "<i4"),   COLUMN(descriptor, local, "<u4"),
    COLUMN(descriptor, peer, "<u4"),     COLUMN(descriptor, start, "<u4"),    COLUMNS_END,
};

typedef void (*redaction)(const heap *heap, const descriptor *row, const char *text, char *out);

static uint32_t
name_descriptor(heap *heap, const descriptor *row, const char *text, redaction redact)
{
    /* Too large for a thread's stack, which in place is the service's. */
    static char utf8[3 * PATH_MAX], redacted[REDACTED_BYTES(sizeof(utf8))];
    size_t length = bytes_to_utf8(text, strlen(text), utf8, sizeof(utf8) - 1);
    if (!heap->redact) {
        return strings_add(&heap->strings, utf8, length);
    }
    utf8[length] = '\0';
    redact(heap, row, utf8, redacted);
    return strings_add_literal(&heap->strings, redacted);
}

/* Put the texts where all texts are. The rows' numbers are the string table's from here on. */
static int
name_descriptors(descriptor_table *table, heap *heap)
{
    for (size_t i = 0; i < table->rows.length; i++) {
        descriptor *row = &VECTOR_AT(descriptor, &table->rows, i);
        row->link = name_descriptor(heap, row, descriptor_text(table, row->link), redact_link);
        row->local = name_descriptor(heap, row, descriptor_text(table, row->local), redact_address);
        row->peer = name_descriptor(heap, row, descriptor_text(table, row->peer), redact_address);
        if (row->link == NO_STRING || row->local == NO_STRING || row->peer == NO_STRING) {
            return -1;
        }
    }
    return 0;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static int
serialise(const request *request, heap *heap, descriptor_table *descriptors, double started, sink *sink)
{
    facts facts;
    facts_init(&facts, descriptors);
    int result = 0;
    pickle_begin(sink);
    pickle_dict_begin(sink);
    header_write(request, heap, descriptors, seconds_now() - started, sink);
    kernel_header_write(request->around, sink);
    failed_call_write(request->around, heap, sink);
    pickle_string(sink, "tables");
    pickle_dict_begin(sink);
    if (name_descriptors(descriptors, heap) < 0 || facts_gather(&facts, heap) < 0 ||
        write_references(heap, &facts, sink) < 0) {
        result = -1;
    }
    write_objects(heap, sink);
    facts_write(&facts, heap, sink);
    write_table(sink, "descriptors", &descriptors->rows, descriptor_columns);
    census_write(heap, sink);
    if (recorder_write(heap, sink) < 0 || kernel_write(request->around, heap, sink) < 0) {
        result = -1;
    }
    write_strings(heap, sink);
    pickle_dict_end(sink);
    pickle_checksum(sink);
    pickle_dict_end(sink);
    pickle_end(sink);
    facts_clear(&facts);
    if ((heap->failed || heap->strings.failed) && sink->error == 0) {
        sink->error = ENOMEM;
    }
    return sink_finish(sink) < 0 ? -1 : result;
}

int
capture_list(const request *request, descriptor_table *descriptors, report *report)
{
    report->started = seconds_now();
    report->stage = STAGE_DESCRIPTORS;
    request->around->call = request->call.name == NULL ? NULL : &request->call;
    int spare = request->spare;
    if (descriptors_list_own(descriptors, &request->settings->at_start, surroundings_read_first, request->around) < 0) {
        return -1;
    }
    surroundings_read_files(request->around, descriptors);
    /* Before anything that takes more time: what the service closes must really close. */
    descriptors_close_all(descriptors, spare);
    if (descriptors_add_remark(descriptors, spare, ", kept open by pyhandles for a snapshot") < 0) {
        return -1;
    }
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    report->open = (uint32_t)descriptors->rows.length;
    report->soft_limit = limit.rlim_cur == RLIM_INFINITY ? UINT32_MAX : (uint32_t)limit.rlim_cur;
    descriptors_largest_group(descriptors, report->group, sizeof(report->group));
    return 0;
}

void
capture_look_around(const request *request, const descriptor_table *descriptors)
{
    const deadline end = deadline_in_seconds(request->in_fork ? LONGEST_LOOK_AROUND : LONGEST_IN_PLACE);
    surroundings_look_around(request->around, descriptors, request->pid, &end);
}

int
capture_file(const request *request, report *report, produce_file produce, void *arg)
{
    output *output = &report->output;
    const char *path = request->path[0] ? request->path : request->settings->path;
    report->stage = STAGE_OPEN;
    if (output_expand(path, (int)request->pid, request->trigger, report->path) < 0) {
        return -1;
    }
    if (output_open(output, report->path) < 0) {
        if (errno != ENFILE || request->spare < 0) {
            return -1;
        }
        *output = *spare_file();
        report->took_spare = true;
    }
    report->stage = STAGE_WRITE;
    if (produce(output->fd, arg) < 0) {
        output_discard(output);
        return -1;
    }
    report->stage = STAGE_RENAME;
    if (output_publish(output, report->path) < 0) {
        output_discard(output);
        return -1;
    }
    report->stage = STAGE_DONE;
    return 0;
}

/* One at a time in a process, and large for its cache of names. */
static heap the_heap;

int
capture_walk(const request *request, report *report)
{
    report->stage = STAGE_WALK;
    if (heap_init(&the_heap, request->interpreter, request->thread) < 0) {
        return -1;
    }
    the_heap.cause = request->cause;
    the_heap.keys = request->settings->keys;
    the_heap.redact = request->settings->redact;
    if (heap_walk(&the_heap) < 0) {
        return -1;
    }
    report->objects = heap_count(&the_heap);
    report->references = the_heap.targets.length;
    return 0;
}

int
capture_serialise(const request *request, descriptor_table *descriptors, report *report, int fd, sink *sink)
{
    report->stage = STAGE_WRITE;
    int result = sink_open(sink, fd);
    if (result == 0) {
        result = serialise(request, &the_heap, descriptors, report->started, sink);
    }
    report->unreadable = the_heap.unreadable;
    report->seconds = seconds_now() - report->started;
    return result;
}

void
capture_clear(void)
{
    int error = errno;
    heap_clear(&the_heap);
    errno = error;
}

/* ---- in a child --------------------------------------------------------------------------------------- */

typedef struct {
    const request *request;
    descriptor_table *descriptors;
    report *report;
} child_capture;

/* The child streams into the file: it may keep no more in memory than the walk needs. */
static int
stream(int fd, void *arg)
{
    child_capture *capture = arg;
    sink sink;
    int result = capture_serialise(capture->request, capture->descriptors, capture->report, fd, &sink);
    sink_clear(&sink);
    return result;
}

void
capture_run(const request *request, report *report)
{
    descriptor_table descriptors;
    descriptors_init(&descriptors);
    child_capture capture = {request, &descriptors, report};
    int result = capture_list(request, &descriptors, report);
    if (result == 0) {
        if (request->settled != NULL) {
            request->settled();
        }
        capture_look_around(request, &descriptors);
        result = capture_walk(request, report);
    }
    if (result == 0) {
        result = capture_file(request, report, stream, &capture);
    }
    capture_clear();
    if (result < 0) {
        report->error = errno ? errno : EIO;
    }
    surroundings_clear(request->around); /* also where it was not written: a process may have been made for it */
    descriptors_clear(&descriptors);
}

const char *
stage_text(enum capture_stage stage)
{
    switch (stage) {
        case STAGE_DESCRIPTORS:
            return "could not list the descriptors";
        case STAGE_WALK:
            return "could not walk the heap";
        case STAGE_OPEN:
            return "could not make the output file";
        case STAGE_WRITE:
            return "could not write the snapshot";
        case STAGE_RENAME:
            return "could not give the snapshot its name";
        default:
            return "could not start";
    }
}
