#!/usr/bin/env python3
"""The C++ on a page is that of a program which a test runs. usage: code_on_pages.py PAGE.md...

The line before each ```cpp block links to the file it is from, as in [ask.cc](../../examples/rt/ask.cc). Its lines stand in
that file one after another, whatever the indentation; a line `// …` leaves some out. A block with <!-- not from a program -->
before it is let be."""
import pathlib
import re
import sys
import textwrap

LINK = re.compile(r"\]\(([\w./-]+\.(?:cc|h))\)")
LEAVE = "<!-- not from a program -->"


def blocks(text):
    """(line number, the line of text before it, lines) of each ```cpp block"""
    before, inside, found = "", None, []
    for number, line in enumerate(text.splitlines(), 1):
        if inside is not None:
            if line.strip() == "```":
                found.append(inside)
                inside = None
            else:
                inside[2].append(line)
        elif line.strip() == "```cpp":
            inside = (number, before, [])
        elif line.strip():
            before = line
    return found


def stands_in(part, source):
    """Where in the source's lines the part ends, or None."""
    wanted = textwrap.dedent("\n".join(part).strip("\n")).splitlines()
    for start in range(len(source) - len(wanted) + 1):
        if textwrap.dedent("\n".join(source[start:start + len(wanted)])).splitlines() == wanted:
            return start + len(wanted)
    return None


def finding(page, before, lines):
    link = LINK.search(before)
    if not link:
        return None if LEAVE in before else "no link to the program it is from, in the line before"
    source = (page.parent / link[1]).read_text().splitlines()
    part = []
    for line in [*lines, "// …"]:
        if line.strip() != "// …":
            part.append(line)
            continue
        end = stands_in(part, source)
        if end is None:
            return f"{link[1]} does not have:\n" + "\n".join(part)
        source, part = source[end:], []
    return None


def main(pages):
    findings, count = [], 0
    for page in map(pathlib.Path, pages):
        found = blocks(page.read_text())
        count += len(found)
        for number, before, lines in found:
            if said := finding(page, before, lines):
                findings.append(f"{page}:{number}: {said}")
    print("\n".join(findings) if findings else f"{count} blocks are what runs")
    return 1 if findings or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
