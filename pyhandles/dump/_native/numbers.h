/* The numbers among the names in a directory of /proc: processes, descriptors. */
#ifndef PYHANDLES_NUMBERS_H
#define PYHANDLES_NUMBERS_H

/* Call for every number, in the kernel's order; `found` returns -1 with errno to stop. 0, or -1 with errno. */
int numbers_each(int directory, int (*found)(int number, void *arg), void *arg);

#endif
