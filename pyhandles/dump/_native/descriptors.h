/* The descriptor table as the kernel sees it. System calls alone, no memory but mmap's, no free descriptor needed. */
#ifndef PYHANDLES_DESCRIPTORS_H
#define PYHANDLES_DESCRIPTORS_H

#include "vectors.h"

#include <stdint.h>

#define ADDRESS_BYTES 128

typedef struct {
    int32_t fd;
    uint32_t mode;
    uint64_t device, inode;
    int64_t size, position;
    int32_t flags, cloexec;
    int32_t family, socktype, protocol, listening, state; /* -1 for what is no socket */
    uint32_t start; /* is it the file that stood at this number when pyhandles was installed? */
    uint64_t special; /* the device that it is: st_rdev */
    uint32_t link, local, peer; /* where each text starts in the table's `text`; zero-terminated */
} descriptor;

typedef struct {
    vector rows; /* descriptor, ascending by number */
    vector text; /* char */
} descriptor_table;

typedef struct {
    int32_t fd;
    uint64_t device, inode;
} descriptor_identity;

/* Note what is open now (a vector of descriptor_identity), to be known again. 0 or -1. */
int descriptors_identify(vector *identities);

/* The same for 0 to 2 alone. */
int descriptors_identify_standard(vector *identities);

void descriptors_init(descriptor_table *table);
void descriptors_clear(descriptor_table *table);

/* Called for the descriptor that is about to be closed, so that there is a free number. */
typedef void (*letting_go)(void *arg, const descriptor *row);

/* Describe every open descriptor. For a process whose descriptor table is its own copy: where no number is free
 * it closes the lowest one, after describing it, to be able to list the rest. 0 or -1. */
int descriptors_list_own(descriptor_table *table, const vector *identities, letting_go letting_go, void *arg);

/* Is there a row for this number? */
bool descriptors_have(const descriptor_table *table, int64_t fd);

/* Close every descriptor but one, which may be -1. */
void descriptors_close_all(const descriptor_table *table, int but);

/* Say more of a descriptor than its link does. 0 or -1. */
int descriptors_add_remark(descriptor_table *table, int fd, const char *remark);

/* One line for people: the largest group of descriptors alike, "58 tcp sockets to 10.0.0.7:5432"; or "". */
void descriptors_largest_group(const descriptor_table *table, char *text, size_t room);

static inline const char *
descriptor_text(const descriptor_table *table, uint32_t start)
{
    return (const char *)table->text.data + start;
}

#endif
