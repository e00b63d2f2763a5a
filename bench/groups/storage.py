"""What a backend adds to RocksDB called directly, with the same options in the same run; what sled costs beside it. 100 000 entries of 1 KiB."""
from harness.programs import Served
from harness.rows import Peer, Row

PREFIXES = ("storage.",)


def backend_rows(program):
    def raw(name):
        return (Peer("RocksDB itself", ((program, f"raw.{name}"),)),)

    def rocksdb(name):
        return (Peer("our RocksDB backend", ((program, f"rocksdb.{name}"),)),)

    for name in ("get", "set", "scan"):
        yield Row(f"storage.backend.{name}", (program, f"rocksdb.{name}"), raw(name), "<= 1.1x")
        yield Row(f"storage.sled.{name}", (program, f"sled.{name}"), rocksdb(name))
    for name, target in (("get", "<= 1.1x"), ("set", "<= 1.2x"), ("scan", "<= 1.2x")):
        yield Row(f"storage.{name}", (program, f"store.{name}"), raw(name), target)
    yield Row("storage.backend.sync", (program, "rocksdb.sync"), raw("sync"), "<= 1.1x", unit="us")
    yield Row("storage.sled.sync", (program, "sled.sync"), rocksdb("sync"), unit="us")
    # N.12: a millisecond, in 99 of 100 five.
    for backend, kind in (("backend", "rocksdb"), ("sled", "sled")):
        for name in ("get", "set"):
            for part, target in (("p50", "<= 1000 us"), ("p99", "<= 5000 us")):
                yield Row(f"storage.{backend}.{name}.{part}", (program, f"{kind}.{name}.{part}"), (), target, unit="us", heavy=True)
        yield Row(f"storage.{backend}.reopen", (program, f"{kind}.reopen"), (), unit="ms", heavy=True)


def store_rows(program):
    # As time for each write, so that "32x as many" is a 32nd of the time.
    one_by_one = (Peer("RocksDB: synchronised one by one", ((program, "commit.raw"),)),)
    for writers, target in ((1, "<= 1.11x"), (16, "<= 0.125x"), (256, "<= 0.031x")):
        yield Row(f"storage.commit.{writers}", (program, f"commit.{writers}"), one_by_one, target, unit="us")
    yield Row("storage.quota", (program, "quota"), (Peer("the memory backend alone", ((program, "quota.raw"),)),))


def guest_rows(program):
    """The way between guest and host alone; beside other functions of the host that give or take as much."""
    for name, other, what in (("get", "call", "call-host-function"), ("set", "send", "send-message")):
        for lane in ("", ".fiber"):
            yield Row(f"storage.guest.{name}{lane}", (program, f"guest.{name}{lane}"),
                      (Peer(f"{what}, a copy of the same size", ((program, f"guest.{other}{lane}"),)),))


def size_rows(serve):
    """What grows with what is kept, at two sizes each. The figures of a size stand together: one store is there at a time."""
    program, fresh = Served(serve), Served(serve, fresh=True)
    for shape, by_name in (("large.256m", False), ("large.2g", True), ("many.1000", False), ("many.10000", True)):
        def row(name, **how):
            beside = (Peer("RocksDB itself", ((program, f"size.raw.{shape}.{name}"),)),)
            return Row(f"storage.{shape}.{name}", (program, f"size.{shape}.{name}"), beside, by_name=by_name, once=True, **how)

        yield from (row(name) for name in ("get", "set", "scan"))
        yield from (row(name, unit="ms", heavy=True) for name in ("check", "open", "recount"))
        yield row("disk", unit="B/B", heavy=True)
        if shape.startswith("many"):
            yield Row(f"storage.{shape}.bytes", (fresh, f"size.{shape}.bytes"), unit="B", heavy=True)
    # N.13: 100 ms each.
    for row, kind in (("storage", "rocksdb"), ("storage.sled", "sled")):
        for name in ("keys", "check"):
            yield Row(f"{row}.10k.{name}", (program, f"10k.{kind}.{name}"), target="<= 100 ms", unit="ms")


def rows(build_dir):
    serve = [build_dir / "bin/airssys_bench_storage", "serve"]
    program = Served(serve)
    return [*backend_rows(program), *store_rows(program), *guest_rows(program), *size_rows(serve)]
