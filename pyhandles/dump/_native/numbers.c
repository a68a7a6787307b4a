#define _GNU_SOURCE
#include "numbers.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct kernel_dirent {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

/* -1 where the name is no number. */
static int
number_of(const char *name)
{
    int number = 0;
    for (const char *c = name; *c; c++) {
        if (*c < '0' || *c > '9' || number > (INT32_MAX - 9) / 10) {
            return -1;
        }
        number = number * 10 + (*c - '0');
    }
    return number;
}

int
numbers_each(int directory, int (*found)(int number, void *arg), void *arg)
{
    char buffer[8192] __attribute__((aligned(8)));
    for (;;) {
        long count = syscall(SYS_getdents64, directory, buffer, sizeof(buffer));
        if (count <= 0) {
            return count == 0 ? 0 : -1;
        }
        for (long at = 0; at < count;) {
            const struct kernel_dirent *entry = (const struct kernel_dirent *)(buffer + at);
            int number = number_of(entry->name);
            at += entry->length;
            if (number >= 0 && found(number, arg) < 0) {
                return -1;
            }
        }
    }
}
