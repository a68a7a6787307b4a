/* What no correct program does with a descriptor. */
#ifndef PYHANDLES_RECORDER_MISUSE_H
#define PYHANDLES_RECORDER_MISUSE_H

#include "numbers.h"

#include <pthread.h>

enum misuse_kind { MISUSE_DOUBLE_CLOSE = 1, MISUSE_FOREIGN_CLOSE = 2, MISUSE_USE_AFTER_CLOSE = 3, MISUSE_LATE_USE = 4 };
enum misuse_policy { MISUSE_OFF, MISUSE_REPORT, MISUSE_RAISE };

/* The last places are for those sites of each kind that found none. */
#define MISUSES 256

/* One kind at one site: the first time, and how often. In memory that forked children share. */
typedef struct {
    enum misuse_kind kind;
    uint64_t count;
    int fd;
    deed use;    /* the call that is wrong */
    deed closed; /* the close that came before, if it is known */
    deed opened; /* the present opening, or the last */
} misuse;

/* Once a process. 0, or -1 with errno. */
int misuse_prepare(void);

/* From here on, in this process. What is noted and not yet told is told now. Call with the GIL. 0, or -1 with an
 * exception. */
int misuse_set(enum misuse_policy policy);

/* From nothing again. `apart`: in a forked child, whose parent goes on noting. 0, or -1 with errno. */
int misuse_forget(bool apart);

/* Is a call that is known to be wrong to fail before it is made? */
bool misuse_forbids(void);

/* A close of this number, successful or not, was tried here: whoever closes one number after the other, open or not, as
 * daemons do at their start, closes none twice by mistake. */
void misuse_tried_close(int fd, const whereabouts *where);

/* Note one, from within a hook: what the number's record says of its closing and opening is copied. A double close may
 * turn out to be the beginning of such a run, so it is told a little later. */
void misuse_note(enum misuse_kind kind, int fd, const deed *use);
/* The same, of another thread. */
void misuse_note_of(enum misuse_kind kind, int fd, const deed *use, pthread_t thread);

/* Is any noted? */
bool misuse_is_watched(void);

/* For readers: false where there is none in this place. */
bool misuse_at(uint32_t place, misuse *out);

/* For those who tell of it: is what may turn out to be none old enough to be certain? */
bool misuse_is_certain_after(uint64_t time);
bool misuse_is_ripe(const misuse *misuse);
bool misuse_is_untold(void);
/* The next that nobody has told, which nobody else will get; of those that are ripe, or of `all`. `left`: there are some
 * that are not. False where there is none. */
bool misuse_take_untold(bool all, misuse *out, bool *left);

#endif
