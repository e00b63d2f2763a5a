"""Rows: what is measured against what, how samples become one line, and when a line is worse than an older one."""
import json
import operator
import re
import statistics
from dataclasses import dataclass

# What a program's figure is divided by: nanoseconds, or whatever a gauge of src/serve.h answers.
UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "B": 1, "B/B": 1, "lost": 1, "maps": 1, "alive": 1}
FIELDS = ("row", "value", "unit", "peer", "peer_value", "ratio", "better", "target", "ok", "n", "spread", "commit", "machine")
OTHERS = "others"  # one more field of a row with rivals: those that were not the best, {name: value, or why it could not run}
WORSE_BY = 0.10  # what --compare lets pass beyond the spread


@dataclass(frozen=True)
class Peer:
    name: str               # for readers
    parts: tuple            # (program of programs.py, its name for the row), …: their sum


@dataclass(frozen=True)
class Row:
    name: str
    ours: tuple             # (program of programs.py, its name for the row)
    peers: tuple = ()       # of type Peer; several are rivals: the ratio is to the best of them
    target: str = ""        # "<= 1.05x" of the peer, or "<= 50 ms"; empty: none
    unit: str = "ns"
    better: str = "lower"
    slice_ms: int = 20      # short: a noisy moment of the machine should cover both sides of a round
    heavy: bool = False     # takes seconds: one round a pass, and one pass when quick
    by_name: bool = False   # left out when quick, unless named
    once: bool = False      # takes long to set up: one pass, a heavy row with the rounds of all


def meets(target, value, unit, ratio):
    """Whether the target is met; None when there is none, or nothing to compare."""
    if not target:
        return None
    match = re.fullmatch(r"(<=|>=) ([\d.]+) ?(x|\w+)", target)
    if not match or match[3] not in ("x", unit):
        raise ValueError(f"target '{target}': write '<= 1.05x' or '<= 50 {unit}'")
    measured = ratio if match[3] == "x" else value
    if measured is None:
        return None
    return (operator.le if match[1] == "<=" else operator.ge)(measured, float(match[2]))


def spread(values):
    """The middle half of the values, as a share of their median."""
    if len(values) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / middle if middle else 0.0


def shorten(number, digits=4):
    return None if number is None else float(f"{number:.{digits}g}")


def best_peer(row, samples, trouble):
    """The peer that was fastest by its median, and the medians of all that ran."""
    medians = {}
    for peer in row.peers:
        values = [beside[peer.name] for _, beside in samples if peer.name in beside]
        if values and peer.name not in trouble:
            medians[peer.name] = statistics.median(values)
    return min(medians, key=medians.get) if medians else None, medians


def line_of(row, samples, trouble, commit, machine):
    """`samples`: a pair (ours, {peer: its value}) per round. `trouble`: why a peer could not run, by its name."""
    scale = UNITS[row.unit]
    value = statistics.median(ours for ours, _ in samples) / scale
    best, medians = best_peer(row, samples, trouble)
    # Of the rounds' ratios, not of the medians: what disturbed a round disturbed both sides of it. Nothing is no multiple of nothing.
    ratios = [ours / beside[best] for ours, beside in samples if beside.get(best)]
    ratio = statistics.median(ratios) if ratios else None
    failed = "; ".join(f"{peer.name} (could not run: {trouble[peer.name]})" for peer in row.peers if peer.name in trouble)
    line = {
        "row": row.name, "value": shorten(value), "unit": row.unit,
        "peer": best or failed or None,
        "peer_value": shorten(medians[best] / scale) if best else None, "ratio": shorten(ratio), "better": row.better,
        "target": row.target or None, "ok": meets(row.target, value, row.unit, ratio),
        "n": len(samples), "spread": shorten(spread(ratios or [ours for ours, _ in samples]), 2),
        "commit": commit, "machine": machine,
    }
    if best and len(row.peers) > 1:
        line[OTHERS] = {peer.name: shorten(medians[peer.name] / scale) if peer.name in medians else f"could not run: {trouble[peer.name]}"
                        for peer in row.peers if peer.name != best}
    return line


def read_lines(path):
    lines = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if text.strip():
            line = json.loads(text)
            if tuple(line) not in (FIELDS, (*FIELDS, OTHERS)):
                raise ValueError(f"{path}:{number}: not a line of ./dev bench --json")
            lines.append(line)
    return lines


def compare(old_lines, new_lines):
    """Tuples (row, verdict, text); the verdict is 'worse', 'better', 'same' or 'unknown'."""
    new_by_row = {line["row"]: line for line in new_lines}
    findings = []
    for old in old_lines:
        new = new_by_row.get(old["row"])
        if not new:
            findings.append((old["row"], "unknown", "not in the new file"))
        elif not old["ratio"] or not new["ratio"]:
            findings.append((old["row"], "unknown", "no ratio in one of the files"))
        else:
            change = new["ratio"] / old["ratio"]
            if old["better"] == "higher":
                change = 1 / change
            bound = WORSE_BY + max(old["spread"], new["spread"])
            verdict = "worse" if change > 1 + bound else "better" if 1 / change > 1 + bound else "same"
            findings.append((old["row"], verdict, f"{old['ratio']:.3g}x -> {new['ratio']:.3g}x, worse by {change - 1:+.0%}, bound {bound:.0%}"))
    return findings
