#define _GNU_SOURCE
#include "report.h"

#include "../format.h"
#include "../printing.h"
#include "hooks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 80
#define NAME_BYTES 512

typedef struct {
    char *text;
    size_t used, room, line; /* `line`: where the last line begins */
    pid_t pid;
    uint32_t thread;
} page;

__attribute__((format(printf, 2, 3))) static void
add(page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(page->text + page->used, page->room - page->used, format, arguments);
    va_end(arguments);
    if (length > 0) {
        page->used += (size_t)length < page->room - page->used ? (size_t)length : page->room - page->used - 1;
    }
}

static void
end_line(page *page)
{
    add(page, "\n");
    page->line = page->used;
}

/* ---- where ---------------------------------------------------------------------------------------------- */

static const char *
last_part(const char *text, char separator)
{
    const char *found = strrchr(text, separator);
    return found == NULL ? text : found + 1;
}

/* As the shell has it: the last part of the file's name, and of the function's too where the line has no room for more. */
static void
add_site(page *page, const site *site, const char *rest)
{
    char file[NAME_BYTES], function[NAME_BYTES];
    print_safely(site->file == NULL ? "an unknown library" : site->file, file, sizeof(file));
    print_safely(site->function == NULL ? "" : site->function, function, sizeof(function));
    if (site->flags & SITE_NATIVE) {
        add(page, "in %s%s", last_part(file, '/'), rest);
        return;
    }
    const char *name = last_part(file, '/');
    size_t before = page->used;
    add(page, "at %s:%u in %s%s", name, site->line, function, rest);
    if (page->used - page->line > WIDTH) {
        page->used = before;
        add(page, "at %s:%u in %s%s", name, site->line, last_part(function, '.'), rest);
    }
}

static void
add_caller(page *page, const uint32_t *sites, unsigned count, uint32_t told)
{
    unsigned inner = 0;
    while (inner < count && sites[inner] != told) {
        inner++;
    }
    for (unsigned i = inner + 1; i < count; i++) {
        site site;
        if (stacks_site(sites[i], &site) && !(site.flags & (SITE_STANDARD | SITE_NATIVE))) {
            add(page, "    called ");
            add_site(page, &site, "");
            end_line(page);
            return;
        }
    }
}

/* The rest of a line that has begun, and the line of the caller. */
static void
add_place(page *page, const deed *deed, const char *rest)
{
    uint32_t sites[DEEPEST_STACK], told = NO_SITE;
    unsigned count = deed->stack == NO_STACK ? 0 : stacks_frames(deed->stack, sites, &told);
    site site;
    if (told == NO_SITE) {
        told = deed->site;
    }
    if (told != NO_SITE && stacks_site(told, &site)) {
        add_site(page, &site, rest);
    }
    else {
        add(page, "somewhere%s", rest);
    }
    end_line(page);
    add_caller(page, sites, count, told);
}

/* ---- what happened before ------------------------------------------------------------------------------- */

static void
add_interval(char *text, size_t room, uint64_t from, uint64_t to)
{
    uint64_t microseconds = (to > from ? to - from : from - to) / 1000;
    const char *direction = to >= from ? "earlier" : "later";
    if (microseconds < 1000) {
        snprintf(text, room, "%u \xC2\xB5s %s", (unsigned)microseconds, direction);
    }
    else if (microseconds < 1000000) {
        snprintf(text, room, "%u.%u ms %s", (unsigned)(microseconds / 1000), (unsigned)(microseconds / 100 % 10),
                 direction);
    }
    else {
        snprintf(text, room, "%u.%u s %s", (unsigned)(microseconds / 1000000),
                 (unsigned)(microseconds / 100000 % 10), direction);
    }
}

static void
add_deed(page *page, const char *what, const deed *deed, uint64_t time)
{
    char interval[48], rest[128];
    if (deed->time == 0) {
        return;
    }
    add_interval(interval, sizeof(interval), deed->time, time);
    if (deed->pid != page->pid) {
        snprintf(rest, sizeof(rest), " (process %d), %s", (int)deed->pid, interval);
    }
    else if (deed->thread != page->thread) {
        snprintf(rest, sizeof(rest), " (thread %u), %s", deed->thread, interval);
    }
    else {
        snprintf(rest, sizeof(rest), ", %s", interval);
    }
    add(page, "  %s ", what);
    add_place(page, deed, rest);
}

/* What is suspected of being closed by others was opened by one of the two; see foreign.h. */
static bool
is_of_file(const deed *opened)
{
    return strncmp(call_name((uint16_t)opened->call), "open", 4) == 0;
}

size_t
report_text(const misuse *misuse, char *text, size_t room)
{
    page page = {.text = text, .room = room, .pid = misuse->use.pid, .thread = misuse->use.thread};
    const char *call = call_name((uint16_t)misuse->use.call);
    char rest[48];
    snprintf(rest, sizeof(rest), " (thread %u)", misuse->use.thread);
    add(&page, "pyhandles: ");
    switch (misuse->kind) {
    case MISUSE_DOUBLE_CLOSE:
        add(&page, "double close of descriptor %d ", misuse->fd);
        break;
    case MISUSE_FOREIGN_CLOSE:
        add(&page, "close of descriptor %d, owned by a %s, ", misuse->fd, is_of_file(&misuse->opened) ? "file" : "socket");
        break;
    case MISUSE_USE_AFTER_CLOSE:
        add(&page, "use of closed descriptor %d: %s ", misuse->fd, call);
        break;
    case MISUSE_LATE_USE:
        add(&page, "late use of descriptor %d: %s ", misuse->fd, call);
        break;
    }
    add_place(&page, &misuse->use, rest);
    bool again = misuse->kind == MISUSE_LATE_USE;
    bool double_close = misuse->kind == MISUSE_DOUBLE_CLOSE;
    add_deed(&page, double_close ? "closed before" : "closed", &misuse->closed, misuse->use.time);
    add_deed(&page, again ? "given out again" : "opened", &misuse->opened, misuse->use.time);
    return page.used;
}
