"""A file system of one file that answers no more, in a mount namespace of its own, for root.

``python -m tests.native.deaf_files DIR`` says so when it has opened the file, DIR/file, and ends when its input does.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import threading

LOOKUP, FORGET, GETATTR, OPEN, INIT, OPENDIR, FORGET_SEVERAL = 1, 2, 3, 14, 26, 27, 42
ROOT, FILE = 1, 2
_NEW_MOUNTS, _PRIVATE = 0x20000, 0x44000


def attributes(inode: int) -> bytes:
    mode = 0o40755 if inode == ROOT else 0o100644
    return struct.pack("6Q10I", inode, 0, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def serve(device: int, deaf: threading.Event) -> None:
    while True:
        question = os.read(device, 1 << 20)
        _, asked, number, inode = struct.unpack_from("IIQQ", question)
        if asked in (FORGET, FORGET_SEVERAL) or (asked == GETATTR and deaf.is_set()):
            continue
        answers = {
            INIT: struct.pack("4I2H2I2H8I", 7, 31, 65536, 0, 16, 12, 65536, 1, 1, 0, *[0] * 8),
            LOOKUP: struct.pack("4Q2I", FILE, 0, 0, 0, 0, 0) + attributes(FILE),
            GETATTR: struct.pack("Q2I", 0, 0, 0) + attributes(inode),
            OPEN: bytes(16),
            OPENDIR: bytes(16),
        }
        answer = answers.get(asked, b"")
        error = 0 if asked in answers else errno.ENOSYS
        os.write(device, struct.pack("IiQ", 16 + len(answer), -error, number) + answer)


def main(place: str) -> None:
    libc, deaf = ctypes.CDLL(None, use_errno=True), threading.Event()
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if (
        libc.unshare(_NEW_MOUNTS)
        or libc.mount(None, b"/", None, _PRIVATE, None)
        or libc.mount(b"deaf", place.encode(), b"fuse", 0, options.encode())
    ):
        sys.exit(os.strerror(ctypes.get_errno()))
    threading.Thread(target=serve, args=(device, deaf), daemon=True).start()
    file = os.open(f"{place}/file", os.O_RDONLY)
    deaf.set()
    print("open", flush=True)
    sys.stdin.read()
    os.close(file)


if __name__ == "__main__":
    main(sys.argv[1])
