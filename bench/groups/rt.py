"""The actor runtime alone, beside the C++ Actor Framework and Erlang; two threads each."""
from harness import build
from harness.programs import Served
from harness.rows import Peer, Row

PREFIXES = ("rt.",)
CAF, ERLANG = "CAF 0.17.6", "Erlang/OTP 25"
# What a slice takes: many messages, so that waking both threads does not count.
SLICE_MS = 100


def rows(build_dir):
    caf_program = build_dir / "bin/airssys_bench_caf"
    erlang_folder = build_dir / "bench/peers/erlang"
    # Processes for a million and more; crashes, of which a row is made, are not logged, as on our side.
    erlang_command = ["erl", "+S", "2:2", "+P", "4000000", "-noshell", "-kernel", "logger_level", "none", "-pa", erlang_folder,
                      "-s", "airssys_bench_erlang", "serve"]

    def programs(fresh=False):
        return (Served([build_dir / "bin/airssys_bench_rt", "serve"], fresh=fresh),
                Served([caf_program, "serve"], fresh=fresh, needs=lambda: build.installed(caf_program, "libcaf-dev")),
                Served(erlang_command, fresh=fresh, needs=lambda: build.installed(erlang_folder / "airssys_bench_erlang.beam", "erlang-base")))

    running, fresh = programs(), programs(fresh=True)

    def row(name, target, who=running, **how):
        ours, caf, erlang = who
        return Row(f"rt.{name}", (ours, name), (Peer(CAF, ((caf, name),)), Peer(ERLANG, ((erlang, name),))), target, slice_ms=SLICE_MS, **how)

    ours = running[0]

    def alone(name, target, **how):
        return Row(f"rt.{name}", (ours, name), (), target, slice_ms=SLICE_MS, **how)

    return [
        row("send.1p", "<= 0.30x"),
        row("send.2p", "<= 0.30x"),
        row("pingpong", "<= 0.25x"),
        row("spawn", "<= 0.20x"),
        # What one process has freed the next answer would find again, so each has its own.
        row("actor_bytes", "<= 512 B", fresh, unit="B", heavy=True),
        row("actor_bytes.1m", "<= 512 B", fresh, unit="B", heavy=True, by_name=True),
        row("ask.seq", "<= 0.25x"),
        row("ask.100", "<= 0.10x"),
        alone("ask.10m", "<= 0 lost", unit="lost", heavy=True, by_name=True),
        row("restart", "<= 0.40x"),
        row("skynet", "<= 0.20x", heavy=True),
        alone("broadcast", "<= 40 ns"),
        Row("rt.wake", (ours, "wake"), (Peer("a futex wake, same program", ((ours, "wake.limit"),)),), "<= 1.2x", unit="us", slice_ms=SLICE_MS),
    ]
