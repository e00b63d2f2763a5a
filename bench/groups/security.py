"""What checking costs: capabilities by kind, nothing remembered. Of ours alone but for paths, which the C library matches as well. What
a gate costs, alone and on a message. What a signature costs, beside libsodium. What recording costs, beside a file that is only written."""
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


def gate_rows(program):
    for name, target in (("cached", "<= 50 ns"), ("kept", "<= 50 ns"), ("uncached", TARGET)):
        yield Row(f"security.check.{name}", (program, f"check.{name}"), (), target)
    open_gate = (Peer("the same message, with a gate that says yes", ((program, "message.open"),)),)
    yield Row("security.gate", (program, "message"), open_gate, "<= 1.1x")


def signature_rows(program):
    sodium = (Peer("libsodium: crypto_sign_verify_detached", ((program, "verify.limit"),)),)
    yield Row("security.verify", (program, "verify"), sodium, "<= 100 us", unit="us")
    yield Row("security.hash", (program, "hash"), (Peer("libsodium: crypto_hash_sha256", ((program, "hash.limit"),)),), "<= 1.05x", unit="ms",
              heavy=True)


def audit_rows(program):
    written = (Peer("the same bytes, only written and synced", ((program, "audit.throughput.limit"),)),)
    yield Row("audit.enqueue", (program, "audit.enqueue"), (), "<= 100 ns")
    yield Row("audit.throughput", (program, "audit.throughput"), (), "<= 1000 ns", heavy=True)
    yield Row("audit.written", (program, "audit.throughput"), written, "<= 2.0x", heavy=True)
    yield Row("audit.folded", (program, "audit.folded"), (), "<= 250 ns", heavy=True)


def rows(build_dir):
    program = Served([build_dir / "bin/airssys_bench_security", "serve", build_dir / "bench/guests"])
    return [*match_rows(program), *gate_rows(program), *signature_rows(program), *audit_rows(program)]
