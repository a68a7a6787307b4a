#define _GNU_SOURCE
#include "guard.h"

#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STACK_BYTES 65536

sigjmp_buf guard_return;
volatile int guard_armed;

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void
on_crash(int number)
{
    if (guard_armed) {
        siglongjmp(guard_return, number);
    }
    prctl(PR_SET_DUMPABLE, 0); /* or it would leave a core as large as the service */
    signal(number, SIG_DFL);
    raise(number);
}

int
guard_install(void)
{
    void *memory = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return -1;
    }
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_BYTES};
    if (sigaltstack(&stack, NULL) < 0) {
        return -1;
    }
    /* Not held back while its handler runs, which is left by a jump: there is no mask to restore. */
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_NODEFER};
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        if (sigaction(crashes[i], &action, NULL) < 0) {
            return -1;
        }
    }
    return 0;
}
