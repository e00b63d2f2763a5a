"""One module per group: `rows(build_dir)` answers its rows, which hold the programs they come from. To add a group, name it here."""
from groups import runtime

GROUPS = {"runtime": runtime}
