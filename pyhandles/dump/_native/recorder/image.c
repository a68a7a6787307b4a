#define _GNU_SOURCE
#include "image.h"
#include "machine.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static uintptr_t
page_of(uintptr_t address)
{
    return address & -(uintptr_t)sysconf(_SC_PAGESIZE);
}

static void
read_dynamic(image *image, const ElfW(Dyn) *dynamic)
{
    size_t bytes[2] = {0, 0};
    ElfW(Addr) kind = DT_RELA;
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        /* Most linkers have put the addresses right in place; the kernel's own object has offsets. */
        uintptr_t place = dynamic->d_un.d_ptr < image->base ? image->base + dynamic->d_un.d_ptr : dynamic->d_un.d_ptr;
        switch (dynamic->d_tag) {
        case DT_SYMTAB:
            image->symbols = (const ElfW(Sym) *)place;
            break;
        case DT_STRTAB:
            image->strings = (const char *)place;
            break;
        case DT_JMPREL:
            image->relocations[0].first = (const ElfW(Rela) *)place;
            break;
        case DT_PLTRELSZ:
            bytes[0] = dynamic->d_un.d_val;
            break;
        case DT_PLTREL:
            kind = dynamic->d_un.d_val;
            break;
        case DT_RELA:
            image->relocations[1].first = (const ElfW(Rela) *)place;
            break;
        case DT_RELASZ:
            bytes[1] = dynamic->d_un.d_val;
            break;
        }
    }
    for (int each = 0; each < 2; each++) {
        if (image->relocations[each].first != NULL && image->symbols != NULL && image->strings != NULL &&
            kind == DT_RELA) {
            image->relocations[each].count = bytes[each] / sizeof(ElfW(Rela));
        }
    }
}

/* Where an object's ELF header is, or NULL. */
static const ElfW(Ehdr) *
header_of(const struct link_map *map)
{
    unsigned char resident;
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)map->l_addr;
    if (map->l_addr == 0 || mincore((void *)map->l_addr, 1, &resident) < 0 ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        /* One that was made to lie at a certain place. To ask this takes long where there are many symbols. */
        Dl_info info;
        if (dladdr(map->l_ld, &info) == 0 || memcmp(info.dli_fbase, ELFMAG, SELFMAG) != 0) {
            return NULL;
        }
        header = info.dli_fbase;
    }
    return header;
}

static bool
find_segments(image *image, const struct link_map *map)
{
    if (map->l_prev == NULL) {
        /* The program, whose header need not be in memory. */
        image->segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
        image->segment_count = getauxval(AT_PHNUM);
        return image->segments != NULL;
    }
    const ElfW(Ehdr) *header = header_of(map);
    if (header == NULL) {
        return false;
    }
    image->segments = (const ElfW(Phdr) *)((uintptr_t)header + header->e_phoff);
    image->segment_count = header->e_phnum;
    return true;
}

bool
image_read(image *image, const struct link_map *map)
{
    memset(image, 0, sizeof(*image));
    image->file = map->l_name == NULL ? "" : map->l_name;
    image->base = map->l_addr;
    /* In a child of a fork there may be one that another thread was about to load. */
    if (map->l_ld == NULL || !find_segments(image, map)) {
        return false;
    }
    image->start = UINTPTR_MAX;
    bool dynamic = false;
    for (size_t each = 0; each < image->segment_count; each++) {
        const ElfW(Phdr) *segment = &image->segments[each];
        uintptr_t start = image->base + segment->p_vaddr;
        uintptr_t end = start + segment->p_memsz;
        if (segment->p_type == PT_LOAD) {
            image->start = start < image->start ? start : image->start;
            image->end = end > image->end ? end : image->end;
        } else if (segment->p_type == PT_GNU_RELRO) {
            /* Rounded as the linker does: what shares its last page with others is not sealed. */
            image->sealed_start = page_of(start);
            image->sealed_end = page_of(end);
        } else if (segment->p_type == PT_DYNAMIC) {
            dynamic = start == (uintptr_t)map->l_ld;
        }
    }
    if (dynamic) {
        read_dynamic(image, map->l_ld);
    }
    return dynamic;
}

bool
image_has(const image *image, uintptr_t address)
{
    return image->start <= address && address < image->end;
}

/* The linker has written there, and it was data that it wrote to. */
static bool
is_data(const image *image, uintptr_t address)
{
    for (size_t each = 0; each < image->segment_count; each++) {
        const ElfW(Phdr) *segment = &image->segments[each];
        uintptr_t start = image->base + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && start <= address && address - start < segment->p_memsz) {
            return (segment->p_flags & PF_W) != 0 && address - start + sizeof(uintptr_t) <= segment->p_memsz &&
                   address % sizeof(uintptr_t) == 0;
        }
    }
    return false;
}

void
image_imports(image *image, import_visitor *visit)
{
    for (int each = 0; each < 2; each++) {
        const ElfW(Rela) *relocation = image->relocations[each].first;
        for (size_t left = image->relocations[each].count; left > 0; left--, relocation++) {
            uint32_t type = ELF64_R_TYPE(relocation->r_info);
            if (type != RELOCATION_SLOT && type != RELOCATION_DATA && type != RELOCATION_WORD) {
                continue;
            }
            const ElfW(Sym) *symbol = &image->symbols[ELF64_R_SYM(relocation->r_info)];
            uintptr_t slot = image->base + relocation->r_offset;
            if (symbol->st_shndx != SHN_UNDEF || relocation->r_addend != 0 || !is_data(image, slot)) {
                continue; /* a function of its own, say */
            }
            import import = {
                .slot = (_Atomic uintptr_t *)slot,
                .name = image->strings + symbol->st_name,
                .lazy = type == RELOCATION_SLOT,
            };
            visit(image, &import);
        }
    }
}

/* Whether there can be written, asked of the kernel: it adds nothing to the word, in one step. */
static bool
is_writable(const image *image, uintptr_t address)
{
    static uint32_t nobody_waits_here;
    int op = FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0);
    if (syscall(SYS_futex, &nobody_waits_here, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, NULL, address, op) >= 0) {
        return true;
    }
    bool sealed = image->sealed_start <= address && address < image->sealed_end;
    return errno != EFAULT && !sealed;
}

bool
image_store(image *image, _Atomic uintptr_t *slot, uintptr_t word)
{
    uintptr_t address = (uintptr_t)slot;
    bool sealed = image->sealed_start <= address && address < image->sealed_end;
    if (page_of(address) != image->writable_page && !(sealed && image->unsealed)) {
        if (is_writable(image, address)) {
            image->writable_page = page_of(address);
        } else if (sealed && mprotect((void *)image->sealed_start, image->sealed_end - image->sealed_start,
                                      PROT_READ | PROT_WRITE) == 0) {
            image->unsealed = true;
        } else {
            return false;
        }
    }
    atomic_store_explicit(slot, word, memory_order_release);
    return true;
}

void
image_close(image *image)
{
    if (image->unsealed) {
        (void)mprotect((void *)image->sealed_start, image->sealed_end - image->sealed_start, PROT_READ);
        image->unsealed = false;
    }
}
