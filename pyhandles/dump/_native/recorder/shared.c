#define _GNU_SOURCE
#include "shared.h"

#include <errno.h>
#include <sys/mman.h>

#define OF_OUR_OWN (MAP_ANONYMOUS | MAP_NORESERVE)

/* Much is reserved and little is used, here and there: by huge pages it would all be taken. */
static void
use_small_pages(void *memory, size_t bytes)
{
    int kept = errno;
    (void)madvise(memory, bytes, MADV_NOHUGEPAGE);
    errno = kept;
}

void *
recorder_map(size_t bytes, bool shared)
{
    int flags = OF_OUR_OWN | (shared ? MAP_SHARED : MAP_PRIVATE);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    use_small_pages(memory, bytes);
    return memory;
}

int
recorder_map_apart(void *memory, size_t bytes)
{
    if (mmap(memory, bytes, PROT_READ | PROT_WRITE, OF_OUR_OWN | MAP_SHARED | MAP_FIXED, -1, 0) == MAP_FAILED) {
        return -1;
    }
    use_small_pages(memory, bytes);
    return 0;
}
