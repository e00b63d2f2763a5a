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

from harness import cli, gate, report  # noqa: E402
from harness.programs import Served, Spawned, Unavailable  # noqa: E402
from harness.rows import FIELDS, OTHERS, Peer, Row, compare, line_of, meets, read_lines, spread  # noqa: E402

ECHO = """
import sys
for line in sys.stdin:
    row, slice_ms = line.split()
    if row == "die": sys.exit("gone")
    print('{"error": "no row"}' if row == "bad" else '{"value": %s, "ops": 1}' % slice_ms, flush=True)
"""


class Fixed:
    def __init__(self, *values):
        self.values = list(values)

    def sample(self, _row, _slice_ms):
        value = self.values.pop(0)
        if isinstance(value, str):
            raise Unavailable(value)
        return value

    def stop(self):
        pass


class Group:
    def __init__(self, *prefixes):
        self.PREFIXES = prefixes


PEER = (Peer("peer", ()),)


def line(row="a", ratio=1.0, spread_=0.0, better="lower", ok=None):
    values = {"row": row, "value": 1.0, "unit": "ns", "peer": "p", "peer_value": 1.0, "ratio": ratio, "better": better, "target": None, "ok": ok,
              "n": 3, "spread": spread_, "commit": "c", "machine": "m"}
    return {key: values[key] for key in FIELDS}


