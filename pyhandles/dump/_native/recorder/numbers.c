#include "numbers.h"

#include "shared.h"

number *numbers;

static _Atomic int end;

int
numbers_prepare(void)
{
    if (numbers == NULL) {
        numbers = recorder_map(NUMBERS * sizeof(number), false);
    }
    return numbers == NULL ? -1 : 0;
}

int
numbers_end(void)
{
    return atomic_load_explicit(&end, memory_order_relaxed);
}

static void
note_end(int fd)
{
    int known = numbers_end();
    while (fd >= known && !atomic_compare_exchange_weak(&end, &known, fd + 1)) {
    }
}

uint32_t
number_opened(int fd, const deed *deed, bool replaced)
{
    number *number = number_of(fd);
    if (number == NULL) {
        return 0;
    }
    note_end(fd);
    uint32_t generation = atomic_load_explicit(&number->generation, memory_order_relaxed) + !replaced;
    /* Whoever closes it may not have come back from the call yet. */
    if (!replaced && number->closing.time != 0 && number->closing.generation + 1 == generation) {
        number->closed = number->closing;
    }
    number->opened = *deed;
    number->opened.generation = generation;
    /* No two threads are given the same number, so nothing needs to be locked here. */
    atomic_store_explicit(&number->generation, generation, memory_order_release);
    return generation;
}

uint32_t
number_closing(int fd, const deed *deed)
{
    number *number = number_of(fd);
    if (number == NULL) {
        return 0;
    }
    uint32_t generation = atomic_load_explicit(&number->generation, memory_order_acquire);
    /* What was never opened is not even written to: a loop over all numbers would fill the memory of them all. */
    if (number_state(number) == NUMBER_OPEN) {
        number->closing = *deed;
        number->closing.generation = generation;
    }
    return generation;
}

void
number_closed(int fd, uint32_t generation, const deed *deed)
{
    number *number = number_of(fd);
    if (number == NULL) {
        return;
    }
    note_end(fd);
    /* Neither what has been opened nor what has been closed since, while this thread was kept from going on. */
    if (atomic_load_explicit(&number->generation, memory_order_acquire) == generation &&
        atomic_load_explicit(&number->closed_before, memory_order_relaxed) <= generation + 1) {
        number->closed = *deed;
        number->closed.generation = generation;
        atomic_store_explicit(&number->closed_before, generation + 1, memory_order_release);
    }
}

void
numbers_forget(void)
{
    for (int fd = 0; fd < numbers_end(); fd++) {
        number *number = &numbers[fd];
        number->opened = number->closing = number->closed = (deed){0};
        atomic_store(&number->closed_before, 0);
        atomic_store(&number->unknown, atomic_load(&number->generation));
    }
}
