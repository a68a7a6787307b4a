/* Whether another process's descriptor leads to the same open file description as one of this one's. */
#ifndef PYHANDLES_KERNEL_SAME_FILE_H
#define PYHANDLES_KERNEL_SAME_FILE_H

#include "../format.h"
#include "surroundings.h"

#define SAME_NONE (-1)
#define SAME_NOT_KNOWN (-2)

/* Own descriptors that lead to what has one name. */
typedef struct {
    const descriptor_table *descriptors;
    const vector *files; /* file_row: which of them have one description; may be empty */
    const vector *next;  /* int32_t: the chain of rows */
    int32_t first;       /* where it begins */
} own_files;

typedef struct {
    pid_t service, other;
    bool refused;    /* the kernel does not compare these two */
    bool has_number; /* of the row that was last looked for: its number leads there here too */
} same_file;

void same_file_init(same_file *same, pid_t service, pid_t other);

/* Fill in `same` of a row that has all else. False where none of them has its device and inode. */
bool same_file_find(same_file *same, const own_files *own, held_row *row);

#endif
