/* A file that is kept open for the time when the whole system is out of them, and nobody can open another (ENFILE). */
#ifndef PYHANDLES_SPARE_H
#define PYHANDLES_SPARE_H

#include "output.h"

#include <stdbool.h>

/* Keep a new file open in the directory of `path`, without a name where the file system can do that. 0, or -1 with
 * errno. */
int spare_keep(const char *path);

/* Keep none any longer. */
void spare_release(void);

/* Lend it to a capture. Returns: its number, or -1 where there is none, or another capture has it. */
int spare_lend(void);

/* What is lent. */
const output *spare_file(void);

/* The capture is over. What it has used is replaced, if the system has a file again. */
void spare_take_back(bool used);

/* In the child of a fork of the service's own, which shares the file with its parent: it gets another. */
void spare_renew_in_forked_service(void);

#endif
