/* Watches the number of open descriptors from a native thread, which Python does not know. */
#ifndef PYHANDLES_THRESHOLD_H
#define PYHANDLES_THRESHOLD_H

/* Fire the trigger of this name (copied) each time that the number of open descriptors reaches `count`. One number at
 * a time. 0, or an errno where no thread can be made. */
int threshold_watch(unsigned count, const char *name);

/* Stop watching. Call with the GIL, which is let go until the thread has ended. */
void threshold_forget(void);

#endif
