"""Writes the signatures of the programs into signatures.json: ``python -m tests.programs.signatures``."""

from __future__ import annotations

import json

from tests.programs.programs import PROGRAMS
from tests.programs.test_programs import SIGNATURES, VERSION, run

known = json.loads(SIGNATURES.read_text()) if SIGNATURES.exists() else {}
known[VERSION] = {name: run(name, 3).cluster.signature for name in PROGRAMS}
SIGNATURES.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
