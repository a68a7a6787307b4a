/* Names that are nobody else's business, as keyed hashes: equal ones stay equal, and what lies together stays together. */
#ifndef PYHANDLES_REDACT_H
#define PYHANDLES_REDACT_H

#include "heap.h"

#include "descriptors.h"

/* What a redacted text takes at most, for one of `length` bytes: a short part becomes a longer hash. */
#define REDACTED_BYTES(length) (10 * (length) + 32)

/* A file's name, part by part: "/srv/upload/a.pdf" is "/~5f31c0aa/~0912f3ee/~88b0a1d2". `out` has REDACTED_BYTES. */
void redact_path(const heap *heap, const char *path, char *out);

/* What the kernel says a descriptor is: names of files are hashed, "socket:[4711]" and devices are not. */
void redact_link(const heap *heap, const descriptor *row, const char *link, char *out);

/* A socket's address: "10.0.0.7:5432" is "~1b2c3d4e:5432"; that of every interface, "0.0.0.0:80", says nothing. */
void redact_address(const heap *heap, const descriptor *row, const char *address, char *out);

#endif