class Lines(unittest.TestCase):
    def test_has_the_fields_of_the_form_in_their_order(self):
        row = Row("a", None, PEER, "<= 1.05x")
        made = line_of(row, [(200.0, {"peer": 200.0}), (210.0, {"peer": 200.0}), (500.0, {"peer": 400.0})], {}, "c", "m")
        self.assertEqual(tuple(made), FIELDS)
        self.assertEqual((made["value"], made["peer_value"], made["ratio"], made["ok"], made["n"]), (210.0, 200.0, 1.05, True, 3))

    def test_takes_the_median_of_the_rounds_ratios_so_that_a_slow_minute_falls_on_both(self):
        row = Row("a", None, PEER)
        samples = [(value, {"peer": value}) for value in (100.0, 200.0, 300.0)]
        self.assertEqual(line_of(row, samples, {}, "c", "m")["ratio"], 1.0)

    def test_says_that_a_peer_could_not_run_and_has_no_ratio(self):
        made = line_of(Row("a", None, PEER, "<= 1.05x"), [(1.0, {})], {"peer": "no cargo"}, "c", "m")
        self.assertEqual((made["peer"], made["peer_value"], made["ratio"], made["ok"]), ("peer (could not run: no cargo)", None, None, None))

    def test_converts_nanoseconds_to_the_rows_unit(self):
        made = line_of(Row("a", None, (), "<= 50 ms", unit="ms"), [(49e6, {})], {}, "c", "m")
        self.assertEqual((made["value"], made["ok"], made["peer"]), (49.0, True, None))

    def test_compares_with_the_best_of_rivals_and_names_the_others(self):
        row = Row("a", None, (Peer("slow", ()), Peer("fast", ()), Peer("absent", ())), "<= 0.30x")
        samples = [(10.0, {"slow": 80.0, "fast": 40.0}), (10.0, {"slow": 30.0, "fast": 50.0}), (10.0, {"slow": 90.0, "fast": 40.0})]
        made = line_of(row, samples, {"absent": "not installed"}, "c", "m")
        self.assertEqual((made["peer"], made["peer_value"], made["ratio"], made["ok"]), ("fast", 40.0, 0.25, True))
        self.assertEqual(made[OTHERS], {"slow": 80.0, "absent": "could not run: not installed"})

    def test_counts_what_is_no_time_as_it_is(self):
        made = line_of(Row("a", None, (), "<= 0 lost", unit="lost"), [(0.0, {}), (0.0, {})], {}, "c", "m")
        self.assertEqual((made["value"], made["unit"], made["ok"], made["spread"]), (0.0, "lost", True, 0.0))

    def test_has_no_ratio_to_a_peer_that_measures_nothing(self):
        made = line_of(Row("a", None, PEER, unit="maps"), [(0.0, {"peer": 0.0}), (1.0, {"peer": 0.0})], {}, "c", "m")
        self.assertEqual((made["value"], made["peer_value"], made["ratio"]), (0.5, 0.0, None))

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
        row = Row("a", (Fixed(10.0), ""), (Peer("peer", ((Fixed(3.0), ""), (Fixed(4.0), ""))),))
        self.assertEqual(cli.sample(row, False, {}), (10.0, {"peer": 7.0}))

    def test_goes_on_without_a_peer_that_failed(self):
        row = Row("a", (Fixed(10.0, 11.0), ""), (Peer("one", ((Fixed("broken"), ""),)), Peer("two", ((Fixed(5.0, 6.0), ""),))))
        trouble = {}
        self.assertEqual([cli.sample(row, turn, trouble) for turn in (False, True)], [(10.0, {"two": 5.0}), (11.0, {"two": 6.0})])
        self.assertEqual(trouble, {"one": "broken"})

    def test_takes_one_round_a_pass_of_a_heavy_row_and_one_in_all_when_quick(self):
        self.assertEqual(cli.measure([Row("a", (Fixed(*range(1, 4)), ""), heavy=True)], 3, 5)[0][0]["n"], 3)
        self.assertEqual(cli.measure([Row("a", (Fixed(1.0), ""), heavy=True)], 3, 5, quick=True)[0][0]["n"], 1)

    def test_takes_all_rounds_of_what_is_set_up_once_in_one_pass(self):
        self.assertEqual(cli.measure([Row("a", (Fixed(*range(1, 6)), ""), once=True)], 3, 5)[0][0]["n"], 5)
        self.assertEqual(cli.measure([Row("a", (Fixed(*range(1, 4)), ""), heavy=True, once=True)], 3, 5)[0][0]["n"], 3)
        self.assertEqual(cli.measure([Row("a", (Fixed(1.0), ""), heavy=True, once=True)], 3, 5, quick=True)[0][0]["n"], 1)

    def test_selects_groups_and_rows_by_pattern(self):
        a, b = Row("x.a", None), Row("y.b", None)
        rows = {"one": [a], "two": [b]}
        self.assertEqual(cli.select(rows, []), [a, b])
        self.assertEqual(cli.select(rows, ["two", "x.*"]), [b, a])
        with self.assertRaises(SystemExit):
            cli.select(rows, ["three"])

    def test_leaves_long_rows_out_of_a_quick_run_unless_they_are_named(self):
        short, long = Row("x.a", None), Row("x.b", None, by_name=True)
        rows = {"one": [short, long]}
        self.assertEqual(cli.select(rows, []), [short, long])
        self.assertEqual(cli.select(rows, ["one"], quick=True), [short])
        self.assertEqual(cli.select(rows, ["x.b"], quick=True), [long])
        with self.assertRaisesRegex(SystemExit, "--quick leaves out every row of 'x.b\\*'"):
            cli.select(rows, ["x.b*"], quick=True)


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
        lines = [line("x.won", ok=True), line("x.lost", ok=False)]
        text = report.page("@SUMMARY one@\n@TABLE one@\n@RUN one@", lines, {"one": Group("x.")})
        self.assertIn("1 are met and 1 missed: `x.lost`", text)
        self.assertIn("**missed**", text)
        self.assertIn("Commit c, on m.", text)

    def test_gives_each_group_its_table_and_counts_the_last_line_of_a_row(self):
        lines = [line("x.a", ok=False), line("y.b", ok=True), line("x.a", ok=True)]
        groups = {"one": Group("x."), "two": Group("y."), "three": Group("z.")}
        one, two, three = (report.page(f"@{word}@", lines, groups) for word in ("SUMMARY one", "TABLE two", "RUN three"))
        self.assertIn("1 rows; of 1 targets 1 are met", one)
        self.assertIn("`y.b`", two)
        self.assertNotIn("x.a", two)
        self.assertIn("Not measured yet", three)

    def test_shows_rivals_beside_the_best_peer(self):
        text = report.markdown_table([line() | {OTHERS: {"q": 4.0, "r": "could not run: gone"}}])
        self.assertIn("p; q: 4 ns; r: could not run: gone", text)

    def test_fills_in_every_word_of_the_template(self):
        self.assertNotRegex(report.page((BENCH / "performance.md.in").read_text(), [line()], cli.GROUPS), "@[A-Z]+ \\w+@")

    def test_has_every_row_of_a_group_under_one_of_its_prefixes(self):
        for name, group in cli.GROUPS.items():
            for row in group.rows(pathlib.Path("build")):
                self.assertTrue(row.name.startswith(group.PREFIXES), f"{name}: {row.name}")


