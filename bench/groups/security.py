"""What checking costs: capabilities by kind, nothing remembered. Of ours alone but for paths, which the C library matches as well. What
recording costs, beside a file that is only written."""
from harness.programs import Served
from harness.rows import Peer, Row

PREFIXES = ("audit.", "security.")
TARGET = "<= 1000 ns"


def match_rows(program):
    for name in ("path", "path.denied", "endpoint", "endpoint.text", "storage", "target", "target.text", "topic", "topic.text", "process", "forbidden"):
        peers = (Peer("fnmatch", ((program, "match.path.fnmatch"),)),) if name == "path" else ()
        yield Row(f"security.match.{name}", (program, f"match.{name}"), peers, TARGET)
    # What the limits of a pattern are for.
    yield Row("security.match.path.hostile", (program, "match.path.hostile"), (), "<= 1000 us", unit="us")


def audit_rows(program):
    written = (Peer("the same bytes, only written and synced", ((program, "audit.throughput.limit"),)),)
    yield Row("audit.enqueue", (program, "audit.enqueue"), (), "<= 100 ns")
    yield Row("audit.throughput", (program, "audit.throughput"), (), "<= 1000 ns", heavy=True)
    yield Row("audit.written", (program, "audit.throughput"), written, "<= 2.0x", heavy=True)
    yield Row("audit.folded", (program, "audit.folded"), (), "<= 250 ns", heavy=True)


def rows(build_dir):
    program = Served([build_dir / "bin/airssys_bench_security", "serve"])
    return [*match_rows(program), *audit_rows(program)]
