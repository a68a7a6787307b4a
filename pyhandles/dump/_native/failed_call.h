/* The call on a socket that failed, with the address that it was given: an OSError tells its errno alone. */
#ifndef PYHANDLES_FAILED_CALL_H
#define PYHANDLES_FAILED_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct {
    const char *name; /* "bind", "connect" or "listen" */
    int fd, error;
    socklen_t length; /* of the address; 0: not known */
    struct sockaddr_storage address;
} failed_call;

/* An OSError of this errno is to be told with its call: put hooks before those of bind, connect and listen that can fail
 * so. Where no hook can be put, the call stays unknown. Called with the GIL, which is let go meanwhile, as is the next. */
void failed_calls_watch(int error);
void failed_calls_forget(void);

/* From a hook, right after a call that has failed: keep it for an OSError that this thread may raise. `address` is NULL
 * for listen. Takes no lock, needs no GIL, preserves errno. */
void failed_call_note(const char *name, int fd, const struct sockaddr *address, socklen_t length);

/* With the GIL, while an OSError of this errno is made: the call of this thread that it is about. False where none was
 * seen that failed at the very instruction that raises. */
bool failed_call_take(int error, failed_call *call);

/* For people: "bind() of fd 5 to 127.0.0.1:3001 failed: Address already in use"; "" for a call without a name. */
void failed_call_text(const failed_call *call, char *text, size_t room);

/* What there is to know of one. The kernel must have had a look at the address. */
void failed_call_fill(failed_call *call, const char *name, int fd, int error, const struct sockaddr *address,
                      socklen_t length);

#endif
