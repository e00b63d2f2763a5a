"""What a message costs the host, without the guests: its checks and its way into the mailbox, a question with its answer, a publication. Beside
the copy that it cannot do without, and the same of the actor runtime alone. With guests: rows msg.guest.* of the group `runtime`."""
from harness.programs import Served
from harness.rows import Peer, Row

PREFIXES = ("messaging.",)
SIZES = ("64", "1k", "4k", "64k", "1m")


def path_rows(program, actors):
    for size in SIZES:
        copy = (Peer("one allocation and one copy", ((program, f"copy.{size}"),)),)
        # The founding documents give 260 ns for validation, routing and delivery together, half of which is asked for.
        yield Row(f"messaging.route.{size}", (program, f"route.{size}"), copy, "<= 130 ns" if size == "64" else "")
    yield Row("messaging.send", (program, "send.64"), (Peer("rt: one producer", ((actors, "send.1p"),)),), "<= 280 ns")
    # N.9: three million a second with security and audit on, which tells decisions by their number; and a line for each event.
    bare = (Peer("the same, nothing recorded", ((program, "send.64"),)),)
    yield Row("messaging.audited", (program, "audited.decisions"), bare, "<= 333 ns")
    yield Row("messaging.audited.every", (program, "audited.every"), bare)
    yield Row("messaging.request", (program, "request.1"), (Peer("rt: ask, one after another", ((actors, "ask.seq"),)),), "<= 560 ns")
    yield Row("messaging.request.100", (program, "request.100"), (Peer("rt: ask, 100 under way", ((actors, "ask.100"),)),), "<= 560 ns")
    yield Row("messaging.topic", (program, "topic"), (Peer("rt: broadcast", ((actors, "broadcast"),)),), "<= 1.5x")


def rows(build_dir):
    program = Served([build_dir / "bin/airssys_bench_messaging", "serve"])
    actors = Served([build_dir / "bin/airssys_bench_rt", "serve"])
    return list(path_rows(program, actors))
