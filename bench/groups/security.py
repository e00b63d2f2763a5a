"""What checking costs: capabilities by kind, nothing remembered. Of ours alone but for paths, which the C library matches as well."""
from harness.programs import Served
from harness.rows import Peer, Row

PREFIXES = ("security.",)
TARGET = "<= 1000 ns"


def match_rows(program):
    for name in ("path", "path.denied", "endpoint", "endpoint.text", "storage", "target", "target.text", "topic", "topic.text", "process", "forbidden"):
        peers = (Peer("fnmatch", ((program, "match.path.fnmatch"),)),) if name == "path" else ()
        yield Row(f"security.match.{name}", (program, f"match.{name}"), peers, TARGET)
    # What the limits of a pattern are for.
    yield Row("security.match.path.hostile", (program, "match.path.hostile"), (), "<= 1000 us", unit="us")


def rows(build_dir):
    program = Served([build_dir / "bin/airssys_bench_security", "serve"])
    return [*match_rows(program)]
