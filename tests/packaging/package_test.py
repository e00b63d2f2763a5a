#!/usr/bin/env python3
"""The installed package: projects elsewhere find it, build an actor with its test and a program that hosts components, and get
nothing of ours besides.

usage: package_test.py BUILD_DIR OUR_BUILD_DIR CXX [unittest arguments]

BUILD_DIR is where it is built as a user would build it; it is kept, so that the next run builds what changed.
OUR_BUILD_DIR is the one that runs this test."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROJECT = pathlib.Path(__file__).resolve().parent / "project"
EMBED = SOURCE / "examples/embed"
BUILD, OURS, CXX = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]


def run(*command, **options):
    """(exit code, what it said with its line breaks taken out)"""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return done.returncode, re.sub(r"\s+", " ", done.stdout)


def must(*command, **options):
    code, said = run(*command, **options)
    if code != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {code}: {said}")
    return said


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.home = pathlib.Path(folder.name)
        # -O0: what is tested is the package, not its speed.
        must("cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={CXX}",
             "-DAIRSSYS_TESTS=OFF", "-DAIRSSYS_WASM=ON", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O0")
        must("cmake", "--build", BUILD, "--parallel", "2", "--target", "package-modules")
        must("cmake", "--install", BUILD, "--prefix", cls.home / "made")
        cls.prefix = (cls.home / "made").rename(cls.home / "moved")  # nothing in it may know where it was

    def configure(self, prefix, project=PROJECT):
        """A copy of the project is configured in a fresh folder: (folder, exit code, text)"""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.home))
        shutil.copytree(project, folder / "project")
        code, said = run("cmake", "-S", folder / "project", "-B", folder / "build", "-G", "Ninja",
                         f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF",
                         "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", cwd=folder)
        return folder, code, said

    def configure_with(self, find_package):
        """A project that says only that: (exit code, text)"""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.home))
        (folder / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject(asks LANGUAGES C CXX)\n{find_package}\n")
        return self.configure(self.prefix, folder)[1:]

    def test_a_project_elsewhere_builds_and_tests_an_actor(self):
        folder, code, said = self.configure(self.prefix)
        self.assertEqual(code, 0, said)
        must("cmake", "--build", folder / "build", "--parallel", "2")
        self.assertEqual(must(folder / "build/greeter").strip(), "hello, world")
        self.assertIn("100% tests passed", must("ctest", "--test-dir", folder / "build", "--no-tests=error"))
        flags = (folder / "build/compile_commands.json").read_text()
        self.assertNotRegex(flags, r"-fsanitize|-Werror|-Wconversion")

    def test_a_program_elsewhere_hosts_components_beside_actors_of_its_own(self):
        folder, code, said = self.configure(self.prefix, EMBED)
        self.assertEqual(code, 0, said)
        must("cmake", "--build", folder / "build")
        said = must(folder / "build/embed", EMBED / "greeter", cwd=folder)
        self.assertEqual(said.split(), (EMBED / "embed.expected").read_text().split())

    def test_another_version_is_refused_and_both_are_named(self):
        for wanted in ("0.2", "1.0", "0.0.9"):
            code, said = self.configure_with(f"find_package(airssys {wanted} REQUIRED)")
            self.assertNotEqual(code, 0, said)
            self.assertIn(f'package "airssys" that is compatible with requested version "{wanted}"', said)
            self.assertRegex(said, r"airssysConfig\.cmake, version: 0\.1\.0")

    def test_a_module_that_is_not_in_it_is_refused_by_name(self):
        self.assertEqual(self.configure_with("find_package(airssys 0.1 REQUIRED COMPONENTS base rt rt_testing wasm_host)")[0], 0)
        code, said = self.configure_with("find_package(airssys REQUIRED COMPONENTS cli)")
        self.assertNotEqual(code, 0, said)
        self.assertIn("it was made without 'cli'; it has base, rt, rt_testing, wasm_core,", said)

    def test_where_it_is_missing_cmake_says_what_to_set(self):
        code, said = self.configure(self.home / "nowhere")[1:]
        self.assertNotEqual(code, 0, said)
        self.assertIn('Add the installation prefix of "airssys" to CMAKE_PREFIX_PATH', said)

    def test_nothing_installed_knows_where_it_was_built(self):
        files = [path for path in self.prefix.rglob("*") if path.is_file()]
        self.assertIn(self.prefix / "include/airssys/rt/testing/sim_executor.h", files)
        for path in files:
            content = path.read_bytes()
            for place in (SOURCE, BUILD, OURS, self.home):
                # Without its first slash: "../../src" of a path relative to the build directory counts too.
                self.assertNotIn(os.fsencode(place)[1:], content, f"{path} names {place}")

    def test_an_instrumented_build_is_not_installed(self):
        sanitizers = re.search(r"^AIRSSYS_SANITIZE:\w+=(.*)$", (OURS / "CMakeCache.txt").read_text(), re.M)[1]
        if not sanitizers:
            return  # this build may be installed
        code, said = run("cmake", "--install", OURS, "--prefix", self.home / "instrumented")
        self.assertNotEqual(code, 0, said)
        self.assertIn("this build is instrumented", said)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
