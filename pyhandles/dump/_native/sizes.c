#include "sizes.h"

static Py_ssize_t
keys_size(PyDictKeysObject *keys)
{
    size_t entry = DK_IS_UNICODE(keys) ? sizeof(PyDictUnicodeEntry) : sizeof(PyDictKeyEntry);
    size_t usable = ((size_t)1 << keys->dk_log2_size << 1) / 3;
    return (Py_ssize_t)(sizeof(PyDictKeysObject) + ((size_t)1 << keys->dk_log2_index_bytes) + usable * entry);
}

static Py_ssize_t
dict_size(PyDictObject *dict)
{
    Py_ssize_t size = Py_TYPE(dict)->tp_basicsize;
    if (dict->ma_values != NULL) {
        size += (Py_ssize_t)((size_t)1 << dict->ma_keys->dk_log2_size << 1) / 3 * (Py_ssize_t)sizeof(PyObject *);
    }
    if (dict->ma_keys->dk_refcnt == 1) {
        size += keys_size(dict->ma_keys);
    }
    return size;
}

static Py_ssize_t
str_size(PyObject *object)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(object);
    if (PyUnicode_IS_COMPACT_ASCII(object)) {
        return (Py_ssize_t)sizeof(PyASCIIObject) + length + 1;
    }
    Py_ssize_t characters = (length + 1) * (Py_ssize_t)PyUnicode_KIND(object);
    bool compact = PyUnicode_IS_COMPACT(object);
    return (Py_ssize_t)(compact ? sizeof(PyCompactUnicodeObject) : sizeof(PyUnicodeObject)) + characters;
}

/* Frames and what has one within it have no ob_size: something else lies there. */
static Py_ssize_t
frame_size(PyTypeObject *type, PyCodeObject *code)
{
    Py_ssize_t words = code == NULL ? 0 : code->co_nlocalsplus + code->co_stacksize;
    return type->tp_basicsize + words * (Py_ssize_t)sizeof(PyObject *);
}

uint64_t
object_size(PyObject *object, category category)
{
    PyTypeObject *type = Py_TYPE(object);
    Py_ssize_t size = type->tp_basicsize;
    if (type->tp_itemsize > 0) {
        size += type->tp_itemsize * compat_item_count(object);
    }
    switch (category) {
        case CATEGORY_DICT:
        case CATEGORY_ORDERED_DICT:
            size = dict_size((PyDictObject *)object);
            break;
        case CATEGORY_LIST:
            /* Below zero while the list is being sorted. */
            if (((PyListObject *)object)->allocated > 0) {
                size += ((PyListObject *)object)->allocated * (Py_ssize_t)sizeof(PyObject *);
            }
            break;
        case CATEGORY_SET:
            if (((PySetObject *)object)->table != ((PySetObject *)object)->smalltable) {
                size += (((PySetObject *)object)->mask + 1) * (Py_ssize_t)sizeof(setentry);
            }
            break;
        case CATEGORY_STR:
            size = str_size(object);
            break;
        case CATEGORY_FRAME:
            size = frame_size(type, compat_frame_code(((PyFrameObject *)object)->f_frame));
            break;
        case CATEGORY_GENERATOR:
        case CATEGORY_COROUTINE:
        case CATEGORY_ASYNC_GENERATOR:
            size = frame_size(type, compat_generator_code((PyGenObject *)object));
            break;
        case CATEGORY_TYPE:
            if (!(((PyTypeObject *)object)->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
                size = (Py_ssize_t)sizeof(PyTypeObject);
            }
            break;
        default:
            break;
    }
    if (PyByteArray_Check(object)) {
        size += compat_byte_array_room((PyByteArrayObject *)object);
    }
    bool has_header = compat_is_collectable(object);
    return (uint64_t)(size + (has_header ? compat_preheader_size(type) : 0));
}
