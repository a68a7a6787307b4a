"""The tables of stacks and sites are as large as they are at the start."""

from __future__ import annotations

from pathlib import Path

from tests.recorder.programs import run


def test_without_room_for_more_stacks_the_site_is_still_told(tmp_path: Path) -> None:
    run(
        """
        def by_bits(number, bits):
            if bits == 0:
                return where()
            if number & 1:
                return by_bits(number >> 1, bits - 1)
            return by_bits(number >> 1, bits - 1)

        first = by_bits(0, 15)
        for number in range(1 << 15):
            last = by_bits(number, 15)
        assert first[3] is not None and last[3] is None
        assert last[1] == first[1] is not None
        assert known()[0] == 16384 and known()[1] < 20
        assert by_bits(0, 15)[3] == first[3]
        """,
        tmp_path,
    )


def test_without_room_for_more_sites_none_is_told(tmp_path: Path) -> None:
    run(
        """
        def made(number):
            space = {"where": where}
            exec(compile("seen = where()", f"made{number}.py", "exec"), space)
            return space["seen"]

        def asked():
            return made(0)

        first = asked()
        for number in range(17000):
            last = made(number)
        assert last[1] is None and last[0][0] is None, last
        assert known()[1] == 16384
        again = asked()
        assert (again[0][:2], again[1]) == (first[0][:2], first[1])
        """,
        tmp_path,
    )
