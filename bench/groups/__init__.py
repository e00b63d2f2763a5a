"""One module per group: `rows(build_dir)` answers its rows, which hold the programs they come from; `PREFIXES` of its rows' names. To add a
group, name it here, and make a target bench_GROUP."""
from groups import rt, runtime

GROUPS = {"rt": rt, "runtime": runtime}
