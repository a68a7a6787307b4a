#include "owners.h"

#include <dirent.h>

const column owner_columns[] = {
    COLUMN(owner_row, object, "<u4"), COLUMN(owner_row, fd, "<i4"),   COLUMN(owner_row, kind, "<u4"),
    COLUMN(owner_row, flags, "<u4"),  COLUMN(owner_row, uses, "<i4"), COLUMNS_END,
};

/* socket.socket counts the makefile() objects that keep it open, and remembers that close() was called. */
static void
read_socket(heap *heap, PyObject *object, owner_row *row)
{
    row->kind = OWNER_SOCKET;
    row->fd = ((compat_socket *)object)->fd;
    PyObject *closed = peek_attribute(heap, object, "_closed");
    PyObject *uses = peek_attribute(heap, object, "_io_refs");
    int64_t count;
    if (uses != NULL && PyLong_Check(uses) && compat_small_int(uses, &count)) {
        row->uses = (int32_t)count;
    }
    if (closed == Py_True && row->fd >= 0) {
        row->flags |= OWNER_CLOSING;
    }
}

int
owners_add(vector *rows, heap *heap, uint32_t index, category category)
{
    PyObject *object = heap_object(heap, index);
    owner_row row = {.object = index, .fd = -1};
    switch (category) {
        case CATEGORY_FILE:
            row.kind = OWNER_FILE;
            row.fd = ((compat_file_io *)object)->fd;
            row.flags = ((compat_file_io *)object)->closefd ? 0 : OWNER_BORROWED;
            break;
        case CATEGORY_SOCKET:
            read_socket(heap, object, &row);
            break;
        case CATEGORY_EPOLL:
            row.kind = OWNER_EPOLL;
            row.fd = ((compat_epoll *)object)->fd;
            break;
        case CATEGORY_MMAP:
            row.kind = OWNER_MMAP;
            row.fd = ((compat_mmap *)object)->fd;
            if (row.fd < 0 && ((compat_mmap *)object)->data != NULL) {
                return 0; /* of anonymous memory: it never had one */
            }
            break;
        case CATEGORY_SCANDIR:
            row.kind = OWNER_SCANDIR;
            row.fd = compat_scandir_directory(object) == NULL ? -1 : dirfd(compat_scandir_directory(object));
            break;
        default:
            return 0;
    }
    if (row.fd < 0) {
        row.fd = -1;
        row.flags |= OWNER_CLOSED;
    }
    return vector_extend(rows, &row, 1);
}
