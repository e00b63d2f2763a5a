#!/usr/bin/env python3
"""The parts of ./dev bench that need no build: samples to lines, targets, comparison, the protocol, the page."""
import json
import pathlib
import sys
import tempfile
import tomllib
import unittest

sys.dont_write_bytecode = True
BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BENCH))

from harness import cli, report  # noqa: E402
from harness.programs import Served, Spawned, Unavailable  # noqa: E402
from harness.rows import FIELDS, Row, compare, line_of, meets, read_lines, spread  # noqa: E402

ECHO = """
import sys
for line in sys.stdin:
    row, slice_ms = line.split()
    if row == "die": sys.exit("gone")
    print('{"error": "no row"}' if row == "bad" else '{"ns": %s, "ops": 1}' % slice_ms, flush=True)
"""


class Fixed:
    def __init__(self, *values):
        self.values = list(values)

    def sample(self, _row, _slice_ms):
        value = self.values.pop(0)
        if isinstance(value, str):
            raise Unavailable(value)
        return value


def line(row="a", ratio=1.0, spread_=0.0, better="lower", ok=None):
    values = {"row": row, "value": 1.0, "unit": "ns", "peer": "p", "peer_value": 1.0, "ratio": ratio, "better": better, "target": None, "ok": ok,
              "n": 3, "spread": spread_, "commit": "c", "machine": "m"}
    return {key: values[key] for key in FIELDS}


class Lines(unittest.TestCase):
    def test_has_the_fields_of_the_form_in_their_order(self):
        row = Row("a", None, ((None, ""),), "peer", "<= 1.05x")
        made = line_of(row, [(200.0, 200.0), (210.0, 200.0), (500.0, 400.0)], None, "c", "m")
        self.assertEqual(tuple(made), FIELDS)
        self.assertEqual((made["value"], made["peer_value"], made["ratio"], made["ok"], made["n"]), (210.0, 200.0, 1.05, True, 3))

    def test_takes_the_median_of_the_rounds_ratios_so_that_a_slow_minute_falls_on_both(self):
        row = Row("a", None, ((None, ""),), "peer")
        self.assertEqual(line_of(row, [(100.0, 100.0), (200.0, 200.0), (300.0, 300.0)], None, "c", "m")["ratio"], 1.0)

    def test_says_that_a_peer_could_not_run_and_has_no_ratio(self):
        made = line_of(Row("a", None, ((None, ""),), "peer", "<= 1.05x"), [(1.0, None)], "no cargo", "c", "m")
        self.assertEqual((made["peer"], made["peer_value"], made["ratio"], made["ok"]), ("peer (could not run: no cargo)", None, None, None))

    def test_converts_nanoseconds_to_the_rows_unit(self):
        made = line_of(Row("a", None, (), "", "<= 50 ms", unit="ms"), [(49e6, None)], None, "c", "m")
        self.assertEqual((made["value"], made["ok"], made["peer"]), (49.0, True, None))

    def test_measures_spread_as_the_middle_half_over_the_median(self):
        self.assertEqual(spread([10.0]), 0.0)
        self.assertAlmostEqual(spread([8.0, 9.0, 10.0, 11.0, 12.0]), 0.2)


class Targets(unittest.TestCase):
    def test_compares_ratios_and_values(self):
        self.assertTrue(meets("<= 1.05x", 9.0, "ns", 1.05))
        self.assertFalse(meets("<= 1.05x", 9.0, "ns", 1.06))
        self.assertFalse(meets("<= 50 ms", 51.0, "ms", None))
        self.assertTrue(meets(">= 1.85x", 9.0, "ns", 1.9))
        self.assertIsNone(meets("<= 1.05x", 9.0, "ns", None))
        self.assertIsNone(meets("", 9.0, "ns", 1.0))

    def test_refuses_a_target_in_another_unit(self):
        with self.assertRaises(ValueError):
            meets("<= 50 ms", 9.0, "ns", 1.0)


