/* Watches the number of open descriptors: where Python makes one, and from a native thread, which Python does not know,
 * now and then. */
#ifndef PYHANDLES_THRESHOLD_H
#define PYHANDLES_THRESHOLD_H

/* Fire the trigger of this name (copied) each time that the number of open descriptors reaches `count`. A forked
 * service watches too, from the first descriptor on that it makes. Call with the GIL. 0, or -1 with an exception: an
 * OSError where no thread can be made. */
int threshold_watch(unsigned count, const char *name);

/* Stop watching. Call with the GIL, which is let go until the thread has ended. */
void threshold_forget(void);

#endif
