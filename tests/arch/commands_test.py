#!/usr/bin/env python3
"""The commands a person or the CI types, with the machine's programs replaced by fakes: what they run, say and return."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = [line for line in (ROOT / "tools/debian-packages.txt").read_text().splitlines() if line and line[0] not in "#["]


class CommandsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = pathlib.Path(folder.name)
        self.calls = self.bin / "calls"
        self.calls.touch()

    def fake(self, name, script):
        """A program `name` that notes its arguments and then does `script`."""
        program = self.bin / name
        program.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.calls}"\n{script}\n')
        program.chmod(0o755)

    def fake_rust(self, version):
        self.fake("cargo", f"echo cargo {version}")
        self.fake("rustc", f"echo rustc {version}")

    def fake_dpkg(self, missing=()):
        lines = "\n".join(f"installed {package}" for package in PACKAGES if package not in missing)
        self.fake("dpkg-query", f"cat <<'X'\n{lines}\nX")

    def run_command(self, *command):
        environment = {**os.environ, "PATH": f"{self.bin}:/usr/bin:/bin"}
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)

    # .ci/run

    def ci(self, make):
        self.fake("make", make)
        run = self.run_command(".ci/run")
        return run.returncode, run.stdout.splitlines()[-1]

    def test_ci_sums_the_tests_of_all_presets(self):
        self.assertEqual(self.ci("echo '100% tests passed, 0 tests failed out of 40'\n"
                                 "echo '100% tests passed, 0 tests failed out of 2'"), (0, "42 passed, 0 failed"))
        self.assertEqual(self.calls.read_text(), "make test\n")

    def test_ci_fails_with_its_tests(self):
        self.assertEqual(self.ci("echo '75% tests passed, 1 tests failed out of 4'; exit 2"), (2, "3 passed, 1 failed"))

    def test_ci_fails_when_no_test_ran(self):
        self.assertEqual(self.ci("true"), (1, "0 passed, 0 failed"))

    def test_ci_fails_when_the_build_does(self):
        self.assertEqual(self.ci("echo error; exit 2"), (2, "0 passed, 0 failed"))

    def test_ci_has_nobody_at_the_keyboard(self):
        self.assertEqual(self.ci("read -r line && exit 3; [[ $CI == true ]] || exit 4\n"
                                 "echo '100% tests passed, 0 tests failed out of 1'"), (0, "1 passed, 0 failed"))

    # tools/setup

    def test_setup_does_nothing_when_nothing_is_missing(self):
        self.fake_rust("1.99.0")
        self.fake_dpkg()
        self.fake("apt-get", "exit 9")
        run = self.run_command("tools/setup")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertNotIn("apt-get", self.calls.read_text())

    def test_setup_check_names_what_is_missing_and_the_command_and_installs_nothing(self):
        self.fake_rust("1.99.0")
        self.fake_dpkg(missing=("cmake", "lld-19"))
        self.fake("apt-get", "exit 9")
        run = self.run_command("tools/setup", "--check")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stdout, "setup: missing: cmake lld-19\n")
        self.assertIn("apt-get update && apt-get install -y --no-install-recommends --no-remove cmake lld-19", run.stderr)
        self.assertNotIn("apt-get", self.calls.read_text())

    def test_setup_asks_for_the_peers_only_for_benchmarks(self):
        self.fake_rust("1.99.0")
        self.fake_dpkg(missing=("libcaf-dev",))
        self.assertEqual(self.run_command("tools/setup", "--check").returncode, 0)
        self.assertIn("missing: libcaf-dev", self.run_command("tools/setup", "--check", "--bench").stdout)

    def test_setup_refuses_an_unknown_word(self):
        self.assertEqual(self.run_command("tools/setup", "--chekc").returncode, 2)

    # tools/rust-toolchain

    def test_the_toolchain_on_path_is_taken_when_new_enough(self):
        for version in ("1.95.0", "1.100.2", "2.0.0"):
            with self.subTest(version):
                self.fake_rust(version)
                self.assertEqual(self.run_command("tools/rust-toolchain").stdout, f"{self.bin}\n")

    def test_an_older_toolchain_is_not_taken(self):
        for version in ("1.94.9", "1.9.0", "0.95.0"):
            with self.subTest(version):
                self.fake_rust(version)
                self.assertNotIn(str(self.bin), self.run_command("tools/rust-toolchain").stdout)

    def test_a_new_cargo_with_an_old_compiler_is_not_taken(self):
        self.fake_rust("1.99.0")
        self.fake("rustc", "echo rustc 1.63.0")
        self.assertNotIn(str(self.bin), self.run_command("tools/rust-toolchain").stdout)

    # ./dev

    def test_dev_without_a_word_shows_its_page(self):
        run = self.run_command("./dev")
        self.assertEqual((run.returncode, run.stdout[:11]), (0, "./dev build"))

    def test_dev_refuses_an_unknown_word_with_its_page(self):
        run = self.run_command("./dev", "biuld")
        self.assertEqual(run.returncode, 2)
        self.assertIn("unknown word 'biuld'", run.stderr)
        self.assertIn("./dev build", run.stderr)

    def test_dev_test_takes_modules_by_path_or_last_word_and_regular_expressions(self):
        self.fake("cmake", "true")
        self.fake("ctest", "true")
        run = self.run_command("./dev", "test", "rt", "wasm/actor", "runtime", "layer1", "Mailbox.Holds")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn("-R ^(rt|rt)[.]|^(wasm_actor|actor)[.]|^(wasm_runtime|runtime)[.]|"
                      "^(tests_integration_layer1|layer1)[.]|Mailbox.Holds\n", self.calls.read_text())

    def test_dev_soak_refuses_what_is_no_soak(self):
        for words in ((), ("long",), ("1", "release"), ("1", "--layer2"), ("1", "dev", "--layer1")):
            self.assertEqual(self.run_command("./dev", "soak", *words).returncode, 2, words)


if __name__ == "__main__":
    unittest.main()
