"""The page of a gate: what is demanded of a layer, which row shows it, whether it is met, and by what margin."""
import re
from dataclasses import dataclass

from harness.report import markdown_table, number


@dataclass(frozen=True)
class Demand:
    id: str    # of the list of targets, or a word
    what: str
    row: str   # its line has the target


def margin(line):
    """How far the figure is from its target, as a factor."""
    match = re.fullmatch(r"(<=|>=) ([\d.]+) ?(x|\w+)", line["target"] or "")
    measured = match and line["ratio" if match[3] == "x" else "value"]
    if measured is None or not match:
        return "-"
    limit = float(match[2])
    if not measured or not limit:
        return "none left" if measured == limit else "-"
    factor = limit / measured if match[1] == "<=" else measured / limit
    by = max(factor, 1 / factor)
    return (f"{by:.2f}x" if by < 10 else f"{number(by)}x") + (" to spare" if factor >= 1 else " short")


def measured(line):
    value = f"{number(line['value'])} {line['unit']}"
    return value if line["ratio"] is None else f"{value}, {line['ratio']:.2f}x"


def verdict(line):
    if not line:
        return "**not measured**"
    return {True: "met", False: "**missed**", None: "**no figure**"}[line["ok"]]


def table(demands, lines):
    by_row = {line["row"]: line for line in lines}  # of a row that comes twice the last line counts
    out = ["| | demand | row | measured | target | result | margin |", "|---|---|---|---:|---|---|---|"]
    for demand in demands:
        line = by_row.get(demand.row)
        figures = (measured(line), line["target"] or "-", verdict(line), margin(line)) if line else ("-", "-", verdict(None), "-")
        out.append("| " + " | ".join((demand.id, demand.what, f"`{demand.row}`", *figures)) + " |")
    return "\n".join(out)


def summary(demands, lines):
    by_row = {line["row"]: line for line in lines}
    met = [demand for demand in demands if (by_row.get(demand.row) or {}).get("ok")]
    text = f"Of {len(demands)} demands {len(met)} are met"
    rest = [f"`{demand.row}`" for demand in demands if demand not in met]
    return text + (f"; not met, or not measured: {', '.join(rest)}." if rest else ".")


def page(template, group, lines):
    """The template's @SUMMARY@, @TABLE@ and @RUN@ filled in; @REST@ are the group's rows that nothing is demanded of."""
    demanded = {demand.row for demand in group.GATE}
    used = [line for line in lines if line["row"] in demanded or line["row"].startswith(group.PREFIXES)]
    rest = list({line["row"]: line for line in used if line["row"] not in demanded}.values())
    commits, machines = (sorted({line[key] for line in used}) for key in ("commit", "machine"))
    values = {"SUMMARY": summary(group.GATE, lines), "TABLE": table(group.GATE, lines), "REST": markdown_table(rest),
              "RUN": f"Commit {', '.join(commits)}, on {'; '.join(machines)}."}
    for word, value in values.items():
        template = template.replace(f"@{word}@", value)
    return template
