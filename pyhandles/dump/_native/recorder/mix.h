/* Hashes of 64 bits, good enough to stand for what was hashed. */
#ifndef PYHANDLES_RECORDER_MIX_H
#define PYHANDLES_RECORDER_MIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Both halves of the product, as wyhash has it. */
static inline uint64_t
mix(uint64_t hash, uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(hash ^ a) * (b ^ 0x9E3779B97F4A7C15u);
    return (uint64_t)product ^ (uint64_t)(product >> 64) ^ (hash << 23 | hash >> 41);
}

static inline uint64_t
mix_bytes(uint64_t hash, const char *bytes, size_t length)
{
    hash = mix(hash, length, 0x632BE59BD9B4E019u);
    for (size_t at = 0; at < length; at += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + at, length - at < 8 ? length - at : 8);
        hash = mix(hash, word, 0xE7037ED1A0B428DBu);
    }
    return hash;
}

#endif
