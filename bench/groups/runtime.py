"""The WASM path: calls, instances, messages from component to component, and the program's start, beside plain Rust Wasmtime."""
from harness import build
from harness.programs import Served, Spawned
from harness.rows import Peer, Row

PREFIXES = ("wasm.", "msg.", "run.", "density.")
PEER = "plain Rust Wasmtime 48"
LANES = {"sync": "<= 1.05x", "fiber": "<= 1.10x"}


def call_rows(host, peer):
    for lane, target in LANES.items():
        for payload in ("nop", "64", "4k", "64k"):
            name = f"wasm.call.{payload}" + (".fiber" if lane == "fiber" else "")
            row = f"call.{payload}.{lane}"
            yield Row(name, (host, row), (Peer(PEER, ((peer, row),)),), target)


def message_rows(host, peer):
    who = f"{PEER}: host call out + message in"
    for payload, target in (("64", "<= 1.25x"), ("4k", "<= 1.15x"), ("64k", "<= 1.15x")):
        beside = (Peer(who, ((peer, f"out.{payload}"), (peer, f"call.{payload}.sync"))),)
        # One worker shows what a message costs; with all of them sender and receiver may run side by side.
        yield Row(f"msg.guest.{payload}", (host, f"message.{payload}.1w"), beside, target)
        yield Row(f"msg.guest.{payload}.workers", (host, f"message.{payload}.all"), beside)
    # One message there, one back: nothing to do at once, so that each pays for a whole turn of its receiver.
    yield Row("msg.guest.64.hop", (host, "hop.64.1w"), (Peer(who, ((peer, "out.64"), (peer, "call.64.sync"))),))
    # N.11 asks for less than 2 ms; the peer is what remains of it where nothing is between the guests.
    asked = (Peer(f"{PEER}: host call out + message in + answer in", ((peer, "out.64"), (peer, "call.64.sync"), (peer, "call.64.sync"))),)
    yield Row("msg.guest.request", (host, "request.64"), asked, "<= 2000 us", unit="us")
    yield Row("msg.guest.request.100", (host, "request.64.100"), asked, unit="us")
    yield Row("msg.guest.topic", (host, "topic.64"), (Peer(f"{PEER}: message in", ((peer, "call.64.sync"),)),))


def metering_rows(peer):
    """What fuel and the epoch cost, each alone and both, where neither we nor anything else comes in between."""
    for what in ("compute", "message"):
        beside = (Peer("the same without fuel and epoch", ((peer, f"{what}.none"),)),)
        for metering in ("epoch", "fuel", "both"):
            yield Row(f"wasm.cost.{metering}.{what}", (peer, f"{what}.{metering}"), beside)


def density_rows(host, peer):
    """Each size has a process of its own on both sides, which measures its four figures at once. A hundred thousand standard
    instances have no room: no row."""
    figures = (("bytes", "B", "<= 1.15x"), ("mappings", "maps", ""), ("start", "us", "<= 1.15x"), ("message", "ns", "<= 1.15x"))
    for kind, counts in (("standard", (10_000, 32_000)), ("compact", (10_000, 32_000, 100_000))):
        for count in counts:
            ours, theirs = host(), peer()
            for figure, unit, target in figures:
                row = f"{kind}.{count}.{figure}"
                yield Row(f"density.{row}", (ours, row), (Peer(PEER, ((theirs, row),)),), target, unit=unit, heavy=True, by_name=count > 10_000)


def rows(build_dir):
    guests = build_dir / "bench/guests"
    peer_program = build.rust_peer_program("wasmtime", build_dir)
    artifact = guests / "relay.cwasm"

    def make_peer():
        build.rust_peer("wasmtime", build_dir)

    def make_artifact():
        make_peer()
        build.call([peer_program, "compile", guests / "relay.wasm", artifact])

    host = Served([build_dir / "bin/airssys_bench_host", "serve", guests])
    peer = Served([peer_program, "serve", guests], needs=make_peer, pinned=True)

    def crowd():
        return Served([build_dir / "bin/airssys_bench_host", "density", guests])

    def peer_crowd():
        return Served([peer_program, "density", guests], needs=make_peer)

    start = Spawned([build_dir / "bin/airssys-wasm", "run", "--quiet", guests / "sink"], {"AIRSSYS_WASM_HOME": str(build_dir / "bench/home")})
    peer_start = Spawned([peer_program, "startup", artifact], needs=make_artifact)
    return [
        *call_rows(host, peer),
        Row("wasm.instance", (host, "instance"), (Peer(PEER, ((peer, "instance"),)),), "<= 1.10x"),
        Row("wasm.trap", (host, "trap"), (Peer(PEER, ((peer, "trap"),)),), "<= 1.25x", unit="us"),
        Row("wasm.load.warm", (host, "load.warm"), (Peer(f"{PEER}: deserialize_file, link, instantiate", ((peer, "load.warm"),)),), "<= 1.25x", unit="us"),
        Row("wasm.compute", (host, "compute"), (Peer(PEER, ((peer, "compute.both"),)),)),
        *metering_rows(peer),
        *message_rows(host, peer),
        Row("run.startup", (start, ""), (Peer(f"{PEER}: deserialize, instantiate, init, end", ((peer_start, ""),)),), "<= 50 ms", unit="ms"),
        *density_rows(crowd, peer_crowd),
    ]
