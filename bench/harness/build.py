"""Builds both sides: ours with CMake, and so C++ and Erlang peers, the Rust peers with cargo, in the directories that the C++ build uses."""
import functools
import os
import pathlib
import subprocess

from harness.programs import Unavailable, last_line

ROOT = pathlib.Path(__file__).resolve().parents[2]


class BuildError(Exception):
    pass


def call(command, **options):
    ended = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if ended.returncode != 0:
        raise BuildError(f"{' '.join(map(str, command))} failed:\n{ended.stdout}")
    return ended.stdout


def ours(build_dir, targets):
    """`targets` as bench/CMakeLists.txt names them: bench_GROUP, which includes those peers that CMake builds."""
    call(["cmake", "--preset", "release", "-B", build_dir, "-DAIRSSYS_BENCH=ON"])
    call(["cmake", "--build", build_dir, "--target", *targets])


def installed(program, package):
    """Raises Unavailable when CMake did not find `package` and so did not build `program`."""
    if not program.exists():
        raise Unavailable(f"{package} is not installed; tools/setup --bench does that")


def cargo_cache():
    home = os.environ.get("XDG_CACHE_HOME") or f"{os.environ['HOME']}/.cache"
    return os.environ.get("AIRSSYS_CARGO_TARGET_DIR") or f"{home}/airssys-wasm/cargo"


@functools.cache
def rust_peer(name, build_dir):
    """Builds bench/peers/NAME; its path is rust_peer_program(). Intermediate files lie where cmake/rust_bridge.cmake has them."""
    try:
        rust = call(["tools/rust-toolchain"]).strip()
        environment = {key: value for key, value in os.environ.items() if key not in ("CARGO_TARGET_DIR", "RUSTFLAGS")}
        environment |= {"CARGO_BUILD_BUILD_DIR": cargo_cache(), "RUSTC": f"{rust}/rustc"}
        # Not at a random address, as ours: its pool has the same room (airssys_whole_address_space in cmake/options.cmake).
        call([f"{rust}/cargo", "rustc", "--release", "--locked", "--quiet", "--manifest-path", f"bench/peers/{name}/Cargo.toml",
              "--target-dir", build_dir / "peers", "--", "-C", "relocation-model=static"], env=environment)
    except BuildError as error:
        raise Unavailable(f"{name}: {last_line(str(error))}") from error


def rust_peer_program(name, build_dir):
    return build_dir / "peers/release" / f"airssys_bench_{name}"
