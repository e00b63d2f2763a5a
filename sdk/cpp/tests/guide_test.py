#!/usr/bin/env python3
"""guide_test.py AIRSSYS_WASM CHECKOUT: what docs/guide/cpp-components.md tells to type builds a component that answers."""
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM, CHECKOUT = Path(sys.argv[1]), Path(sys.argv[2])
GUIDE = (CHECKOUT / "docs/guide/cpp-components.md").read_text()


def block(section, language):
    """The first block of a language under a numbered heading."""
    text = re.search(rf"^## {section}\. .*?(?=^## )", GUIDE, re.S | re.M).group()
    return re.search(rf"^```{language}\n(.*?)^```", text, re.S | re.M).group(1)


class Guide(unittest.TestCase):
    def test_its_project_builds_and_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            (project / "greeter.cc").write_text(block(1, "cpp"))
            (project / "Component.toml").write_text(block(2, "toml"))
            (project / "CMakeLists.txt").write_text(block(3, "cmake"))
            commands = f"set -o pipefail\n{block(3, 'sh')}\n{block(4, 'sh')}"
            environment = {**os.environ, "AIRSSYS": str(CHECKOUT), "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
                           "AIRSSYS_WASM_HOME": str(project / "home")}
            done = subprocess.run(["bash", "-euc", commands], cwd=project, env=environment, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("hello, Ada", done.stdout + done.stderr)
            self.assertIn("hello, Grace", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
