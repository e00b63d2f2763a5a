#!/usr/bin/env python3
"""The build ends where a function of the host says nothing, or nonsense, about its capability. usage: wit_table_test.py WIT_TABLE WIT_DIR"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, WIT = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()


class WitTableTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.wit, self.out = pathlib.Path(folder.name) / "wit", pathlib.Path(folder.name) / "table.rs"
        shutil.copytree(WIT, self.wit)

    def run_table(self):
        return subprocess.run([PROGRAM, self.wit, self.out], capture_output=True, text=True, check=False)

    def change(self, name, old, new):
        """The line where the change begins, from 1."""
        text = (self.wit / name).read_text()
        self.assertEqual(text.count(old), 1, old)
        (self.wit / name).write_text(text.replace(old, new))
        return text[:text.index(old)].count("\n") + 1

    def test_the_hosts_own_wit_makes_a_table(self):
        done = self.run_table()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn('name: "send-message"', self.out.read_text())

    def test_a_function_that_says_nothing_ends_the_build_by_its_place(self):
        line = self.change("core.wit", "  /// @capability messaging.publish(topic)\n", "")
        done = self.run_table()
        self.assertEqual(done.returncode, 1)
        self.assertFalse(self.out.exists())
        self.assertIn(f"core.wit:{line}:3: airssys:core/messaging@1.0.0.publish has no `@capability`; say which one a caller needs, "
                      "or `@capability none`", done.stderr)

    def test_all_that_is_wrong_is_said_at_once(self):
        self.change("core.wit", "@capability messaging.publish(topic)", "@capability messaging.shout(topic)")
        self.change("deps/ext-network.wit", "@capability network.dns-lookup(host)", "@capability network.dns-lookup(name)")
        done = self.run_table()
        self.assertEqual(done.returncode, 1)
        self.assertIn("`shout` is no action of `messaging`", done.stderr)
        self.assertIn("deps/ext-network.wit:", done.stderr)
        self.assertIn("names a parameter that the function does not have; its parameters: host", done.stderr)

    def test_what_is_deprecated_stays_in_the_table(self):
        gate = "@since(version = 1.0.0)\n  @deprecated(version = 1.0.0)\n  "
        self.change("core.wit", "  publish: func(", f"  {gate}publish: func(")
        done = self.run_table()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn('name: "publish"', self.out.read_text())


unittest.main(argv=sys.argv[:1])
