/* The numbers of the file format; pyhandles/format.py has their meaning, and a test compares the two. */
#ifndef PYHANDLES_FORMAT_H
#define PYHANDLES_FORMAT_H

#define FORMAT_MAGIC "pyhandles-snapshot"
#define FORMAT_VERSION 1
#define FORMAT_NOTHING 0xFFFFFFFFu
#define FORMAT_SATURATED 0xFFFFFFFFu

#define LABEL_KIND_SHIFT 27
#define LABEL_UNCOUNTED (1u << 26)
#define LABEL_VALUE_MASK (LABEL_UNCOUNTED - 1)

enum label_kind {
    LABEL_UNKNOWN = 0,
    LABEL_ATTRIBUTE = 1,
    LABEL_SLOT = 2,
    LABEL_MEMBER = 3,
    LABEL_ITEM = 4,
    LABEL_VALUE_NAME = 5,
    LABEL_VALUE_INT = 6,
    LABEL_VALUE_HASH = 7,
    LABEL_VALUE_TYPE = 8,
    LABEL_KEY_NAME = 9,
    LABEL_KEY_INT = 10,
    LABEL_KEY_HASH = 11,
    LABEL_KEY_TYPE = 12,
    LABEL_CLOSURE = 13,
    LABEL_LOCAL = 14,
    LABEL_GLOBAL = 15,
    LABEL_STACK = 16,
    LABEL_STACK_CANDIDATE = 17,
    LABEL_TYPE = 18,
    LABEL_BASE = 19,
    LABEL_WEAK = 20,
    LABEL_CONTEXT = 21,
    LABEL_MEMBER_ITEM = 22,
    LABEL_SET_ITEM = 23,
};

enum object_flag {
    OBJECT_TRACKED = 1,
    OBJECT_COLLECTABLE = 2,
    OBJECT_IMMORTAL = 4,
    OBJECT_UNREADABLE = 8,
    OBJECT_FRAME = 16,
    OBJECT_GENERATION_1 = 32,
    OBJECT_GENERATION_2 = 64,
    OBJECT_FROZEN = 128,
    OBJECT_DEFERRED = 256,
    OBJECT_COLLECTING = 512,
};

enum root_kind { ROOT_MODULE = 1, ROOT_FRAME = 2, ROOT_INTERPRETER = 3, ROOT_THREAD = 4 };
enum frame_kind {
    FRAME_RUNNING = 0,
    FRAME_GENERATOR = 1,
    FRAME_COROUTINE = 2,
    FRAME_ASYNC_GENERATOR = 3,
    FRAME_FINISHED = 4,
};
enum owner_kind { OWNER_FILE = 1, OWNER_SOCKET = 2, OWNER_EPOLL = 3, OWNER_MMAP = 4, OWNER_SCANDIR = 5 };
enum owner_flag { OWNER_BORROWED = 1, OWNER_CLOSED = 2, OWNER_CLOSING = 4 };
enum type_flag { TYPE_HEAP = 1, TYPE_EXCEPTION = 2 };
enum site_flag { SITE_STANDARD = 1, SITE_NATIVE = 2 };
enum event_flag { EVENT_OPENED = 1, EVENT_CLOSED = 2, EVENT_REPLACED = 4, EVENT_WIDENED = 8, EVENT_RECEIVED = 16 };
enum counter_flag { COUNTER_IN_CHILDREN = 1 };
enum wait_state { WAIT_UNSEEN = 0, WAIT_CALL = 1, WAIT_RUNNING = 2 };
enum access_flag { ACCESS_READ = 1, ACCESS_WRITE = 2 };
enum thread_flag { THREAD_MAIN = 1, THREAD_CAPTURING = 2 };

#endif
