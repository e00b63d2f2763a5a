#!/usr/bin/env python3
"""cmake/modules.cmake refuses a bad graph at configure time and a header that does not stand alone at build time.

usage: layers_test.py [unittest arguments]; AIRSSYS_CXX names the compiler (default g++).
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

MODULES = pathlib.Path(__file__).resolve().parents[2] / "cmake/modules.cmake"

PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(graph LANGUAGES CXX)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
include({modules})
add_library(airssys_options INTERFACE)
add_subdirectory(base)
add_subdirectory(rt)
add_subdirectory(wasm)
{rest}
"""
# As in the real tree: base (rank 0) < rt (10); wasm_messaging and wasm_services are siblings (50).
GRAPH = {
    "base/CMakeLists.txt": "airssys_module(base HDRS include/airssys/base/b.h SRCS b.cc)",
    "base/include/airssys/base/b.h": "#pragma once\n#include <string>\nstd::string b();\n",
    "base/b.cc": '#include "airssys/base/b.h"\nstd::string b() { return {}; }\n',
    "rt/CMakeLists.txt": "airssys_module(rt HDRS include/airssys/rt/r.h DEPS base)",
    "rt/include/airssys/rt/r.h": '#pragma once\n#include "airssys/base/b.h"\n',
    "wasm/CMakeLists.txt": "airssys_module(wasm_messaging HDRS include/m.h DEPS rt)\n"
                           "airssys_module(wasm_services HDRS include/s.h IMPL_DEPS rt)",
    "wasm/include/m.h": "#pragma once\n",
    "wasm/include/s.h": "#pragma once\n",
}


class LayersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def configure(self, changed=None, rest=""):
        """(exit code, what cmake said with its line breaks taken out)"""
        files = {"CMakeLists.txt": PROJECT.format(modules=MODULES, rest=rest), **GRAPH, **(changed or {})}
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)
        return self.cmake("-S", self.root, "-B", self.root / "build", "-G", "Ninja",
                          f"-DCMAKE_CXX_COMPILER={os.environ.get('AIRSSYS_CXX', 'g++')}")

    @staticmethod
    def cmake(*arguments):
        run = subprocess.run(["cmake", *arguments], capture_output=True, text=True)
        return run.returncode, re.sub(r"\s+", " ", run.stdout + run.stderr)

    def assert_refused(self, expected, changed=None, rest=""):
        code, said = self.configure(changed, rest)
        self.assertNotEqual(code, 0, said)
        self.assertIn(expected, said)

    def test_a_good_graph_is_accepted_and_recorded(self):
        code, said = self.configure()
        self.assertEqual(code, 0, said)
        records = (self.root / "build/modules.txt").read_text().splitlines()
        self.assertIn("module rt rt rt/include/airssys/rt/r.h base", records)
        self.assertIn("module base base base/include/airssys/base/b.h,base/b.cc ", records)

    def test_an_upward_edge_is_refused(self):
        self.assert_refused("layering: base (rank 0) must not depend on rt (rank 10)",
                            {"base/CMakeLists.txt": "airssys_module(base HDRS include/airssys/base/b.h SRCS b.cc IMPL_DEPS rt)"})

    def test_a_sibling_edge_is_refused(self):
        self.assert_refused("layering: wasm_services (rank 50) must not depend on wasm_messaging (rank 50)",
                            {"wasm/CMakeLists.txt": "airssys_module(wasm_messaging HDRS include/m.h DEPS rt)\n"
                                                    "airssys_module(wasm_services HDRS include/s.h DEPS wasm_messaging)"})

    def test_an_edge_added_behind_the_back_of_airssys_module_is_refused(self):
        self.assert_refused("layering: base (rank 0) must not depend on rt (rank 10)",
                            rest="target_link_libraries(airssys_base PRIVATE airssys_rt)")

    def test_a_module_without_rank_is_refused(self):
        self.assert_refused("layering: module 'stray' has no rank; add it to cmake/ranks.cmake",
                            {"rt/CMakeLists.txt": "airssys_module(rt HDRS include/airssys/rt/r.h DEPS base)\n"
                                                  "airssys_module(stray DEPS base)"})

    def test_a_dependency_without_rank_is_refused(self):
        self.assert_refused("layering: module 'no_such' has no rank",
                            {"rt/CMakeLists.txt": "airssys_module(rt HDRS include/airssys/rt/r.h DEPS base no_such)"})

    def test_a_misspelt_keyword_is_refused(self):
        self.assert_refused("airssys_module(rt): unknown words: DEP;base",
                            {"rt/CMakeLists.txt": "airssys_module(rt DEP base)"})

    def test_only_a_header_that_stands_alone_is_accepted(self):
        verify = ("--build", self.root / "build", "--target", "all_verify_interface_header_sets")
        self.assertEqual(self.configure()[0], 0)
        code, said = self.cmake(*verify)
        self.assertEqual(code, 0, said)
        (self.root / "base/include/airssys/base/b.h").write_text("#pragma once\nstd::string b();\n")
        code, said = self.cmake(*verify)
        self.assertNotEqual(code, 0, said)
        self.assertRegex(said, "error: .string. in namespace .std. does not name a type")


if __name__ == "__main__":
    unittest.main()
