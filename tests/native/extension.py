"""Extensions that a test compiles for itself: what third parties write, and get wrong."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

SOURCE = """
#include <Python.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
{code}
static PyType_Slot slots[] = {{{{Py_tp_traverse, traverse}}, {{0, NULL}}}};
static PyType_Spec spec = {{"{name}.Odd", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots}};
static struct PyModuleDef definition = {{PyModuleDef_HEAD_INIT, .m_name = "{name}", .m_size = -1}};
PyMODINIT_FUNC PyInit_{name}(void)
{{
    PyObject *module = PyModule_Create(&definition);
    PyModule_AddObject(module, "Odd", PyType_FromSpec(&spec));
    return module;
}}
"""


def build(folder: Path, name: str, code: str) -> Path:
    """Compile an extension module with a type ``Odd``, whose function ``traverse`` the code defines.

    Returns: the folder, for ``sys.path``.
    """
    source = folder / f"{name}.c"
    source.write_text(SOURCE.format(name=name, code=code))
    target = folder / (name + sysconfig.get_config_var("EXT_SUFFIX"))
    include = f"-I{sysconfig.get_path('include')}"
    subprocess.run(["cc", "-w", "-shared", "-fPIC", include, source, "-o", target], check=True, timeout=60)
    return folder
