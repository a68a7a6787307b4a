"""Functions in front of the C library's, in whatever calls them, and nothing else changed."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.recorder.trial import compile_c, run

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)

OPENS_AND_CLOSES = """
#include <fcntl.h>
#include <unistd.h>
int go(void) { int fd = open("/dev/null", O_RDONLY); return fd < 0 ? -1 : close(fd); }
"""

PATCHED_BEFORE = """
import ctypes
library = ctypes.CDLL("library", handle=trial.load("./library.so", os.RTLD_LAZY))
library.go  # which asks for it, and nothing calls it yet
trial.prepare(); trial.patch(); trial.calls()
library.go()
told = calls()
trial.restore()
library.go()
tell([told, calls()])
"""


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["-Wl,-z,relro,-z,now"], id="full RELRO"),
        pytest.param(["-Wl,-z,relro,-z,lazy"], id="partial RELRO, lazily bound"),
        pytest.param(["-Wl,-z,norelro,-z,lazy"], id="no RELRO, lazily bound"),
        pytest.param(["-Wl,-z,norelro,-z,now"], id="no RELRO, bound at once"),
        pytest.param(["-fno-plt"], id="no PLT"),
    ],
)
def test_calls_of_an_object_are_seen_until_the_slots_are_restored(options: list[str], tmp_path: Path) -> None:
    compile_c(OPENS_AND_CLOSES, tmp_path / "library.so", *options)

    told, afterwards = run(PATCHED_BEFORE, tmp_path)

    assert told == [["open", "library.so", False], ["close", "library.so", False]]
    assert afterwards == []


def test_pointers_that_the_linker_put_into_a_table_are_followed(tmp_path: Path) -> None:
    code = """
    #include <fcntl.h>
    #include <unistd.h>
    volatile struct { const char *name; void *call; } table[] = {{"open", open}, {"close", close}};
    int go(void)
    {
        int fd = ((int (*)(const char *, int, ...))table[0].call)("/dev/null", O_RDONLY);
        return ((int (*)(int))table[1].call)(fd);
    }
    """
    compile_c(code, tmp_path / "library.so")

    told, afterwards = run(PATCHED_BEFORE, tmp_path)

    # One function has both names, and a table says nothing of which was meant.
    assert told == [["open", "library.so", False], ["close", "library.so", False]]
    assert afterwards == []


def test_an_extension_imported_later_is_seen_from_its_first_line_on(tmp_path: Path) -> None:
    code = """
    #include <Python.h>
    #include <fcntl.h>
    #include <unistd.h>
    static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "late", NULL, -1};
    PyMODINIT_FUNC PyInit_late(void) { close(open("/dev/null", O_RDONLY)); return PyModule_Create(&definition); }
    """
    compile_c(code, tmp_path / "late.so", f"-I{sysconfig.get_path('include')}")

    told = run("trial.prepare(); trial.patch(); import late; tell(calls())", tmp_path)

    assert [row[0] for row in told if row[1] == "late.so"] == ["open64", "close"]


def test_what_is_loaded_without_asking_for_its_functions_is_seen_after_a_refresh(tmp_path: Path) -> None:
    # Its constructor leaves the function with the program, as a plug-in registers itself.
    code = """
    extern int (*registered)(void);
    __attribute__((constructor)) static void start(void) { registered = go; }
    """
    compile_c(OPENS_AND_CLOSES + code, tmp_path / "plugin.so", "-Wl,-Bsymbolic")
    code = """
    #include <dlfcn.h>
    int (*registered)(void);
    int load(void) { return dlopen("./plugin.so", RTLD_NOW) != 0; }
    int go(void) { return registered(); }
    """
    compile_c(code, tmp_path / "host.so")

    told = run(
        """
    import ctypes
    host = ctypes.CDLL("./host.so", ctypes.RTLD_GLOBAL)
    load, go = host.load, host.go
    trial.prepare(); trial.patch()
    loaded = load()
    trial.refresh(); trial.calls()
    go()
    tell([loaded, calls()])
    """,
        tmp_path,
    )

    assert told == [1, [["open", "plugin.so", False], ["close", "plugin.so", False]]]


LOADS_BY_NAME = """
#include <dlfcn.h>
int go(void) { return dlopen(NAME, RTLD_NOW) != 0; }
"""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("far.so", ["-Wl,--enable-new-dtags,-rpath,$ORIGIN/deep"], id="RUNPATH"),
        pytest.param("far.so", ["-Wl,--disable-new-dtags,-rpath,$ORIGIN/deep"], id="RPATH"),
        pytest.param("$ORIGIN/deep/far.so", [], id="$ORIGIN"),
    ],
)
def test_the_caller_s_own_way_of_finding_libraries_goes_on(name: str, options: list[str], tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    compile_c(OPENS_AND_CLOSES, tmp_path / "deep" / "far.so")
    compile_c(LOADS_BY_NAME, tmp_path / "library.so", f'-DNAME="{name}"', *options)

    told = run(
        """
    import ctypes
    trial.prepare(); trial.patch(); trial.calls()
    loaded = ctypes.CDLL("./library.so").go()
    ctypes.CDLL("./deep/far.so").go()
    tell([loaded, calls()])
    """,
        tmp_path,
    )

    assert told == [1, [["open", "far.so", False], ["close", "far.so", False]]]


def test_the_rpath_of_whatever_loaded_the_caller_goes_on(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    compile_c(OPENS_AND_CLOSES, tmp_path / "deep" / "far.so")
    compile_c(LOADS_BY_NAME, tmp_path / "deep" / "libnear.so", '-DNAME="far.so"')
    outer = "extern int go(void); int start(void) { return go(); }"
    rpath = "-Wl,--disable-new-dtags,-rpath,$ORIGIN/deep"
    compile_c(outer, tmp_path / "outer.so", rpath, f"-L{tmp_path}/deep", "-Wl,--no-as-needed", "-lnear")

    told = run('import ctypes; trial.prepare(); trial.patch(); tell(ctypes.CDLL("./outer.so").start())', tmp_path)

    assert told == 1


def test_a_function_put_in_front_by_ld_preload_is_still_called(tmp_path: Path) -> None:
    code = """
    #include <dlfcn.h>
    #include <unistd.h>
    static int closes;
    int in_front(void) { return closes; }
    int close(int fd)
    {
        closes++;
        dup(fd);
        return ((int (*)(int))dlsym(RTLD_NEXT, "close"))(fd);
    }
    """
    preloaded = compile_c(code, tmp_path / "preloaded.so")
    compile_c(OPENS_AND_CLOSES, tmp_path / "library.so")

    told = run(
        """
    import ctypes
    library, preloaded = ctypes.CDLL("./library.so"), ctypes.CDLL("./preloaded.so")
    trial.prepare(); trial.patch(); trial.calls()
    before = preloaded.in_front()
    library.go()
    told = calls()
    between = preloaded.in_front() - before
    trial.restore()
    library.go()
    tell([told, between, calls(), preloaded.in_front() - before])
    """,
        tmp_path,
        LD_PRELOAD=str(preloaded),
    )

    calls, in_front, calls_afterwards, in_front_afterwards = told
    # What it does itself is what stands below, as libc's inside does: not seen.
    assert calls == [["open", "library.so", False], ["close", "library.so", False]]
    assert in_front == 1
    assert (calls_afterwards, in_front_afterwards) == ([], 2)


def test_a_hook_that_another_has_put_into_a_slot_stays_there(tmp_path: Path) -> None:
    code = """
    #include <unistd.h>
    extern int close(int) __attribute__((weak));
    int foreign(int fd) { return -77; }
    int (*slot)(int) = close;
    void change(void) { slot = foreign; }
    int go(void) { return slot(-1); }
    """
    compile_c(code, tmp_path / "library.so")

    told = run(
        """
    import ctypes
    library = ctypes.CDLL("./library.so")
    library.change()
    trial.prepare(); trial.patch()
    patched = library.go()
    trial.restore()
    tell([patched, library.go()])
    """,
        tmp_path,
    )

    assert told == [-77, -77]


@pytest.mark.parametrize("binding", ["lazy", "now"])
def test_a_library_s_own_function_of_such_a_name_stays_its_own(binding: str, tmp_path: Path) -> None:
    code = "int close(int fd) { return -77; } int go(void) { return close(-1); }"
    compile_c(code, tmp_path / "library.so", f"-Wl,-z,{binding}", "-fno-builtin", "-fno-inline")

    told = run(
        """
    import ctypes
    library = ctypes.CDLL("library", handle=trial.load("./library.so", os.RTLD_LAZY | os.RTLD_DEEPBIND))
    trial.prepare(); trial.patch(); trial.calls()
    result = library.go()
    trial.restore()
    tell([result, library.go(), calls()])
    """,
        tmp_path,
    )

    assert told == [-77, -77, []]


def test_no_word_of_memory_holds_a_hook_s_address_once_slots_are_restored(tmp_path: Path) -> None:
    for number, option in enumerate(["-Wl,-z,now", "-Wl,-z,lazy", "-Wl,-z,norelro", "-fno-plt"]):
        compile_c(OPENS_AND_CLOSES, tmp_path / f"library{number}.so", option)

    told = run(
        """
