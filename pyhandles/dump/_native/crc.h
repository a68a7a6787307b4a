/* CRC-32 as zlib computes it. */
#ifndef PYHANDLES_CRC_H
#define PYHANDLES_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Fill the tables; once a process, before a capture. */
void crc32_prepare(void);

/* The checksum of what `crc` is the checksum of, followed by the data. Starts from 0. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t length);

#endif
