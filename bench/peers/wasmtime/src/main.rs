//! The work of `bench/src` in plain Rust on Wasmtime alone, as fast as its public API allows: typed functions, borrowed
//! arguments, a pooled allocator. What a host adds (budgets per call, accounting, routing) is left out on purpose.
mod guest;
mod rows;
mod serve;

use std::process::ExitCode;

const USAGE: &str = "usage: airssys_bench_wasmtime serve GUESTS [--instances N]          rows on request, see bench/README.md
       airssys_bench_wasmtime count GUESTS ROW N [--instances N]    N operations of one row, for callgrind
       airssys_bench_wasmtime density GUESTS                        the rows of density, likewise
       airssys_bench_wasmtime compile WASM ARTIFACT                 what `startup` needs
       airssys_bench_wasmtime startup ARTIFACT                      load, instantiate, init, shutdown, end";

fn run(arguments: &[&str]) -> wasmtime::Result<()> {
    let (arguments, instances) = match arguments {
        [rest @ .., "--instances", n] => (rest, n.parse()?),
        all => (all, guest::INSTANCES),
    };
    match *arguments {
        ["density", guests] => serve::serve_gauges(&rows::density_rows(guests)),
        ["serve", guests] => serve::serve(&mut rows::rows(guests, instances)?),
        ["count", guests, row, n] => serve::count(&mut rows::rows(guests, instances)?, row, n.parse()?),
        ["compile", wasm, artifact] => guest::compile(wasm, artifact),
        ["startup", artifact] => guest::startup(artifact),
        _ => Err(wasmtime::Error::msg(USAGE)),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
