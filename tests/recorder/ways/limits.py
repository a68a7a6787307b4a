"""What opens and closes where no hook is in front: inside of the C library, by addresses that were looked up, …"""

from __future__ import annotations

import ctypes
import locale
import multiprocessing
import os
import pwd
import socket
import syslog
import time

from tests.recorder.ways import way


@way
def limit_names_of_hosts():
    for name in ("localhost", "pyhandles.invalid"):
        try:
            socket.getaddrinfo(name, 80)
        except OSError:
            continue


@way
def limit_names_of_users():
    pwd.getpwall()
    pwd.getpwuid(os.getuid())


@way
def limit_names_of_interfaces():
    socket.if_nameindex()


@way
def limit_time_zones():
    os.environ["TZ"] = "Europe/Vienna"
    time.tzset()
    del os.environ["TZ"]


@way
def limit_locales():
    try:
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
        locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    except locale.Error:
        pass


@way
def limit_processors():
    os.sysconf("SC_NPROCESSORS_ONLN")
    os.getloadavg()


@way
def limit_system_log():
    syslog.openlog("pyhandles")
    syslog.syslog(syslog.LOG_DEBUG, "x")
    syslog.closelog()


@way
def limit_semaphores():
    multiprocessing.get_context("fork").Lock()


@way
def limit_terminals():
    child, fd = os.forkpty()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    os.close(fd)


@way
def limit_foreign_functions():
    library = ctypes.CDLL(None)
    library.close(library.open(b"/dev/null", os.O_RDONLY))
