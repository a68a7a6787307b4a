#define _GNU_SOURCE
#include "ordering.h"

#include <string.h>

static int
merge(uint32_t *numbers, uint32_t *room, size_t middle, size_t end, ordering order, void *arg)
{
    size_t left = 0, right = middle, at = 0;
    memcpy(room, numbers, middle * sizeof(*numbers));
    while (left < middle && right < end) {
        int told = order(arg, room[left], numbers[right]);
        if (told == NO_ORDER) {
            break;
        }
        numbers[at++] = told <= 0 ? room[left++] : numbers[right++];
    }
    int result = left < middle && right < end ? -1 : 0;
    memcpy(numbers + at, room + left, (middle - left) * sizeof(*numbers)); /* those at the right are in place */
    return result;
}

int
sort_numbers(uint32_t *numbers, uint32_t *room, size_t count, ordering order, void *arg)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start + width < count; start += 2 * width) {
            size_t end = count - start < 2 * width ? count - start : 2 * width;
            if (merge(numbers + start, room, width, end, order, arg) < 0) {
                return -1;
            }
        }
    }
    return 0;
}
