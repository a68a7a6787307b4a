"""Stacks of forked children, and of many threads at once: in tables that all of them share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recorder.programs import run


def test_a_stack_has_one_number_in_all_processes(tmp_path: Path) -> None:
    run(
        """
        from tests.recorder.here import know

        know(1)
        innermost = where
        def first():
            return innermost()[3]
        def second():
            return innermost()[3]

        number = first()
        if (child := os.fork()) == 0:
            os._exit(second() if first() == number else 99)
        number_there = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        count = innermost()[4]
        assert number != number_there == second() != 99
        assert innermost()[4] == count + 1, "the line before this one's is new, and second() is not"
        """,
        tmp_path,
    )


def test_code_that_a_child_has_made_is_not_taken_for_its_parent_s_at_the_same_address(tmp_path: Path) -> None:
    run(
        """
        def made(name):
            code = compile(f"def {name}(): return where()\\nseen = {name}()", f"{name}.py", "exec")
            space = {"where": where}
            exec(code, space)
            return space["seen"][0][0][:2]

        def child_and_parent():
            child = os.fork()
            innermost = made("pare" if child else "chil")
            if child == 0:
                os._exit(innermost != ("chil.py", "chil"))
            assert os.waitpid(child, 0)[1] == 0
            assert innermost == ("pare.py", "pare"), innermost

        # In most of the releases they are at one address, the first code that either makes.
        made("warm")
        for _ in range(20):
            child_and_parent()
        """,
        tmp_path,
    )


def test_a_thread_s_number_is_right_in_forked_children(tmp_path: Path) -> None:
    run(
        """
        def check():
            assert where()[2] == threading.get_native_id() == int(os.readlink("/proc/thread-self").split("/")[-1])

        def check_all():
            check()
            thread = threading.Thread(target=check)
            thread.start()
            thread.join()
            check()

        def fork(body):
            if (child := os.fork()) == 0:
                body()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0

        check_all()
        fork(lambda: (check_all(), fork(check_all)))
        # Without Python's knowing: its own numbers are wrong there.
        if (child := ctypes.PyDLL(None).fork()) == 0:
            numbers = {where()[2] for _ in range(3)}
            os._exit(0 if numbers == {os.getpid()} else 1)
        assert os.waitpid(child, 0)[1] == 0
        """,
        tmp_path,
    )


@pytest.mark.parametrize("forks", [0, 4])
def test_many_threads_and_children_that_add_at_once(forks: int, tmp_path: Path) -> None:
    run(
        f"""
        import random
        count, rounds, forks = 16, 300, {forks}
        start = threading.Barrier(count)
        """
        """
        bad = []
        source = "\\n".join(
            f"def f{n}(path):\\n    return f{n}.table[path[0]](path[1:]) if path else (where(), frames())"
            for n in range(40)
        )
        space = {"where": where, "frames": frames}
        exec(compile(source, "many.py", "exec"), space)
        table = [space[f"f{n}"] for n in range(40)]
        for each in table:
            each.table = table

        def one(choose):
            path = [choose.randrange(40) for _ in range(choose.randrange(1, 3))]
            seen, expected = table[0](path)
            if [each[:3] for each in seen[0]] != expected:
                bad.append((seen[0], expected))
            return (tuple(expected), seen[3])

        numbers = {}
        def body(seed):
            choose = random.Random(seed)
            start.wait()
            for i in range(rounds):
                stack, number = one(choose)
                if numbers.setdefault(stack, number) != number:
                    bad.append((stack, number, numbers[stack]))

        sys.setswitchinterval(1e-5)
        threads = [threading.Thread(target=body, args=(seed,)) for seed in range(count)]
        for each in threads:
            each.start()
        children = []
        for i in range(forks):
            if (child := os.fork()) == 0:
                choose = random.Random(1000 + i)
                for _ in range(rounds):
                    one(choose)
                os._exit(len(bad) > 0)
            children.append(child)
        for each in threads:
            each.join()
        for each in children:
            assert os.waitpid(each, 0)[1] == 0
        assert not bad, bad[0]
        stacks, sites = known()
        assert len(set(numbers.values())) == len(numbers)
        """,
        tmp_path,
    )
