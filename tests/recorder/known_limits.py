"""What no hook sees, for it calls by no import table: the list that docs/recording.md gives."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """A way that is not seen, or not wholly."""

    name: str
    """As the documentation calls it."""
    ways: tuple[str, ...] = ()
    """The ways of tests/recorder/ways in which it is met, which have no other purpose."""
    opens: str | None = None
    """What it opens, as a pattern, where any program may meet it."""


LIMITS = (
    Limit("the dynamic loader", opens=r"[^\"]*(\.so(\.\d+)*|/ld\.so\.cache|/glibc-hwcaps/[^\"]*)"),
    Limit("getaddrinfo", ("limit_names_of_hosts",)),
    Limit("getpwnam, getgrnam", ("limit_names_of_users",)),
    Limit("if_nameindex", ("limit_names_of_interfaces",)),
    Limit("tzset, localtime", ("limit_time_zones",), opens=r"/etc/localtime|/usr/share/zoneinfo/[^\"]*"),
    Limit("setlocale, iconv", ("limit_locales",), opens=r"/usr/(lib|share)/locale/[^\"]*|[^\"]*/gconv/[^\"]*"),
    Limit("sysconf, getloadavg", ("limit_processors",), opens=r"/sys/devices/system/cpu[^\"]*|/proc/(stat|loadavg)"),
    Limit("syslog", ("limit_system_log",)),
    Limit("sem_open", ("limit_semaphores",), opens=r"/dev/shm/sem\.\w+"),
    Limit("forkpty", ("limit_terminals",)),
    Limit("popen", ("limit_popen",)),
    Limit("freopen", ("limit_freopen",)),
    Limit("dlsym, ctypes", ("limit_dlsym", "limit_foreign_functions")),
)


def is_known(trace: str) -> bool:
    """Whether any program may meet what strace tells so."""
    return any(limit.opens and re.match(rf'open(at)?\(.*"({limit.opens})"', trace) for limit in LIMITS)
