"""One module per group: `rows(build_dir)` answers its rows, which hold the programs they come from; `PREFIXES` of its rows' names. To add a
group, name it here, and make a target bench_GROUP. A group with GATE has a page of its own, made of gates/GROUP.md.in."""
from groups import layer1, messaging, rt, runtime, security, storage

GROUPS = {"rt": rt, "runtime": runtime, "layer1": layer1, "security": security, "messaging": messaging, "storage": storage}