import ctypes, sqlite3, ssl, hashlib, socket
trial.prepare(); trial.patch()
libraries = [ctypes.CDLL(f"./library{number}.so") for number in range(4)]
for library in libraries:
    library.go()
while_patched = len(scan())
subprocess.run(["true"], cwd="/")
trial.restore()
tell([while_patched, scan()])
""",
        tmp_path,
    )

    while_patched, afterwards = told
    assert while_patched > 8
    assert afterwards == []


@pytest.mark.parametrize(
    ("steps", "seen"),
    [
        ("patch_some", ["close"]),
        ("patch_some patch", ["open", "close"]),
        ("patch patch_some", ["open", "close"]),
        ("patch_some patch restore", ["close"]),
        ("patch patch_some restore_some", ["open", "close"]),
        ("patch_some patch restore restore_some", []),
        ("patch_some restore_some", []),
    ],
)
def test_a_slot_is_patched_as_long_as_somebody_asks_for_its_call(steps: str, seen: list[str], tmp_path: Path) -> None:
    compile_c(OPENS_AND_CLOSES, tmp_path / "library.so")

    told = run(
        f"""
    import ctypes
    library = ctypes.CDLL("./library.so")
    trial.prepare()
    for step in {steps.split()}:
        getattr(trial, step)()
    trial.calls()
    library.go()
    seen = [call for call, file, child in calls() if file == "library.so"]
    tell([seen, sorted({{name for name, file in scan() if file.endswith("library.so")}})])
    """,
        tmp_path,
    )

    assert told == [seen, sorted(seen)]


def test_sealed_memory_is_sealed_again(tmp_path: Path) -> None:
    compile_c(OPENS_AND_CLOSES, tmp_path / "library.so", "-Wl,-z,relro,-z,now")

    told = run(
        """
    import ctypes
    def rights():
        lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
        return [[line[0], line[1]] for line in lines if len(line) > 5 and not line[-1].startswith("[")]
    library = ctypes.CDLL("./library.so")
    trial.prepare()
    before = rights()
    trial.patch()
    patched = rights()
    trial.restore()
    tell([before == patched, before == rights()])
    """,
        tmp_path,
    )

    assert told == [True, True]


def test_objects_come_and_go_while_slots_are_patched_and_restored(tmp_path: Path) -> None:
    for number in range(6):
        options = ["-Wl,-z,now"] if number % 2 else ["-Wl,-z,lazy"]
        compile_c(OPENS_AND_CLOSES, tmp_path / f"library{number}.so", *options)

    told = run(
        """
