"""What knows the machine: relocations, and code in front of what must not see that there is any."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.recorder.trial import HERE, PARTS, RECORDER

MACHINES = {
    "this one": ("cc", []),
    "aarch64": ("aarch64-linux-gnu-gcc", ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]),
}


@pytest.mark.parametrize("kind", ["pie", "no-pie"])
@pytest.mark.parametrize("binding", ["lazy", "now"])
@pytest.mark.parametrize("machine", MACHINES)
def test_slots_and_vfork_on(machine: str, binding: str, kind: str, tmp_path: Path) -> None:
    compiler, emulator = MACHINES[machine]
    if shutil.which(compiler) is None or (emulator and shutil.which(emulator[0]) is None):
        pytest.skip(f"needs {compiler} and an emulator")

    def compile_part(target: str, *options: str) -> None:
        (tmp_path / target).parent.mkdir(exist_ok=True)
        linking = f"-Wl,-z,relro,-z,{binding}"
        command = [compiler, "-std=gnu11", "-O2", HERE / "machine.c", *options, "-o", target, linking]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=120)

    shared = ["-shared", "-fPIC"]
    parts = [str(RECORDER / f"{part}.c") for part in PARTS]
    recorder = ["-DRECORDER", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", f"-I{RECORDER}", *parts]
    compile_part("librecorder.so", *shared, *recorder, "-ldl", "-lpthread")
    for name in ("early.so", "late.so", "elsewhere/bare.so"):
        compile_part(name, "-DLIBRARY", *shared)
    compile_part(
        "program",
        f"-{kind}",
        *(["-fno-pic"] if kind == "no-pie" else ["-fPIE"]),
        "-L.",
        "-lrecorder",
        "-ldl",
        "-Wl,-rpath,$ORIGIN:$ORIGIN/elsewhere",
    )

    told = subprocess.run(
        [*emulator, tmp_path / "program", "./early.so", "./late.so", "bare.so"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert told.stdout.splitlines() == ["early 3 3 1", "late 3 3 1", "program 2 2 0", "bare 1", "restored 0 0 0"]
    assert told.returncode == 0, told.stderr
