/* The catalogue of fields that types written in C do not declare to Python. */
#ifndef PYHANDLES_FIELDS_H
#define PYHANDLES_FIELDS_H

#include "compat.h"

typedef struct {
    Py_ssize_t offset;
    const char *name;
} known_field;

/* Was the type made by a class statement or a call of type()? Then it may have any name, with dots too. A type that C
 * makes keeps a copy of its name. Names in the catalogue are trusted where this is false. */
bool is_of_class_statement(PyTypeObject *type);

/* The fields of a C type, ended by a NULL name; NULL where none are known of a type of this name and size. */
const known_field *known_fields(PyTypeObject *type);

#endif
