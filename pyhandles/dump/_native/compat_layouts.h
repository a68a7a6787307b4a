/* The layouts of types that no header declares. Part of compat.h: include that.
 *
 * Each is used only for objects of a type that bears its name and is as large as the layout says.
 */
#ifndef PYHANDLES_COMPAT_LAYOUTS_H
#define PYHANDLES_COMPAT_LAYOUTS_H

typedef struct {
    PyObject_HEAD
    int fd;
    unsigned int created : 1;
    unsigned int readable : 1;
    unsigned int writable : 1;
    unsigned int appending : 1;
    signed int seekable : 2;
#if PY_VERSION_HEX >= 0x030f0000
    unsigned int : 1;
#endif
    unsigned int closefd : 1;
} compat_file_io;

typedef struct {
    PyObject_HEAD
    int fd;
} compat_socket, compat_epoll;

typedef struct {
    PyObject_HEAD
    char *data;
    Py_ssize_t size;
    Py_ssize_t position;
    off_t offset;
    Py_ssize_t exports;
    int fd;
} compat_mmap;

/* The DIR * of a scandir iterator, or NULL. It and the descriptor after it are the last fields; how large the ones before
 * are changed within 3.13. */
#define COMPAT_SCANDIR_TAIL (2 * sizeof(void *))
static inline void *
compat_scandir_directory(PyObject *object)
{
    return *(void **)((char *)object + Py_TYPE(object)->tp_basicsize - COMPAT_SCANDIR_TAIL);
}

#define COMPAT_DEQUE_BLOCK 64
typedef struct compat_deque_block {
    struct compat_deque_block *left;
    PyObject *data[COMPAT_DEQUE_BLOCK];
    struct compat_deque_block *right;
} compat_deque_block;
typedef struct {
    PyObject_VAR_HEAD
    compat_deque_block *left_block;
    compat_deque_block *right_block;
    Py_ssize_t left_index;
    Py_ssize_t right_index;
} compat_deque;

typedef struct compat_lru_link {
    PyObject_HEAD
    struct compat_lru_link *previous;
    struct compat_lru_link *next;
    Py_hash_t hash;
    PyObject *key;
    PyObject *result;
} compat_lru_link;
typedef struct {
    compat_lru_link root;
} compat_lru_cache;

typedef struct compat_ordered_node {
    PyObject *key;
    Py_hash_t hash;
    struct compat_ordered_node *next;
} compat_ordered_node;
typedef struct {
    PyDictObject dict;
    compat_ordered_node *first;
} compat_ordered_dict;

/* The nodes of the tree behind a context. */
typedef struct {
    PyObject_VAR_HEAD
    uint32_t bitmap;
    PyObject *pairs[1];
} compat_context_bitmap;
typedef struct {
    PyObject_VAR_HEAD
    int32_t hash;
    PyObject *pairs[1];
} compat_context_collision;
#define COMPAT_CONTEXT_ARRAY 32
typedef struct {
    PyObject_HEAD
    PyObject *nodes[COMPAT_CONTEXT_ARRAY];
} compat_context_array;

/* threading.local keeps a dict for each thread. Up to 3.12 the thread's state maps `key` to a dummy that holds
 * it; from 3.13 on the object's own `dicts` maps a weak reference to it. */
typedef struct {
    PyObject_HEAD
#if PY_VERSION_HEX < 0x030d0000
    PyObject *key;
#endif
    PyObject *args;
    PyObject *keywords;
    PyObject *weak_references;
    PyObject *dicts;
} compat_local;
#if PY_VERSION_HEX < 0x030d0000
typedef struct {
    PyObject_HEAD
    PyObject *dict;
} compat_local_dummy;
#endif

#endif
