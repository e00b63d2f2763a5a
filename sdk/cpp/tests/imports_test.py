#!/usr/bin/env python3
"""imports_test.py AIRSSYS_WASM CHECKOUT: a built example imports the interfaces it uses and nothing else, none of WASI."""
import json
import subprocess
import sys
import unittest
from pathlib import Path

PROGRAM, EXAMPLES = sys.argv[1], Path(sys.argv[2]) / "examples"

# `types` holds no function: whatever a lifecycle speaks of it needs.
USED = {
    "counter": {"services", "storage"},
    "echo": set(),
    "sleeper": {"services", "waiting"},
    "embed/greeter": {"messaging", "services"},
    "text-pipeline/splitter": {"messaging"},
    "text-pipeline/counter": {"messaging"},
    "text-pipeline/report": {"services"},
    "hostile/looper": set(),
    "hostile/bomber": set(),
    "hostile/recurser": set(),
    "hostile/third": set(),
    "hostile/intruder": {"messaging", "services"},
}


class Imports(unittest.TestCase):
    def test_an_example_imports_what_it_uses_and_nothing_else(self):
        for name, used in USED.items():
            with self.subTest(name):
                done = subprocess.run([PROGRAM, "inspect", EXAMPLES / name, "--json"], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                found = {group["interface"] for group in json.loads(done.stdout)["imports"]}
                wanted = {f"airssys:core/{interface}@1.0.0" for interface in used}
                self.assertEqual(found - {"airssys:core/types@1.0.0"}, wanted)

    def test_every_example_stands_in_this_test(self):
        folders = {str(path.parent.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("Component.toml")}
        self.assertEqual(folders, set(USED))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