import _ctypes, random, time
trial.prepare()
end = time.monotonic() + 2
rounds = [0] * 6

def load(number):
    while time.monotonic() < end:
        handle = _ctypes.dlopen(f"./library{number}.so", 2)
        go = _ctypes.dlsym(handle, "go")
        for _ in range(random.randrange(5)):
            assert _ctypes.call_function(go, ()) == 0
        _ctypes.dlclose(handle)
        rounds[number] += 1
    trial.wipe()

def patch():
    while time.monotonic() < end:
        trial.patch()
        time.sleep(random.random() / 500)
        trial.restore()
    trial.wipe()

threads = [threading.Thread(target=load, args=(number,)) for number in range(6)]
threads += [threading.Thread(target=patch) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
trial.restore()
files = len(os.listdir("/proc/self/fd"))
tell([rounds, scan(), files])
""",
        tmp_path,
    )

    rounds, left, files = told
    assert min(rounds) > 10
    assert left == []
    assert files < 20


def test_a_library_that_was_unloaded_is_seen_when_it_is_loaded_again(tmp_path: Path) -> None:
    for number in range(4):
        compile_c(OPENS_AND_CLOSES, tmp_path / f"library{number}.so")

    told = run(
        """
import _ctypes, collections
trial.prepare(); trial.patch()

def work(number):
    for _ in range(200):
        handle = _ctypes.dlopen(f"./library{number}.so", 2)
        _ctypes.call_function(_ctypes.dlsym(handle, "go"), ())
        _ctypes.dlclose(handle)

threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
trial.calls()
for thread in threads: thread.start()
for thread in threads: thread.join()
counts = collections.Counter(call for call, file, child in calls())
tell([counts["open"], counts["close"]])
""",
        tmp_path,
    )

    assert told == [800, 800]


def test_a_child_forked_in_the_middle_goes_on(tmp_path: Path) -> None:
    for number in range(4):
        compile_c(OPENS_AND_CLOSES, tmp_path / f"library{number}.so", "-Wl,-z,now")

    told = run(
        """
import _ctypes, ctypes, signal
library = ctypes.CDLL("./library0.so")
trial.prepare()
done = False

def load(number):
    while not done:
        handle = _ctypes.dlopen(f"./library{number}.so", 2)
        _ctypes.call_function(_ctypes.dlsym(handle, "go"), ())
        _ctypes.dlclose(handle)

def patch():
    while not done:
        trial.patch()
        trial.restore()

threads = [threading.Thread(target=load, args=(number,)) for number in range(1, 4)] + [threading.Thread(target=patch)]
for thread in threads: thread.start()
failures = []
for _ in range(150):
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        trial.refresh()
        trial.patch()
        trial.calls()
        _ctypes.dlsym(library._handle, "go")
        library.go()
        told = len(calls())
        trial.restore()
        library.go()
        os._exit(0 if told == 2 and not calls() else 1)
    status = os.waitpid(pid, 0)[1]
    if status:
        failures.append(status)
done = True
for thread in threads: thread.join()
tell(failures)
""",
        tmp_path,
    )

    assert told == []


def test_a_child_forked_while_another_thread_goes_through_the_objects_does_not_wait_for_it(tmp_path: Path) -> None:
    code = """
    #include <link.h>
    #include <unistd.h>
    volatile int inside, leave;
    static int visit(struct dl_phdr_info *info, size_t bytes, void *arg)
    {
        inside = 1;
        while (!leave) usleep(1000);
        return 1;
    }
    int go_through(void) { return dl_iterate_phdr(visit, 0); }
    int is_inside(void) { return inside; }
    void end(void) { leave = 1; }
    """
    compile_c(code, tmp_path / "goes.so")
    compile_c(OPENS_AND_CLOSES, tmp_path / "library.so")

    told = run(
        """
    import ctypes, signal
    library, goes = ctypes.CDLL("./library.so"), ctypes.CDLL("./goes.so")
    library.go, goes.is_inside, goes.end
    trial.prepare()
    thread = threading.Thread(target=goes.go_through)
    thread.start()
    while not goes.is_inside(): time.sleep(0.001)
    trial.patch()
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        trial.refresh()
        getattr(library, "is_not_there", None)
        trial.calls()
        library.go()
        os._exit(len(calls()))
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    goes.end()
    thread.join()
    tell(status)
    """,
        tmp_path,
    )

    assert told == 2


def test_an_address_is_named_by_its_object_and_forgotten_with_it(tmp_path: Path) -> None:
    compile_c(OPENS_AND_CLOSES, tmp_path / "library.so")

    told = run(
        """
    import _ctypes, ctypes
    trial.prepare(); trial.patch()
    handle = _ctypes.dlopen("./library.so", 2)
    address = _ctypes.dlsym(handle, "go")
    loaded = trial.object(address)
    _ctypes.dlclose(handle)
    trial.refresh()
    tell([loaded, trial.object(address), trial.object(1), Path(trial.object(sys.maxsize) or "none").name])
    """,
        tmp_path,
    )

    assert told == ["./library.so", None, None, "none"]


def test_a_child_of_vfork_is_told_from_its_parent(tmp_path: Path) -> None:
    code = """
    #include <fcntl.h>
    #include <sys/wait.h>
    #include <unistd.h>
    int go(void)
    {
        int status, fd = open("/dev/null", O_RDONLY);
        pid_t pid = vfork();
        if (pid == 0) { close(fd); _exit(0); }
        waitpid(pid, &status, 0);
        return close(fd);
    }
    """
    compile_c(code, tmp_path / "library.so")

    told, _ = run(PATCHED_BEFORE, tmp_path)

    assert [(call, child) for call, _, child in told] == [("open", False), ("close", True), ("close", False)]


def test_many_threads_in_vfork_at_once(tmp_path: Path) -> None:
    told = run(
        """
    trial.prepare(); trial.patch()
    import tempfile
    def work():
        for _ in range(5):
            subprocess.run(["true"], cwd="/")
            os.close(os.open("/dev/null", 0))
    threads = [threading.Thread(target=work) for _ in range(16)]
    trial.calls()
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    told = calls()
    tell([[file for call, file, child in told if child], [file for call, file, child in told if not child]])
    """,
        tmp_path,
    )

    children, parents = told
    assert len(children) >= 16 * 5
    if "_posixsubprocess" not in sys.builtin_module_names:  # then its calls are the interpreter's
        assert {name.split(".")[0] for name in children} == {"_posixsubprocess"}
        assert "_posixsubprocess" not in {name.split(".")[0] for name in parents}
