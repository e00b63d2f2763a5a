"""The gate of layer 1: isolation, lives and numbers of hosted components, beside the numeric targets they have to meet."""
from harness.gate import Demand
from harness.programs import Served
from harness.rows import Peer, Row

PREFIXES = ("layer1.", "isolation.")
SLICE_MS = 100
ALONE = "the same component alone, same run"
BARE = "bare instances of the same component"


def isolation_rows(program):
    """The program measures all figures of one of the two situations with the first of them that it is asked for."""
    victim = program()
    yield Row("isolation.p99", (victim, "isolation.hostile.handling"), (Peer(ALONE, ((victim, "isolation.alone.handling"),)),), "<= 2x", unit="us",
              heavy=True)
    # With the way there and back, which passes workers that the hostile ones use as well.
    yield Row("isolation.delivery", (victim, "isolation.hostile.delivery"), (Peer(ALONE, ((victim, "isolation.alone.delivery"),)),), unit="us",
              heavy=True)
    yield Row("layer1.latency", (victim, "isolation.alone.median"), (), "<= 20 us", unit="us", heavy=True)
    yield Row("layer1.latency.p99", (victim, "isolation.alone.delivery"), (), "<= 1000 us", unit="us", heavy=True)


def life_rows(program):
    for name, unit, target in (("load.cold", "ms", "<= 11 ms"), ("load.warm", "ms", "<= 1 ms"), ("start", "us", ""),
                               ("restart.first", "us", "<= 100 us"), ("restart.again", "us", "<= 100 us"), ("preemption.sync", "ms", "<= 20 ms"),
                               ("preemption.fiber", "ms", "<= 20 ms")):
        yield Row(f"layer1.{name}", (program, name), (), target, unit=unit, heavy=True)


def actor_rows(build_dir):
    """Of the actor runtime alone; as in group `rt`, against the founding documents' figures instead of its peers."""
    def program(fresh):
        return Served([build_dir / "bin/airssys_bench_rt", "serve"], fresh=fresh)

    running = program(False)
    yield Row("layer1.actor.spawn", (running, "spawn"), (), "<= 625 ns", slice_ms=SLICE_MS)
    yield Row("layer1.actor.restart", (running, "restart"), (), "<= 50 us", unit="us", slice_ms=SLICE_MS)
    yield Row("layer1.actor.bytes", (program(True), "actor_bytes"), (), "<= 1024 B", unit="B", heavy=True)


def message_rows(host):
    # One message to a component, one back from it: each answers the other's. All workers.
    yield Row("layer1.echo", (host, "hop.64.all"), (), "<= 100 us", unit="us")
    yield Row("layer1.call", (host, "call.64.sync"), (), "<= 500 us", unit="us")


def density_rows(program, bare):
    for kind, count in (("standard", 10_000), ("standard", 32_000), ("compact", 100_000)):
        ours, beside = program(), bare()
        for figure, unit, better, target in (("alive", "alive", "higher", f">= {count} alive"), ("bytes", "B", "lower", "<= 2097152 B"),
                                             ("start", "us", "lower", ""), ("message", "ns", "lower", "")):
            row = f"{kind}.{count}.{figure}"
            peers = () if figure == "alive" else (Peer(BARE, ((beside, row),)),)
            yield Row(f"layer1.density.{row}", (ours, row), peers, target, unit=unit, better=better, heavy=True, by_name=count > 10_000)


def keyed_rows(program):
    """A component with an instance for each key, a thousand of them alive at most: a million keys need no more than a tenth of them."""
    fewer, many = program(), program()
    tenth = (Peer("a hundred thousand keys", ((fewer, "keys.100000.resident"),)),)
    for count, ours, beside in ((100_000, fewer, ()), (1_000_000, many, tenth)):
        by_name = count > 100_000
        yield Row(f"layer1.keys.{count}.lost", (ours, f"keys.{count}.lost"), (), "<= 0 lost", unit="lost", heavy=True, by_name=by_name)
        yield Row(f"layer1.keys.{count}.resident", (ours, f"keys.{count}.resident"), beside, "<= 1.1x" if beside else "", unit="B", heavy=True,
                  by_name=by_name)
        yield Row(f"layer1.keys.{count}.key", (ours, f"keys.{count}.key"), (), "", unit="us", heavy=True, by_name=by_name)


def rows(build_dir):
    guests = build_dir / "bench/guests"

    def program():
        return Served([build_dir / "bin/airssys_bench_layer1", "serve", guests])

    def bare():
        return Served([build_dir / "bin/airssys_bench_host", "density", guests])

    host = Served([build_dir / "bin/airssys_bench_host", "serve", guests])
    return [*isolation_rows(program), *life_rows(program()), *actor_rows(build_dir), *message_rows(host), *density_rows(program, bare),
            *keyed_rows(program)]


# In the order of the page. Rows of other groups count as well: docs/gates/layer1.json has them from the same run.
GATE = (
    Demand("isolation", "a victim's p99 handling time beside eight hostile components, against alone", "isolation.p99"),
    Demand("restart", "from a crash to the next message handled, no backoff, small guest", "layer1.restart.again"),
    Demand("restart", "the same of a component whose memory was never in use before", "layer1.restart.first"),
    Demand("N.1", "a component instantiated, cold: read, compiled, started", "layer1.load.cold"),
    Demand("N.1", "the same, its machine code in the cache on disk", "layer1.load.warm"),
    Demand("N.2", "an actor spawned", "layer1.actor.spawn"),
    Demand("N.10", "an echo component's message, there or back: more than 10 000 a second", "layer1.echo"),
    Demand("N.11", "end to end, there and back, median", "layer1.latency"),
    Demand("N.11", "end to end, there and back, p99", "layer1.latency.p99"),
    Demand("N.11", "a guest's export called", "layer1.call"),
    Demand("N.18", "10 000 standard components alive in one host", "layer1.density.standard.10000.alive"),
    Demand("scale", "32 000 standard components alive in one host", "layer1.density.standard.32000.alive"),
    Demand("scale", "100 000 compact components alive in one host", "layer1.density.compact.100000.alive"),
    Demand("scale", "messages lost of one to each of a million keys, a thousand alive", "layer1.keys.1000000.lost"),
    Demand("scale", "growth of resident memory by those, against a hundred thousand keys", "layer1.keys.1000000.resident"),
    Demand("N.19", "resident memory of a hosted component, 10 000 standard", "layer1.density.standard.10000.bytes"),
    Demand("N.19", "resident memory of a hosted component, 32 000 standard", "layer1.density.standard.32000.bytes"),
    Demand("N.19", "resident memory of a hosted component, 100 000 compact", "layer1.density.compact.100000.bytes"),
    Demand("N.19", "resident memory of an idle actor", "layer1.actor.bytes"),
    Demand("N.22", "an actor restarted, supervision only", "layer1.actor.restart"),
    Demand("N.38", "a guest that never returns is ended after its timeout, on a worker's stack", "layer1.preemption.sync"),
    Demand("N.38", "the same on a fiber", "layer1.preemption.fiber"),
    Demand("msg", "a message of 64 B from component to component, against the plain calls", "msg.guest.64"),
    Demand("msg", "the same with 4 KiB", "msg.guest.4k"),
    Demand("msg", "the same with 64 KiB", "msg.guest.64k"),
)
