#include "header.h"

#include "recorder/recorder.h"
#include "redact.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static void
write_directory(const request *request, const heap *heap, sink *sink)
{
    const char *directory = request->settings->directory;
    static char redacted[REDACTED_BYTES(sizeof(request->settings->directory))];
    if (heap->redact) {
        redact_path(heap, directory, redacted);
    }
    pickle_key_string(sink, "cwd", heap->redact ? redacted : directory);
}

static void
write_process(const request *request, const heap *heap, sink *sink)
{
    pickle_string(sink, "process");
    pickle_dict_begin(sink);
    pickle_key_int(sink, "pid", request->pid);
    pickle_key_int(sink, "ppid", request->parent);
    pickle_string(sink, "argv");
    pickle_list_begin(sink);
    PyObject *arguments = peek_item(heap->interpreter->sysdict, "argv");
    if (arguments != NULL && PyList_Check(arguments) && !heap->redact) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(arguments); i++) {
            char text[4000];
            PyObject *argument = PyList_GET_ITEM(arguments, i);
            if (PyUnicode_Check(argument)) {
                pickle_text(sink, text, unicode_to_utf8(argument, text, sizeof(text)));
            }
        }
    }
    pickle_list_end(sink);
    pickle_key_string(sink, "executable", request->settings->executable);
    write_directory(request, heap, sink);
    pickle_dict_end(sink);
}

static void
write_python(const request *request, sink *sink)
{
    pickle_string(sink, "python");
    pickle_dict_begin(sink);
    pickle_key_string(sink, "version", request->settings->python);
    pickle_key_int(sink, "hexversion", PY_VERSION_HEX);
    pickle_key_string(sink, "implementation", "cpython");
    pickle_key_string(sink, "platform", request->settings->platform);
    pickle_key_string(sink, "machine", request->settings->machine);
    pickle_dict_end(sink);
}

static int64_t
limit_or_minus_one(rlim_t limit)
{
    return limit == RLIM_INFINITY ? -1 : (int64_t)limit;
}

/* Not every EMFILE is the process's own limit: inotify instances have one for each user. */
static const char *
limit_met(const request *request, const descriptor_table *descriptors, rlim_t soft)
{
    if (request->error == ENFILE) {
        return "open files of the whole system (fs.file-max)";
    }
    if (request->error != EMFILE) {
        return NULL;
    }
    if (descriptors->rows.length >= soft) {
        return "descriptors of the process (RLIMIT_NOFILE)";
    }
    for (size_t i = 0; i < descriptors->rows.length; i++) {
        const descriptor *row = &VECTOR_AT(descriptor, &descriptors->rows, i);
        if (strcmp(descriptor_text(descriptors, row->link), "anon_inode:inotify") == 0) {
            return "not the process's own, likely inotify instances of the user (fs.inotify.max_user_instances)";
        }
    }
    return "not the process's own: another that answers EMFILE, such as inotify's or the user's";
}

static void
write_limits(const request *request, const descriptor_table *descriptors, sink *sink)
{
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    pickle_string(sink, "limits");
    pickle_dict_begin(sink);
    pickle_key_int(sink, "open", (int64_t)descriptors->rows.length);
    pickle_key_int(sink, "soft", limit_or_minus_one(limit.rlim_cur));
    pickle_key_int(sink, "hard", limit_or_minus_one(limit.rlim_max));
    pickle_key_string(sink, "met", limit_met(request, descriptors, limit.rlim_cur));
    pickle_dict_end(sink);
}

static void
write_collector(const heap *heap, sink *sink)
{
    struct _gc_runtime_state *gc = &heap->interpreter->gc;
    pickle_string(sink, "gc");
    pickle_dict_begin(sink);
    pickle_string(sink, "enabled");
    pickle_bool(sink, gc->enabled != 0);
    pickle_string(sink, "collecting");
    pickle_bool(sink, gc->collecting != 0);
    pickle_string(sink, "thresholds");
    pickle_list_begin(sink);
    for (int i = 0; i < COMPAT_GENERATIONS; i++) {
        pickle_int(sink, compat_generation(heap->interpreter, i)->threshold);
    }
    pickle_list_end(sink);
    pickle_string(sink, "counts");
    pickle_list_begin(sink);
    for (int i = 0; i < COMPAT_GENERATIONS; i++) {
        pickle_int(sink, compat_generation(heap->interpreter, i)->count);
    }
    pickle_list_end(sink);
    pickle_string(sink, "collections");
    pickle_list_begin(sink);
    for (int i = 0; i < COMPAT_GENERATIONS; i++) {
        pickle_int(sink, compat_collections(heap->interpreter, i));
    }
    pickle_list_end(sink);
    PyObject *garbage = gc->garbage;
    pickle_key_int(sink, "garbage", garbage != NULL && PyList_Check(garbage) ? PyList_GET_SIZE(garbage) : 0);
    pickle_dict_end(sink);
}

static const char *
keys_text(enum keys_option keys)
{
    return keys == KEYS_ALL ? "all" : keys == KEYS_NONE ? "none" : "names";
}

void
header_write(const request *request, const heap *heap, const descriptor_table *descriptors, double seconds, sink *sink)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    pickle_key_string(sink, "format", FORMAT_MAGIC);
    pickle_key_int(sink, "version", FORMAT_VERSION);
    pickle_key_string(sink, "writer", "native");
    pickle_key_string(sink, "pyhandles", request->settings->package);
    pickle_string(sink, "time");
    pickle_float(sink, (double)now.tv_sec + (double)now.tv_nsec / 1e9);
    pickle_key_string(sink, "trigger", request->trigger);
    pickle_string(sink, "errno");
    if (request->error) {
        pickle_int(sink, request->error);
    }
    else {
        pickle_none(sink);
    }
    write_process(request, heap, sink);
    write_python(request, sink);
    write_limits(request, descriptors, sink);
    write_collector(heap, sink);
    pickle_string(sink, "options");
    pickle_dict_begin(sink);
    pickle_key_string(sink, "keys", keys_text(request->settings->keys));
    pickle_string(sink, "redact");
    pickle_bool(sink, request->settings->redact);
    pickle_dict_end(sink);
    pickle_string(sink, "capture");
    pickle_dict_begin(sink);
    pickle_key_string(sink, "mode", request->in_fork ? "fork" : "in place");
    pickle_key_int(sink, "unreadable", heap->unreadable);
    pickle_string(sink, "seconds");
    pickle_float(sink, seconds);
    pickle_dict_end(sink);
    recorder_header_write(sink);
}
