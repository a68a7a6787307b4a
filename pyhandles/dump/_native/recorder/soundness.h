/* May the frames of the calling thread be read just now?
 *
 * A call that a Python function makes finds them in order. The handler of a signal may have interrupted the interpreter
 * while it was putting a frame into the chain, and up to 3.12 there is then none yet where one is looked for. */
#ifndef PYHANDLES_RECORDER_SOUNDNESS_H
#define PYHANDLES_RECORDER_SOUNDNESS_H

#include "../compat.h"

/* So many complete frames, of the calling thread's. */
bool frames_are_sound(PyThreadState *thread, unsigned most);

#endif
