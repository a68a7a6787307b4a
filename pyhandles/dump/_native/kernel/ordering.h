/* A merge sort of numbers, without malloc, which qsort calls; and with an order that may fail to be told. */
#ifndef PYHANDLES_KERNEL_ORDERING_H
#define PYHANDLES_KERNEL_ORDERING_H

#include <stddef.h>
#include <stdint.h>

#define NO_ORDER 2

/* Less than 0, 0, 1; or NO_ORDER, which ends the sorting. */
typedef int (*ordering)(void *arg, uint32_t a, uint32_t b);

/* Stable. `room` has the size of `numbers`. At most count * log2(count) comparisons. 0, or -1 where there was no order:
 * the numbers are then in any order. */
int sort_numbers(uint32_t *numbers, uint32_t *room, size_t count, ordering order, void *arg);

#endif
