"""The command line of bench/run."""
import argparse
import fnmatch
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

from groups import GROUPS
from harness import build, gate, report
from harness.programs import Unavailable
from harness.rows import compare, line_of, read_lines

ROOT = build.ROOT
TEMPLATE = ROOT / "bench/performance.md.in"
PAGE = ROOT / "docs/performance.md"
GATE_TEMPLATES, GATE_PAGES = ROOT / "bench/gates", ROOT / "docs/gates"
# Passes over all rows, each in new processes: neither a noisy minute nor the luck of a process's addresses falls on one row.
# Rounds of each row in a pass.
PASSES, ROUNDS = 3, 15
QUICK_PASSES, QUICK_ROUNDS = 3, 5


def machine():
    def first(path, pattern):
        try:
            found = re.search(pattern, pathlib.Path(path).read_text())
        except OSError:
            found = None
        return found[1].strip() if found else "unknown"

    system = first("/etc/os-release", r'PRETTY_NAME="([^"]*)"')
    return f"{first('/proc/cpuinfo', r'model name[ 	]*: (.*)')}, {os.cpu_count()} cores, {system}, Linux {platform.release().split('-')[0]}"


def commit():
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()

    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + ("-dirty" if git("status", "--porcelain", "--untracked-files=no") else "")


def select(rows_by_group, words, quick=False):
    """Rows of the groups, or whose names match, that `words` say; all without words."""
    chosen = []
    for word in words or rows_by_group:
        found = rows_by_group.get(word) or [row for rows in rows_by_group.values() for row in rows if fnmatch.fnmatch(row.name, word)]
        if not found:
            raise SystemExit(f"bench: no group and no row '{word}'; groups: {', '.join(rows_by_group)}")
        chosen += [row for row in found if row not in chosen and not (quick and row.by_name and row.name != word)]
    if not chosen:
        raise SystemExit(f"bench: --quick leaves out every row of '{' '.join(words)}': they take long; name one in full, or leave --quick out")
    return chosen


def sample(row, reverse, trouble):
    """One round: ours, and {peer: the sum of its parts}. Who goes first changes from round to round."""
    def beside(peer):
        if peer.name in trouble:
            return {}
        try:
            return {peer.name: sum(program.sample(name, row.slice_ms) for program, name in peer.parts)}
        except Unavailable as why:
            trouble[peer.name] = str(why)
            return {}

    def ours():
        program, name = row.ours
        return program.sample(name, row.slice_ms)

    if reverse:
        peers = [beside(peer) for peer in reversed(row.peers)]
        value = ours()
    else:
        value = ours()
        peers = [beside(peer) for peer in row.peers]
    return value, {name: measured for peer in peers for name, measured in peer.items()}


def programs(row):
    return {program for program, _ in (row.ours, *(part for peer in row.peers for part in peer.parts))}


def stop(chosen):
    for program in {program for row in chosen for program in programs(row)}:
        program.stop()


def measure(chosen, passes, rounds, quick=False):
    """Lines, and texts about rows that ours could not run."""
    samples, failures = {row.name: [] for row in chosen}, {}
    trouble = {row.name: {} for row in chosen}
    for one in range(passes):
        for row in chosen:
            if row.name in failures or (one > 0 and (row.once or (row.heavy and quick))):
                continue
            if sys.stderr.isatty():
                print(f"\rpass {one + 1}/{passes}  {row.name:<40}", end="", file=sys.stderr, flush=True)
            try:
                turns = rounds if not row.heavy else passes if row.once and not quick else 1
                samples[row.name] += [sample(row, (one + turn) % 2 == 1, trouble[row.name]) for turn in range(turns)]
            except Unavailable as why:
                failures[row.name] = str(why)
        stop(chosen)
    if sys.stderr.isatty():
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    at, on = commit(), machine()
    return [line_of(row, samples[row.name], trouble[row.name], at, on) for row in chosen if row.name not in failures], failures


def bench(arguments):
    build_dir = arguments.build_dir.resolve()
    rows_by_group = {name: group.rows(build_dir) for name, group in GROUPS.items()}
    chosen = select(rows_by_group, arguments.words, arguments.quick)
    build.ours(build_dir, [f"bench_{name}" for name, rows in rows_by_group.items() if any(row in chosen for row in rows)])
    passes, rounds = (QUICK_PASSES, QUICK_ROUNDS) if arguments.quick else (PASSES, ROUNDS)
    try:
        lines, failures = measure(chosen, passes, rounds, arguments.quick)
    finally:
        stop(chosen)
    print(report.text_table(lines))
    for row, why in failures.items():
        print(f"{row}: could not run: {why}")
    if arguments.json:
        arguments.json.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return 1 if failures else 0


def compare_files(old, new):
    findings = compare(read_lines(old), read_lines(new))
    for row, verdict, text in findings:
        print(f"{verdict:<8}{row:<24}{text}")
    return 1 if any(verdict == "worse" for _, verdict, _ in findings) else 0


def write_gate(name, files):
    group = GROUPS.get(name)
    if not hasattr(group, "GATE"):
        raise ValueError(f"'{name}' is no gate; gates: {', '.join(one for one, other in GROUPS.items() if hasattr(other, 'GATE'))}")
    lines = [line for path in files for line in read_lines(pathlib.Path(path))]
    (GATE_PAGES / f"{name}.md").write_text(gate.page((GATE_TEMPLATES / f"{name}.md.in").read_text(), group, lines))
    return 0


def main(words):
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures us beside our peers; see bench/README.md.")
    parser.add_argument("words", nargs="*", metavar="GROUP", help=f"groups ({', '.join(GROUPS)}) or rows (wasm.call.*); default: all")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write one JSON line per row")
    parser.add_argument("--quick", action="store_true", help="a third of the rounds")
    parser.add_argument("--compare", nargs=2, type=pathlib.Path, metavar=("OLD", "NEW"), help="compare two such files; exit 1 when a row became worse")
    parser.add_argument("--report", nargs="+", type=pathlib.Path, metavar="FILE",
                        help="make docs/performance.md of such files; of a row that several have the last counts")
    parser.add_argument("--gate", nargs="+", metavar=("GROUP", "FILE"), help="make docs/gates/GROUP.md of such files; likewise")
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build/release", metavar="DIR", help="default: build/release")
    arguments = parser.parse_args(words)
    try:
        if arguments.compare:
            return compare_files(*arguments.compare)
        if arguments.report:
            PAGE.write_text(report.page(TEMPLATE.read_text(), [line for path in arguments.report for line in read_lines(path)], GROUPS))
            return 0
        if arguments.gate:
            return write_gate(arguments.gate[0], arguments.gate[1:])
        return bench(arguments)
    except (build.BuildError, OSError, ValueError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
