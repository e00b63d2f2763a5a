"""Lines as a table: for the terminal, and for docs/performance.md."""


def number(value):
    if value is None:
        return "-"
    text = f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return f"{float(text):,.0f}".replace(",", " ") if value >= 1000 else text


def verdict(line):
    return {True: "met", False: "missed", None: "-"}[line["ok"]]


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
        if line["peer"] and "could not run" in line["peer"]:
            out.append(f"{line['row']}: {line['peer']}")
    return "\n".join(out)


def markdown_table(lines):
    out = ["| " + " | ".join(HEAD[:5] + ("result", "spread", "peer is")) + " |", "|---|---:|---:|---:|---|---|---:|---|"]
    for line in lines:
        mark = {"met": "met", "missed": "**missed**"}.get(verdict(line), "-")
        row = list(cells(line))
        row[0], row[5] = f"`{row[0]}`", mark
        out.append("| " + " | ".join(row + [line["peer"] or "-"]) + " |")
    return "\n".join(out)


def summary(lines):
    with_target = [line for line in lines if line["ok"] is not None]
    missed = [line for line in with_target if not line["ok"]]
    text = f"{len(lines)} rows; of {len(with_target)} targets {len(with_target) - len(missed)} are met and {len(missed)} missed"
    return text + (": " + ", ".join(f"`{line['row']}`" for line in missed) if missed else "") + "."


def page(template, lines):
    """The template's @WORDS@ filled in."""
    commits, machines = ({line[key] for line in lines} for key in ("commit", "machine"))
    values = {"@TABLE@": markdown_table(lines), "@SUMMARY@": summary(lines), "@COMMIT@": ", ".join(sorted(commits)), "@MACHINE@": "; ".join(sorted(machines))}
    for word, value in values.items():
        template = template.replace(word, value)
    return template
