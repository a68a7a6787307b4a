/* Which sockets of the system have to do with this process. */
#ifndef PYHANDLES_KERNEL_CHOICE_H
#define PYHANDLES_KERNEL_CHOICE_H

#include "found_socket.h"
#include "own_sockets.h"
#include "socket_tables.h"

typedef struct choice {
    surroundings *around;
    vector *strays; /* stray_socket */
    vector local;   /* socket_row: all Unix sockets; their peers are known when all are */
    own_sockets own;
    uid_t user;
    bool full;      /* there were more than are taken */
} choice;

/* How far it has come. */
typedef struct {
    size_t sockets, strays, local;
} choice_mark;

/* 0, or -1 where there is no memory. */
int choice_init(choice *choice, surroundings *around, const descriptor_table *descriptors, vector *strays);
void choice_clear(choice *choice);

/* take_socket; `arg` is the choice. */
bool choice_take(const found_socket *found, void *arg);

choice_mark choice_here(const choice *choice);

/* Forget what has come since. */
void choice_return(choice *choice, const choice_mark *mark);

/* When all have come: choose among the Unix sockets, and leave out what came twice. 0 or -1. */
int choice_finish(choice *choice);

#endif
