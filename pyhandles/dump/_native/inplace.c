#define _GNU_SOURCE
#include "inplace.h"

#include "background.h"
#include "own_table.h"

#include <errno.h>
#include <unistd.h>

#define STACK_BYTES (256 * 1024)

typedef struct {
    job *job;
    descriptor_table descriptors;
    surroundings around;
    sink sink; /* the whole snapshot */
    int (*errand)(void *in_place);
    int result, error; /* of the errand */
} in_place;

static int
list_descriptors(void *arg)
{
    in_place *capture = arg;
    const request *request = &capture->job->request;
    if (capture_list(request, &capture->descriptors, &capture->job->report) < 0) {
        return -1;
    }
    capture_look_around(request, &capture->descriptors);
    return 0;
}

static int
copy_out(int fd, void *arg)
{
    in_place *capture = arg;
    errno = write_fully(fd, capture->sink.buffer, capture->sink.used);
    return errno ? -1 : 0;
}

static int
write_file(void *arg)
{
    in_place *capture = arg;
    descriptors_close_all(&capture->descriptors, capture->job->request.spare);
    return capture_file(&capture->job->request, &capture->job->report, copy_out, capture);
}

static void *
run_errand(void *arg)
{
    in_place *capture = arg;
    capture->result = own_table_copied() < 0 ? -1 : capture->errand(capture);
    capture->error = errno;
    return NULL;
}

/* Run a function in a native thread that has a descriptor table of its own. 0, or -1 with errno. */
static int
run_apart(in_place *capture, int (*errand)(void *))
{
    pthread_t thread;
    capture->errand = errand;
    errno = background_start(&thread, STACK_BYTES, run_errand, capture);
    if (errno) {
        return -1;
    }
    pthread_join(thread, NULL);
    errno = capture->error;
    return capture->result;
}

static int
capture_parts(in_place *capture)
{
    const request *request = &capture->job->request;
    report *report = &capture->job->report;
    if (run_apart(capture, list_descriptors) < 0) {
        return -1;
    }
    int result = capture_walk(request, report);
    if (result == 0) {
        result = capture_serialise(request, &capture->descriptors, report, SINK_MEMORY, &capture->sink);
    }
    capture_clear();
    return result < 0 ? -1 : run_apart(capture, write_file);
}

job *
capture_in_place(const request *request)
{
    in_place capture = {.job = job_new(request)};
    if (capture.job == NULL) {
        return NULL;
    }
    descriptors_init(&capture.descriptors);
    int result = surroundings_init(&capture.around);
    if (result == 0) {
        surroundings_read_threads(&capture.around);
        capture.job->request.around = &capture.around;
        result = capture_parts(&capture);
    }
    int error = errno;
    sink_clear(&capture.sink);
    surroundings_clear(&capture.around);
    descriptors_clear(&capture.descriptors);
    if (result < 0 && capture.job->report.stage == STAGE_STARTED) {
        job_free(capture.job);
        errno = error;
        return NULL;
    }
    if (result < 0) {
        capture.job->report.error = error ? error : EIO;
    }
    return capture.job;
}
