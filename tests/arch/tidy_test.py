#!/usr/bin/env python3
"""Each rule of tests/arch/tidy finds its bad sample, and says nothing about a good tree."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("tidy", str(pathlib.Path(__file__).with_name("tidy")))
TIDY = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", LOADER))
sys.modules["tidy"] = TIDY  # its data classes look themselves up
LOADER.exec_module(TIDY)

GOOD = {
    "low/README.md": "# low\n",
    "low/include/airssys/low/low.h": "#pragma once\n",
    "low/src/low.cc": '#include "airssys/low/low.h"\n// a new engine must not throw\nint low() { return 1; }\n',
    "low/tests/low_test.cc": '#include "airssys/low/low.h"\n',
    "mid/README.md": "# mid\n",
    "mid/include/airssys/mid/mid.h": '#pragma once\n#include "airssys/low/low.h"\n',
    "mid/src/private.h": "#pragma once\n",
    "mid/src/mid.cc": '#include "private.h"\n#include "airssys/mid/mid.h"\n'
                      'auto text = "delete this, throw that";\nS(const S&) = delete;\n',
    "top/README.md": "# top\n",
    "top/include/airssys/top/top.h": "#pragma once\n",
    "top/src/top.cc": '#include "airssys/mid/mid.h"\n#include "airssys/top/top.h"\n',
}
RECORDS = """\
module low low low/include/airssys/low/low.h,low/src/low.cc
test low_test low low/tests/low_test.cc low
module mid mid mid/include/airssys/mid/mid.h,mid/src/mid.cc low
module top top top/include/airssys/top/top.h,top/src/top.cc mid
test top_test top top/tests/top_test.cc top
""".replace("low.cc\n", "low.cc \n")


class TidyTest(unittest.TestCase):
    def tidy(self, changed=None, removed=()):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder) / "tree"
            for name, text in {**GOOD, **(changed or {})}.items():
                if name not in removed:
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_text(text)
            records = pathlib.Path(folder) / "modules.txt"
            records.write_text(RECORDS)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = TIDY.main(["--root", str(root), "--modules", str(records)])
            return code, out.getvalue()

    def assert_refused(self, name, text, *expected):
        code, out = self.tidy({name: text})
        self.assertEqual(code, 1, out)
        for part in expected:
            self.assertIn(part, out)
        self.assertEqual(out.count("\n"), 1, out)  # one finding, and it is the expected one

    def test_a_good_tree_gets_no_finding(self):
        self.assertEqual(self.tidy(), (0, f"tidy: {len(GOOD)} files, nothing to say\n"))

    def test_bans_in_code(self):
        for code, replacement in {
            "auto t = std::chrono::steady_clock::now();": "Platform::now",
            "auto t = system_clock::now();": "Platform::now",
            "std::this_thread::sleep_for(1s);": "wait for the event",
            "std::thread t(f);": "Platform::start_thread",
            "std::jthread t(f);": "Platform::start_thread",
            "auto f = std::async(g);": "Platform::start_thread",
            "std::random_device seed;": "Platform::random",
            "auto n = rand();": "Platform::random",
            "auto* p = new Thing(1);": "make_unique",
            "auto* p = new (memory) Thing;": "make_unique",
            "auto* p = ::operator new(8);": "make_unique",
            "delete p;": "make_unique",
            "delete[] p;": "make_unique",
            "throw std::runtime_error(text);": "return a Result",
            "auto f = [=] { return x; };": "name the captures",
            "auto f = [=, this] { return x; };": "name the captures",
            "GTEST_SKIP();": "make the test run",
            "TEST(A, DISABLED_B) {}": "make the test run",
            'auto home = getenv("HOME");': "read it in main",
            "#include <wasmtime.h>": "only the bridge knows Wasmtime",
            "#include <wasmtime/engine.hh>": "only the bridge knows Wasmtime",
            "#include <rocksdb/db.h>": "only wasm/storage knows RocksDB",
            "auto instance = code->instantiate(functions, limits);": "only its ComponentActor holds an instance",
            "void call(Instance& instance);": "only its ComponentActor holds an instance",
            "std::unique_ptr<Instance> instance;": "only its ComponentActor holds an instance",
            "system.spawn({}, std::make_unique<ComponentActor>(definition));": "spawned in one place",
            "int x;  // NOLINT": "say the reason",
            "int x;  // NOLINT(bugprone-thing)": "say the reason",
            "// TODO: later": "write an issue",
        }.items():
            with self.subTest(code):
                self.assert_refused("low/src/low.cc", f"\n{code}\n", "low/src/low.cc:2: ", "is banned: ", replacement)

    def test_code_that_only_looks_banned_passes(self):
        for code in ("Thing(const Thing&) = delete;", "int new_size = 1;", "auto n = std::thread::hardware_concurrency();",
                     "/* throw new\n TOTO */", "std::rethrow_exception(e);", 'auto s = R"(delete this)";',
                     "auto c = '\"'; f(renewed);", "void f() throw();", "f([&] { return x == y[i]; });",
                     "InstanceCount count; int max_instances = 3;", "// an Instance& of the engine",
                     "int x;  // NOLINT(bugprone-thing): the table is generated"):
            with self.subTest(code):
                self.assertEqual(self.tidy({"low/src/low.cc": code + "\n"})[0], 0)

    def test_an_allowance_holds_for_its_path_only(self):
        self.assertEqual(self.tidy({"base/src/real_platform.cc": "std::jthread t;\n"})[0], 0)
        self.assertEqual(self.tidy({"low/tests/low_test.cc": "throw 1;\n"})[0], 0)
        self.assertEqual(self.tidy({"low/src/real_platform.cc": "std::jthread t;\n"})[0], 1)

    def test_components_are_reached_through_their_actors_only(self):
        spawn = "system.spawn(options, std::make_unique<ComponentActor>(definition));\n"
        call = "code->instantiate(functions, limits);\n"
        self.assertEqual(self.tidy({"wasm/host/src/hosted_component.cc": spawn, "wasm/actor/src/component_actor.cc": call})[0], 0)
        self.assert_refused("wasm/host/src/host.cc", spawn, "spawned in one place")
        self.assert_refused("wasm/host/src/hosted_component.cc", call, "only its ComponentActor holds an instance")
        self.assert_refused("wasm/messaging/src/x.cc", call, "only its ComponentActor holds an instance")

    def test_bans_in_other_files(self):
        self.assert_refused("low/CMakeLists.txt", "file(GLOB sources *.cc)\n", "list the files")
        self.assert_refused("low/CMakeLists.txt", "add_library(sneaky low.cc)\n", "use airssys_module")
        self.assert_refused("low/README.md", "FIXME\n", "do it")
        self.assert_refused("low/src/low.rs", "// XXX\n", "do it")
        self.assert_refused("tools/x", "cd /root/project\n", "no path of one machine")
        self.assert_refused("low/src/low.cc", 'auto p = "/tmp/file";\n', "no path of one machine")
        self.assertEqual(self.tidy({"tools/x": "ls $d/work/ https://a.b/home/x/ tests/tmp/y\n"})[0], 0)

    def test_sizes(self):
        self.assert_refused("low/src/low.cc", "\n" * 701, "701 lines, 700 are allowed")
        self.assert_refused("mid/src/private.h", "#pragma once\n" + "\n" * 400, "401 lines, 400 are allowed")
        self.assert_refused("low/src/low.cc", "x" * 131 + "\n", "131 columns, 130 are allowed")
        self.assert_refused("mid/src/private.h", "\n", "no #pragma once")

    def test_only_the_engine_and_the_wit_tools_see_the_bridge(self):
        include = '#include "airssys/wasm/bridge/bridge.h"\n'
        self.assert_refused("tools/x.cc", include, "use the engine of wasm/core")
        self.assertEqual(self.tidy({"wasm/runtime/src/x.cc": include, "wasm/wit/src/x.cc": include})[0], 0)

    def test_includes_need_a_direct_dependency(self):
        self.assert_refused("top/src/top.cc", '#include "airssys/low/low.h"\n', "'top' includes", "direct dependency on 'low'")
        self.assert_refused("low/src/low.cc", '#include "airssys/mid/mid.h"\n', "'low' includes", "direct dependency on 'mid'")
        self.assert_refused("low/tests/low_test.cc", '#include "airssys/mid/mid.h"\n', "'low_test' includes")
        self.assertEqual(self.tidy({"top/tests/top_test.cc": '#include "airssys/low/low.h"\n'})[0], 0)  # below what it tests
        self.assert_refused("low/src/unlisted.h", '#pragma once\n#include "airssys/mid/mid.h"\n', "'low' includes")
        self.assert_refused("low/src/low.cc", '#include "airssys/low/hidden.h"\n', "public header of no module")
        self.assert_refused("low/src/low.cc", '#include "airssys/sdk/bytes.h"\n', "public header of no module")  # of guests

    def test_no_module_reaches_into_another(self):
        self.assert_refused("low/src/low.cc", '#include "mid/src/private.h"\n', "lies in another module")
        self.assert_refused("low/src/low.cc", '#include "../../mid/src/private.h"\n', "climbs out of its module")
        self.assertEqual(self.tidy({"mid/src/mid.cc": '#include "mid/src/private.h"\n'})[0], 0)
        self.assertEqual(self.tidy({"low/tests/low_test.cc": '#include "../src/low.h"\n', "low/src/low.h": "#pragma once\n"})[0], 0)

    def test_a_public_header_hides_third_parties(self):
        self.assert_refused("low/include/airssys/low/low.h", "#pragma once\n#include <nlohmann/json.hpp>\n", "third-party")
        self.assertEqual(self.tidy({"low/src/low.cc": "#include <nlohmann/json.hpp>\n"})[0], 0)

    def test_every_test_file_is_registered(self):
        self.assert_refused("low/tests/lost_test.cc", "\n", "low/tests/lost_test.cc:1: runs nowhere")

    def test_every_module_has_a_readme(self):
        code, out = self.tidy(removed=("mid/README.md",))
        self.assertEqual((code, out.count("\n")), (1, 1))
        self.assertIn("mid:1: a module without README.md", out)

    def test_the_picture_shows_the_ranks_that_the_build_enforces(self):
        ranks = {"cmake/ranks.cmake": "set(AIRSSYS_RANKS\n  low:0\n  mid:10\n  top:20)\n"}
        page = "| `low/` | 0 | x |\n| `mid/`, `top/` | 10, 20 | y |\n"
        self.assertEqual(self.tidy({**ranks, "docs/architecture.md": page})[0], 0)
        code, out = self.tidy({**ranks, "docs/architecture.md": page.replace("10, 20", "10")})
        self.assertEqual((code, out.count("\n")), (1, 1))
        self.assertIn("lacks `top/` with rank 20 of module top", out)


if __name__ == "__main__":
    unittest.main()
