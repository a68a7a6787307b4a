/* What differs from machine to machine: relocations, and code that jumps on to a function without being seen in between:
 * its return address, its arguments and its result are those of whoever called. */
#ifndef PYHANDLES_RECORDER_MACHINE_H
#define PYHANDLES_RECORDER_MACHINE_H

#include <elf.h>

#define HIDDEN __attribute__((visibility("hidden")))

/* Named in assembly only, which the compiler does not read. */
#define NAMED_IN_ASSEMBLY __attribute__((used, visibility("hidden")))

#if defined(__x86_64__) && defined(__LP64__) && defined(__GLIBC__)

#define RECORDER_MACHINE 1
#define RELOCATION_SLOT R_X86_64_JUMP_SLOT
#define RELOCATION_DATA R_X86_64_GLOB_DAT
#define RELOCATION_WORD R_X86_64_64

/* A function `hook` of up to four arguments: calls before(the caller's return address), then becomes *real. */
#define JUMP_AFTER(hook, before, real)                                                                                 \
    __asm__(".pushsection .text\n"                                                                                     \
            ".balign 16\n"                                                                                             \
            ".globl " #hook "\n"                                                                                       \
            ".hidden " #hook "\n"                                                                                      \
            ".type " #hook ", @function\n" #hook ":\n"                                                                 \
            ".cfi_startproc\n"                                                                                         \
            "endbr64\n"                                                                                                \
            "subq $40, %rsp\n"                                                                                         \
            ".cfi_adjust_cfa_offset 40\n"                                                                              \
            "movq %rdi, (%rsp)\n"                                                                                      \
            "movq %rsi, 8(%rsp)\n"                                                                                     \
            "movq %rdx, 16(%rsp)\n"                                                                                    \
            "movq %rcx, 24(%rsp)\n"                                                                                    \
            "movq 40(%rsp), %rdi\n"                                                                                    \
            "call " #before "\n"                                                                                       \
            "movq (%rsp), %rdi\n"                                                                                      \
            "movq 8(%rsp), %rsi\n"                                                                                     \
            "movq 16(%rsp), %rdx\n"                                                                                    \
            "movq 24(%rsp), %rcx\n"                                                                                    \
            "addq $40, %rsp\n"                                                                                         \
            ".cfi_adjust_cfa_offset -40\n"                                                                             \
            "jmp *" #real "(%rip)\n"                                                                                   \
            ".cfi_endproc\n"                                                                                           \
            ".size " #hook ", . - " #hook "\n"                                                                         \
            ".popsection\n")

#elif defined(__aarch64__) && defined(__LP64__) && defined(__GLIBC__)

#define RECORDER_MACHINE 1
#define RELOCATION_SLOT R_AARCH64_JUMP_SLOT
#define RELOCATION_DATA R_AARCH64_GLOB_DAT
#define RELOCATION_WORD R_AARCH64_ABS64

/* hint 34 is `bti c`; a jump by way of x16 is one that such a landing allows. */
#define JUMP_AFTER(hook, before, real)                                                                                 \
    __asm__(".pushsection .text\n"                                                                                     \
            ".balign 16\n"                                                                                             \
            ".globl " #hook "\n"                                                                                       \
            ".hidden " #hook "\n"                                                                                      \
            ".type " #hook ", %function\n" #hook ":\n"                                                                 \
            ".cfi_startproc\n"                                                                                         \
            "hint #34\n"                                                                                               \
            "stp x29, x30, [sp, #-48]!\n"                                                                              \
            ".cfi_def_cfa_offset 48\n"                                                                                 \
            ".cfi_offset x29, -48\n"                                                                                   \
            ".cfi_offset x30, -40\n"                                                                                   \
            "mov x29, sp\n"                                                                                            \
            "stp x0, x1, [sp, #16]\n"                                                                                  \
            "stp x2, x3, [sp, #32]\n"                                                                                  \
            "mov x0, x30\n"                                                                                            \
            "bl " #before "\n"                                                                                         \
            "ldp x0, x1, [sp, #16]\n"                                                                                  \
            "ldp x2, x3, [sp, #32]\n"                                                                                  \
            "ldp x29, x30, [sp], #48\n"                                                                                \
            ".cfi_def_cfa_offset 0\n"                                                                                  \
            ".cfi_restore x29\n"                                                                                       \
            ".cfi_restore x30\n"                                                                                       \
            "adrp x16, " #real "\n"                                                                                    \
            "ldr x16, [x16, #:lo12:" #real "]\n"                                                                       \
            "br x16\n"                                                                                                 \
            ".cfi_endproc\n"                                                                                           \
            ".size " #hook ", . - " #hook "\n"                                                                         \
            ".popsection\n")

#else

#define RECORDER_MACHINE 0
#define RELOCATION_SLOT 0
#define RELOCATION_DATA 0
#define RELOCATION_WORD 0
#define JUMP_AFTER(hook, before, real)                                                                                 \
    NAMED_IN_ASSEMBLY void hook(void)                                                                                  \
    {                                                                                                                  \
    }                                                                                                                  \
    extern int recorder_machine_is_not_supported

#endif

#endif
