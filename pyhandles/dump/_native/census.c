#include "census.h"

#include "tables.h"

typedef struct {
    uint32_t end, count; /* of the name in `text`, which begins where the former ends */
} noted_type;

/* Memory of mmap's, about 50 bytes a type. */
static vector text = {.width = 1}, types = {.width = sizeof(noted_type)};

static int
note_type(PyObject *name, PyObject *count)
{
    char utf8[4000];
    unsigned long number = PyLong_AsUnsignedLong(count);
    if (number == (unsigned long)-1 && PyErr_Occurred()) {
        return -1;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "names: not all are str");
        return -1;
    }
    if (vector_extend(&text, utf8, unicode_to_utf8(name, utf8, sizeof(utf8))) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    noted_type noted = {(uint32_t)text.length, number > UINT32_MAX ? UINT32_MAX : (uint32_t)number};
    if (vector_extend(&types, &noted, 1) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static void
forget(void)
{
    vector_clear(&text);
    vector_clear(&types);
    vector_init(&text, 1);
    vector_init(&types, sizeof(noted_type));
}

int
census_note(PyObject *names, PyObject *counts)
{
    forget();
    if (PyList_GET_SIZE(names) != PyList_GET_SIZE(counts)) {
        PyErr_SetString(PyExc_ValueError, "names and counts differ in length");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        if (note_type(PyList_GET_ITEM(names, i), PyList_GET_ITEM(counts, i)) < 0) {
            forget();
            return -1;
        }
    }
    return 0;
}

typedef struct {
    uint32_t type, count;
} census_row;

static const column census_columns[] = {
    COLUMN(census_row, type, "<u4"),
    COLUMN(census_row, count, "<u4"),
    COLUMNS_END,
};

void
census_write(heap *heap, sink *sink)
{
    vector rows;
    vector_init(&rows, sizeof(census_row));
    uint32_t start = 0;
    for (size_t i = 0; i < types.length; i++) {
        noted_type noted = VECTOR_AT(noted_type, &types, i);
        census_row row = {
            .type = strings_add(&heap->strings, (const char *)text.data + start, noted.end - start),
            .count = noted.count,
        };
        start = noted.end;
        if (vector_extend(&rows, &row, 1) < 0) {
            heap->failed = true;
            break;
        }
    }
    write_table(sink, "census", &rows, census_columns);
    vector_clear(&rows);
}