class Gate(unittest.TestCase):
    DEMANDS = (gate.Demand("N.1", "one", "x.a"), gate.Demand("N.2", "two", "y.b"), gate.Demand("N.3", "three", "x.gone"))

    def with_target(self, row, target, value=1.0, ratio=None, ok=True):
        return line(row, ratio=ratio, ok=ok) | {"target": target, "value": value}

    def test_says_for_each_demand_whether_it_is_met_and_by_what_margin(self):
        lines = [self.with_target("x.a", "<= 100 ns", 40.0), self.with_target("y.b", "<= 2x", ratio=4.0, ok=False)]
        text = gate.table(self.DEMANDS, lines)
        self.assertIn("| N.1 | one | `x.a` | 40 ns | <= 100 ns | met | 2.50x to spare |", text)
        self.assertIn("| N.2 | two | `y.b` | 1 ns, 4.00x | <= 2x | **missed** | 2.00x short |", text)
        self.assertIn("| N.3 | three | `x.gone` | - | - | **not measured** | - |", text)
        self.assertEqual(gate.summary(self.DEMANDS, lines), "Of 3 demands 1 are met; not met, or not measured: `y.b`, `x.gone`.")

    def test_counts_a_target_that_more_is_better_of_the_other_way_round(self):
        self.assertEqual(gate.margin(self.with_target("a", ">= 100 alive", 100.0)), "1.00x to spare")
        self.assertEqual(gate.margin(self.with_target("a", ">= 100 alive", 50.0)), "2.00x short")
        self.assertEqual(gate.margin(self.with_target("a", "<= 20 ms", 0.0)), "-")
        self.assertEqual(gate.margin(self.with_target("a", None)), "-")

    def test_never_calls_a_row_without_a_figure_met(self):
        self.assertEqual(gate.verdict(self.with_target("a", "<= 2x", ok=None)), "**no figure**")

    def test_shows_the_groups_other_rows_and_counts_the_last_line_of_each(self):
        group = Group("x.")
        group.GATE = self.DEMANDS[:1]
        lines = [self.with_target("x.a", "<= 2 ns", 3.0, ok=False), line("x.other"), line("y.alien"), self.with_target("x.a", "<= 2 ns", 1.0)]
        text = gate.page("@SUMMARY@ @TABLE@ @REST@ @RUN@", group, lines)
        self.assertIn("Of 1 demands 1 are met.", text)
        self.assertIn("`x.other`", text)
        self.assertNotIn("y.alien", text)
        self.assertIn("Commit c, on m.", text)

    def test_demands_rows_that_there_are_and_that_have_a_target(self):
        rows = {row.name: row for group in cli.GROUPS.values() for row in group.rows(pathlib.Path("build"))}
        for name, group in cli.GROUPS.items():
            for demand in getattr(group, "GATE", ()):
                self.assertTrue(rows[demand.row].target, f"{name}: {demand.row}")

    def test_fills_in_every_word_of_the_template_and_is_the_page_of_its_file(self):
        for name, group in cli.GROUPS.items():
            if not hasattr(group, "GATE"):
                continue
            file = cli.GATE_PAGES / f"{name}.json"
            text = gate.page((cli.GATE_TEMPLATES / f"{name}.md.in").read_text(), group, read_lines(file))
            self.assertNotRegex(text, "@[A-Z]+@")
            self.assertEqual(text, (cli.GATE_PAGES / f"{name}.md").read_text(), f"./dev bench --gate {name} {file.relative_to(cli.ROOT)}")


class Peers(unittest.TestCase):
    def test_build_plain_rust_exactly_as_the_bridge_is_built(self):
        peer, bridge = (tomllib.loads((BENCH / path / "Cargo.toml").read_text()) for path in ("peers/wasmtime", "../wasm/bridge"))
        for section in ("dependencies", "profile"):
            self.assertEqual(peer[section], bridge[section], section)


if __name__ == "__main__":
    unittest.main()