class Comparison(unittest.TestCase):
    def verdict(self, old, new):
        return compare([old], [new] if new else [])[0][1]

    def test_flags_what_worsened_by_more_than_a_tenth_beyond_the_spread(self):
        self.assertEqual(self.verdict(line(ratio=1.0), line(ratio=1.09)), "same")
        self.assertEqual(self.verdict(line(ratio=1.0), line(ratio=1.11)), "worse")
        self.assertEqual(self.verdict(line(ratio=1.0), line(ratio=1.11, spread_=0.02)), "same")
        self.assertEqual(self.verdict(line(ratio=1.0), line(ratio=0.8)), "better")

    def test_turns_rows_around_where_more_is_better(self):
        self.assertEqual(self.verdict(line(ratio=2.0, better="higher"), line(ratio=1.5, better="higher")), "worse")

    def test_names_rows_that_cannot_be_compared(self):
        self.assertEqual(self.verdict(line(), None), "unknown")
        self.assertEqual(self.verdict(line(ratio=None), line()), "unknown")

    def test_exits_1_only_when_a_row_became_worse(self):
        with tempfile.TemporaryDirectory() as folder:
            old, new = pathlib.Path(folder, "old"), pathlib.Path(folder, "new")
            old.write_text(json.dumps(line(ratio=1.0)) + "\n")
            new.write_text(json.dumps(line(ratio=1.5)) + "\n")
            self.assertEqual(cli.compare_files(old, new), 1)
            self.assertEqual(cli.compare_files(new, old), 0)

    def test_refuses_a_file_of_another_form(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "old")
            path.write_text('{"row": "a"}\n')
            with self.assertRaises(ValueError):
                read_lines(path)


class Measuring(unittest.TestCase):
    def test_sums_the_parts_of_a_peer(self):
        row = Row("a", (Fixed(10.0), ""), ((Fixed(3.0), ""), (Fixed(4.0), "")))
        self.assertEqual(cli.sample(row, False, {}), (10.0, 7.0))

    def test_goes_on_without_a_peer_that_failed(self):
        row = Row("a", (Fixed(10.0, 11.0), ""), ((Fixed("broken"), ""),))
        trouble = {}
        self.assertEqual([cli.sample(row, turn, trouble) for turn in (False, True)], [(10.0, None), (11.0, None)])
        self.assertEqual(trouble, {"a": "broken"})

    def test_selects_groups_and_rows_by_pattern(self):
        a, b = Row("x.a", None), Row("y.b", None)
        rows = {"one": [a], "two": [b]}
        self.assertEqual(cli.select(rows, []), [a, b])
        self.assertEqual(cli.select(rows, ["two", "x.*"]), [b, a])
        with self.assertRaises(SystemExit):
            cli.select(rows, ["three"])


class Programs(unittest.TestCase):
    def test_asks_a_serving_program_row_by_row(self):
        program = Served([sys.executable, "-c", ECHO])
        try:
            self.assertEqual([program.sample("a", 5), program.sample("a", 6)], [5, 6])
            with self.assertRaisesRegex(Unavailable, "no row"):
                program.sample("bad", 1)
            self.assertEqual(program.sample("a", 7), 7)
            with self.assertRaisesRegex(Unavailable, "ended: gone"):
                program.sample("die", 1)
            with self.assertRaisesRegex(Unavailable, "ended: gone"):
                program.sample("a", 1)
        finally:
            program.stop()

    def test_says_why_a_program_cannot_start(self):
        with self.assertRaisesRegex(Unavailable, "No such file"):
            Served(["./no-such-program"]).sample("a", 1)

    def test_times_a_program_that_ends_well_and_refuses_one_that_does_not(self):
        self.assertGreater(Spawned([sys.executable, "-c", ""]).sample("", 0), 0)
        with self.assertRaisesRegex(Unavailable, "exit code 3"):
            Spawned([sys.executable, "-c", "import sys; sys.exit(3)"]).sample("", 0)


class Page(unittest.TestCase):
    def test_names_misses_as_plainly_as_wins(self):
        lines = [line("won", ok=True), line("lost", ok=False)]
        text = report.page("@SUMMARY@\n@TABLE@\n@COMMIT@ @MACHINE@", lines)
        self.assertIn("1 are met and 1 missed: `lost`", text)
        self.assertIn("**missed**", text)
        self.assertIn("c m", text)

    def test_fills_in_every_word_of_the_template(self):
        self.assertNotRegex(report.page((BENCH / "performance.md.in").read_text(), [line()]), "@[A-Z]+@")


class Peers(unittest.TestCase):
    def test_build_plain_rust_exactly_as_the_bridge_is_built(self):
        peer, bridge = (tomllib.loads((BENCH / path / "Cargo.toml").read_text()) for path in ("peers/wasmtime", "../wasm/bridge"))
        for section in ("dependencies", "profile"):
            self.assertEqual(peer[section], bridge[section], section)


if __name__ == "__main__":
    unittest.main()
