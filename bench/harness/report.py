"""Lines as a table: for the terminal, and for docs/performance.md."""
from harness.rows import OTHERS


def number(value):
    if value is None:
        return "-"
    text = f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return f"{float(text):,.0f}".replace(",", " ") if value >= 1000 else text


def verdict(line):
    return {True: "met", False: "missed", None: "-"}[line["ok"]]


def peers(line):
    """The peer of the ratio, and its rivals with their figures."""
    def figure(value):
        return value if isinstance(value, str) else f"{number(value)} {line['unit']}"

    return "; ".join([line["peer"] or "-", *(f"{name}: {figure(value)}" for name, value in line.get(OTHERS, {}).items())])


def cells(line):
    ratio = "-" if line["ratio"] is None else f"{line['ratio']:.2f}x"
    return (line["row"], f"{number(line['value'])} {line['unit']}", f"{number(line['peer_value'])} {line['unit']}" if line["peer_value"] else "-",
            ratio, line["target"] or "-", verdict(line), f"{line['spread']:.0%}")


HEAD = ("row", "ours", "peer", "ratio", "target", "", "spread")


def text_table(lines):
    rows = [HEAD] + [cells(line) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    out = []
    for row in rows:
        padded = [cell.ljust(width) if column in (0, 4, 5) else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths))]
        out.append("  ".join(padded).rstrip())
    for line in lines:
        if line["peer"] and "could not run" in line["peer"] or line.get(OTHERS):
            out.append(f"{line['row']}: {peers(line)}")
    return "\n".join(out)


def markdown_table(lines):
    out = ["| " + " | ".join(HEAD[:5] + ("result", "spread", "peer is")) + " |", "|---|---:|---:|---:|---|---|---:|---|"]
    for line in lines:
        mark = {"met": "met", "missed": "**missed**"}.get(verdict(line), "-")
        row = list(cells(line))
        row[0], row[5] = f"`{row[0]}`", mark
        out.append("| " + " | ".join(row + [peers(line)]) + " |")
    return "\n".join(out)


def summary(lines):
    with_target = [line for line in lines if line["ok"] is not None]
    missed = [line for line in with_target if not line["ok"]]
    text = f"{len(lines)} rows; of {len(with_target)} targets {len(with_target) - len(missed)} are met and {len(missed)} missed"
    return text + (": " + ", ".join(f"`{line['row']}`" for line in missed) if missed else "") + "."


def of_group(lines, group):
    """The group's lines; of a row that comes twice the last."""
    chosen = {line["row"]: line for line in lines if line["row"].startswith(group.PREFIXES)}
    return list(chosen.values())


def page(template, lines, groups):
    """The template's @WORD group@ filled in."""
    for name, group in groups.items():
        mine = of_group(lines, group)
        commits, machines = ({line[key] for line in mine} for key in ("commit", "machine"))
        values = {"TABLE": markdown_table(mine), "SUMMARY": summary(mine),
                  "RUN": f"Commit {', '.join(sorted(commits))}, on {'; '.join(sorted(machines))}."} if mine else {
                      "TABLE": "", "SUMMARY": "", "RUN": f"Not measured yet: `./dev bench {name} --json FILE`."}
        for word, value in values.items():
            template = template.replace(f"@{word} {name}@", value)
    return template
