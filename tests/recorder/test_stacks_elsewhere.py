"""Where calls are made that no running Python function makes."""

from __future__ import annotations

from pathlib import Path

from tests.recorder.programs import run
from tests.recorder.trial import compile_c

LIBRARY = """
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
static void *body(void *unused) { close(open("/dev/null", O_RDONLY)); return unused; }
void start(void) { pthread_t thread; pthread_create(&thread, 0, body, 0); pthread_join(thread, 0); }
"""


def test_of_a_thread_without_python_the_library_is_named(tmp_path: Path) -> None:
    library = compile_c(LIBRARY, tmp_path / "opens.so")

    run(
        f"""
        library = ctypes.CDLL({str(library)!r})
        record()
        library.start()
        library.body
        assert sites() == {{({str(library)!r}, False)}}, sites()
        """.replace("        library.body\n", ""),
        tmp_path,
    )


def test_a_callback_into_python_from_such_a_thread_has_a_stack(tmp_path: Path) -> None:
    code = """
    #include <pthread.h>
    static void *body(void *call) { ((void (*)(void))call)(); return 0; }
    void start(void *call) { pthread_t thread; pthread_create(&thread, 0, body, call); pthread_join(thread, 0); }
    """
    library = compile_c(code, tmp_path / "calls.so")

    told = run(
        f"""
        def callback():
            print(where()[1][1], where()[2] == threading.get_native_id() != os.getpid())

        kind = ctypes.CFUNCTYPE(None)
        kept = kind(callback)
        for _ in range(2):
            ctypes.CDLL({str(library)!r}).start(kept)
        """,
        tmp_path,
    )

    assert told == "callback True\n" * 2


def test_another_interpreter_s_frames_are_not_read(tmp_path: Path) -> None:
    run(
        """
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters
            create, execute = interpreters.create, interpreters.exec
        else:
            import _xxsubinterpreters as interpreters
            create, execute = interpreters.create, interpreters.run_string
        other = create()
        script = '''if True:
            import os
            def inside():
                for _ in range(100):
                    os.close(os.open("/dev/null", os.O_RDONLY))
            inside()
        '''
        record()
        execute(other, script)
        thread = threading.Thread(target=lambda: execute(other, script))
        thread.start()
        thread.join()
        assert sites() and not any("inside" in site for site, _ in sites()), sites()
        os.close(os.open("/dev/null", os.O_RDONLY))
        assert any("<module>" in site for site, _ in sites()), sites()
        """,
        tmp_path,
    )


def test_a_finaliser_when_the_interpreter_ends(tmp_path: Path) -> None:
    told = run(
        """
        class Ends:
            def __del__(self, where=where, write=os.write):
                write(1, where()[1][1].encode())

        kept = Ends()
        """,
        tmp_path,
    )

    assert told == "Ends.__del__"


def test_threads_that_go_on_while_the_interpreter_ends(tmp_path: Path) -> None:
    for _ in range(5):
        run(
            """
            def body():
                while True:
                    os.close(os.open("/dev/null", os.O_RDONLY))

            record()
            for _ in range(8):
                threading.Thread(target=body, daemon=True).start()
            """,
            tmp_path,
        )


HANDLER = """
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
static volatile long handled;
static pthread_t target;
static void handler(int signal)
{
    int kept = errno;
    close(open("/dev/null", O_RDONLY));
    handled++;
    errno = kept;
}
static void *body(void *unused)
{
    for (;;) {
        pthread_kill(target, SIGUSR2);
        for (volatile int wait = 0; wait < 3000 + (int)(handled % 977); wait++) {}
    }
    return unused;
}
void start(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    pthread_t thread;
    sigaction(SIGUSR2, &action, 0);
    target = pthread_self();
    pthread_create(&thread, 0, body, 0);
}
long count(void) { return handled; }
"""


def test_a_handler_of_a_signal_that_interrupts_the_interpreter_anywhere(tmp_path: Path) -> None:
    library = compile_c(HANDLER, tmp_path / "handles.so")

    run(
        f"""
        library = ctypes.CDLL({str(library)!r})
        """
        """
        class Answers:
            def __getattr__(self, name):
                return 1

            def __len__(self):
                return 3

        def numbers():
            yield 1

        record()
        library.start()
        answers = Answers()
        while library.count() < 4000:
            for _ in range(100):
                # Each enters the interpreter's loop anew.
                len(answers), answers.any, list(numbers()), list(map(lambda _: 0, (1, 2, 3)))
            exec("def made(): return 0\\nlist(map(lambda _: made(), (1,)))", {})
        assert sites() and all(site for site, _ in sites()), sites()
        os._exit(0)
        """,
        tmp_path,
    )
