//! WASI 0.2 for guests whose toolchain brings it along (Python, JavaScript, Go, whatever Rust or C builds for `wasip2`): all of it
//! at once, nothing waits, so that such a guest stays on the fast lane.
//!
//! - Standard output and error become lines of the component's log; the joining is in `wasi_lines.rs`. Standard input is at its end.
//! - Clocks and random bytes are the host's own, through `services`. Arguments and environment are empty.
//! - A timer tells truthfully whether it is due. To wait for one that is not would block a worker: that ends the call, with the
//!   way out in its text.
//! - `exit` ends the call, as any crash does, whatever the code says: a component that has ended can't take the next message.
//! - Files and sockets are in `wasi_refused.rs`.
use crate::abi::HostTables;
use crate::describe::Item;
use crate::error::HostTrap;
use crate::host::Context;
use crate::wasi_lines::Stream;
use crate::wasi_refused;
use wasmtime::component::{ComponentType, Linker, LinkerInstance, Lower, Resource, ResourceTable, ResourceType, WasmList};
use wasmtime::{Result, StoreContextMut};

/// Timers that one instance holds at a time; an event loop needs a handful.
const POLLABLES_MAX: usize = 1024;
/// What one call may ask for at once of random bytes, and what a stream says it takes.
const CHUNK_BYTES_MAX: u64 = 64 << 10;
/// Every version of 0.2 is linked as this one, for the linker takes versions of one 0.x as the same.
const VERSION: &str = "@0.2.0";
const PACKAGES: [&str; 6] = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

type Caller<'a> = StoreContextMut<'a, Context>;
type Streamed<T> = std::result::Result<T, StreamError>;

/// Types of handles. What a handle stands for is its number.
pub struct InputStream;
pub struct OutputStream;
pub struct IoError;
pub struct Terminal;
/// When a timer is due, on the monotonic clock; 0: ready from the start.
pub struct Pollable(u64);

#[derive(ComponentType, Lower)]
#[component(variant)]
pub enum StreamError {
    #[component(name = "last-operation-failed")]
    #[allow(dead_code)] // a part of the type; our streams do not fail that way
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// What a store keeps for its guest's WASI.
pub struct State {
    pollables: ResourceTable,
    pub out: Stream,
    pub err: Stream,
}

impl State {
    pub fn new() -> State {
        let mut pollables = ResourceTable::new();
        pollables.set_max_capacity(POLLABLES_MAX);
        State { pollables, out: Stream::new(crate::types::LogLevel::Info), err: Stream::new(crate::types::LogLevel::Warn) }
    }
}

/// Whether an import is of WASI 0.2, so that it is this file's to link or to refuse.
pub fn is_ours(interface: &str) -> bool {
    let version = interface.split_once('@').map_or("", |(_, version)| version);
    PACKAGES.iter().any(|package| interface.starts_with(package)) && version.starts_with("0.2.")
}

/// The host has what WASI needs of it.
pub fn is_offered(tables: &HostTables) -> bool {
    let services = &tables.services;
    services.log.is_some()
        && services.current_time.is_some()
        && services.monotonic_now.is_some()
        && services.fill_random.is_some()
}

fn trap(text: impl Into<String>) -> wasmtime::Error {
    HostTrap(text.into()).into()
}

fn pollable(caller: &mut Caller<'_>, due: u64) -> Result<(Resource<Pollable>,)> {
    let made = caller.data_mut().wasi.pollables.push(Pollable(due));
    Ok((
        made.map_err(|_| trap(format!("the component holds {POLLABLES_MAX} timers, and may hold no more; it has to drop some")))?,
    ))
}

fn is_due(caller: &Caller<'_>, timer: &Resource<Pollable>) -> Result<bool> {
    let due = caller.data().wasi.pollables.get(timer).map_err(|_| trap("a timer that is none"))?.0;
    Ok(due == 0 || caller.data().monotonic_now()? >= due)
}

const WOULD_WAIT: &str = "the component waits for a timer through WASI, which would block a worker of the host; to sleep, \
                          it calls `airssys:core/waiting.sleep-ms` in the world `waiting-component`";

fn block(caller: Caller<'_>, (timer,): (Resource<Pollable>,)) -> Result<()> {
    if is_due(&caller, &timer)? { Ok(()) } else { Err(trap(WOULD_WAIT)) }
}

/// The places of those that are due; one at least.
fn poll(caller: Caller<'_>, (timers,): (Vec<Resource<Pollable>>,)) -> Result<(Vec<u32>,)> {
    let mut ready = Vec::new();
    for (place, timer) in (0u32..).zip(&timers) {
        if is_due(&caller, timer)? {
            ready.push(place);
        }
    }
    if ready.is_empty() { Err(trap(WOULD_WAIT)) } else { Ok((ready,)) }
}

/// Hands what a guest printed to its log.
fn write(mut caller: Caller<'_>, stream: &Resource<OutputStream>, bytes: &WasmList<u8>) -> Result<(Streamed<()>,)> {
    // The bytes are read out of the guest's memory piece by piece, for the store is both memory and log.
    let text = bytes.as_le_slice(&caller).to_vec();
    caller.data_mut().print(stream.rep(), &text)?;
    Ok((Ok(()),))
}

fn link_io(linker: &mut Linker<Context>) -> Result<()> {
    let mut error = instance(linker, "wasi:io/error")?;
    error.resource("error", ResourceType::host::<IoError>(), |_, _| Ok(()))?;
    error.func_wrap("[method]error.to-debug-string", |_: Caller<'_>, (_,): (Resource<IoError>,)| Ok((String::new(),)))?;

    let mut io = instance(linker, "wasi:io/poll")?;
    io.resource("pollable", ResourceType::host::<Pollable>(), |mut caller, rep| {
        let _ = caller.data_mut().wasi.pollables.delete(Resource::<Pollable>::new_own(rep));
        Ok(())
    })?;
    io.func_wrap("[method]pollable.ready", |caller: Caller<'_>, (timer,): (Resource<Pollable>,)| {
        Ok((is_due(&caller, &timer)?,))
    })?;
    io.func_wrap("[method]pollable.block", block)?;
    io.func_wrap("poll", poll)?;

    let mut streams = instance(linker, "wasi:io/streams")?;
    link_input(&mut streams)?;
    link_output(&mut streams)
}

/// Standard input, the only input there is, is at its end.
fn link_input(streams: &mut LinkerInstance<'_, Context>) -> Result<()> {
    streams.resource("input-stream", ResourceType::host::<InputStream>(), |_, _| Ok(()))?;
    for name in ["read", "blocking-read"] {
        streams.func_wrap(&format!("[method]input-stream.{name}"), |_: Caller<'_>, _: (Resource<InputStream>, u64)| {
            Ok((Streamed::<Vec<u8>>::Err(StreamError::Closed),))
        })?;
    }
    for name in ["skip", "blocking-skip"] {
        streams.func_wrap(&format!("[method]input-stream.{name}"), |_: Caller<'_>, _: (Resource<InputStream>, u64)| {
            Ok((Streamed::<u64>::Err(StreamError::Closed),))
        })?;
    }
    streams.func_wrap("[method]input-stream.subscribe", |mut caller: Caller<'_>, _: (Resource<InputStream>,)| {
        pollable(&mut caller, 0)
    })
}

/// The log takes everything at once; its own limits are on the other side.
fn link_output(streams: &mut LinkerInstance<'_, Context>) -> Result<()> {
    type Zeroes = (Resource<OutputStream>, u64);
    type Splice = (Resource<OutputStream>, Resource<InputStream>, u64);
    streams.resource("output-stream", ResourceType::host::<OutputStream>(), |_, _| Ok(()))?;
    streams.func_wrap("[method]output-stream.check-write", |_: Caller<'_>, _: (Resource<OutputStream>,)| {
        Ok((Streamed::Ok(CHUNK_BYTES_MAX),))
    })?;
    for name in ["write", "blocking-write-and-flush"] {
        let name = format!("[method]output-stream.{name}");
        streams.func_wrap(&name, |caller: Caller<'_>, (stream, bytes): (Resource<OutputStream>, WasmList<u8>)| {
            write(caller, &stream, &bytes)
        })?;
    }
    for name in ["flush", "blocking-flush"] {
        streams.func_wrap(&format!("[method]output-stream.{name}"), |_: Caller<'_>, _: (Resource<OutputStream>,)| {
            Ok((Streamed::Ok(()),))
        })?;
    }
    for name in ["write-zeroes", "blocking-write-zeroes-and-flush"] {
        // Nobody reads zeroes in a log.
        streams.func_wrap(&format!("[method]output-stream.{name}"), |_: Caller<'_>, _: Zeroes| Ok((Streamed::Ok(()),)))?;
    }
    for name in ["splice", "blocking-splice"] {
        streams.func_wrap(&format!("[method]output-stream.{name}"), |_: Caller<'_>, _: Splice| {
            Ok((Streamed::<u64>::Err(StreamError::Closed),))
        })?;
    }
    streams.func_wrap("[method]output-stream.subscribe", |mut caller: Caller<'_>, _: (Resource<OutputStream>,)| {
        pollable(&mut caller, 0)
    })
}

fn link_clocks(linker: &mut Linker<Context>) -> Result<()> {
    let mut monotonic = instance(linker, "wasi:clocks/monotonic-clock")?;
    monotonic.func_wrap("now", |caller: Caller<'_>, (): ()| Ok((caller.data().monotonic_now()?,)))?;
    monotonic.func_wrap("resolution", |_: Caller<'_>, (): ()| Ok((1u64,)))?;
    monotonic.func_wrap("subscribe-instant", |mut caller: Caller<'_>, (due,): (u64,)| pollable(&mut caller, due))?;
    monotonic.func_wrap("subscribe-duration", |mut caller: Caller<'_>, (duration,): (u64,)| {
        let due = caller.data().monotonic_now()?.saturating_add(duration);
        pollable(&mut caller, due)
    })?;
    let mut wall = instance(linker, "wasi:clocks/wall-clock")?;
    wall.func_wrap("now", |caller: Caller<'_>, (): ()| {
        let now = caller.data().current_time()?;
        Ok((Datetime { seconds: now.seconds, nanoseconds: now.nanoseconds },))
    })?;
    wall.func_wrap("resolution", |_: Caller<'_>, (): ()| Ok((Datetime { seconds: 0, nanoseconds: 1 },)))
}

fn random_bytes(caller: Caller<'_>, (size,): (u64,)) -> Result<(Vec<u8>,)> {
    if size > CHUNK_BYTES_MAX {
        return Err(trap(format!("{size} random bytes in one call, where {CHUNK_BYTES_MAX} are allowed; ask for them in parts")));
    }
    let mut bytes = vec![0; size as usize];
    caller.data().fill_random(&mut bytes)?;
    Ok((bytes,))
}

fn random_number(caller: &Caller<'_>) -> Result<u64> {
    let mut bytes = [0; 8];
    caller.data().fill_random(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// The insecure ones are as good as the secure one: a second generator would be one more thing to seed.
fn link_random(linker: &mut Linker<Context>) -> Result<()> {
    for (name, prefix) in [("wasi:random/random", ""), ("wasi:random/insecure", "insecure-")] {
        let mut random = instance(linker, name)?;
        random.func_wrap(&format!("get-{prefix}random-bytes"), random_bytes)?;
        random.func_wrap(&format!("get-{prefix}random-u64"), |caller: Caller<'_>, (): ()| Ok((random_number(&caller)?,)))?;
    }
    instance(linker, "wasi:random/insecure-seed")?
        .func_wrap("insecure-seed", |caller: Caller<'_>, (): ()| Ok(((random_number(&caller)?, random_number(&caller)?),)))
}

fn link_cli(linker: &mut Linker<Context>) -> Result<()> {
    let mut environment = instance(linker, "wasi:cli/environment")?;
    environment.func_wrap("get-environment", |_: Caller<'_>, (): ()| Ok((Vec::<(String, String)>::new(),)))?;
    environment.func_wrap("get-arguments", |_: Caller<'_>, (): ()| Ok((Vec::<String>::new(),)))?;
    environment.func_wrap("initial-cwd", |_: Caller<'_>, (): ()| Ok((None::<String>,)))?;
    let mut exit = instance(linker, "wasi:cli/exit")?;
    exit.func_wrap("exit", |_: Caller<'_>, (status,): (std::result::Result<(), ()>,)| exited(u8::from(status.is_err())))?;
    exit.func_wrap("exit-with-code", |_: Caller<'_>, (code,): (u8,)| exited(code))?;

    instance(linker, "wasi:cli/stdin")?
        .func_wrap("get-stdin", |_: Caller<'_>, (): ()| Ok((Resource::<InputStream>::new_own(0),)))?;
    instance(linker, "wasi:cli/stdout")?
        .func_wrap("get-stdout", |_: Caller<'_>, (): ()| Ok((Resource::<OutputStream>::new_own(1),)))?;
    instance(linker, "wasi:cli/stderr")?
        .func_wrap("get-stderr", |_: Caller<'_>, (): ()| Ok((Resource::<OutputStream>::new_own(2),)))?;
    for name in ["input", "output"] {
        let mut terminal = instance(linker, &format!("wasi:cli/terminal-{name}"))?;
        terminal.resource(&format!("terminal-{name}"), ResourceType::host::<Terminal>(), |_, _| Ok(()))?;
    }
    for name in ["stdin", "stdout", "stderr"] {
        let mut terminal = instance(linker, &format!("wasi:cli/terminal-{name}"))?;
        terminal.func_wrap(&format!("get-terminal-{name}"), |_: Caller<'_>, (): ()| Ok((None::<Resource<Terminal>>,)))?;
    }
    Ok(())
}

fn exited(code: u8) -> Result<()> {
    Err(trap(format!("the component exited with code {code}")))
}

fn instance<'a>(linker: &'a mut Linker<Context>, interface: &str) -> Result<LinkerInstance<'a, Context>> {
    linker.instance(&format!("{interface}{VERSION}"))
}

/// Everything that `imports` asks of WASI 0.2, whether it is offered or refused.
pub fn link(linker: &mut Linker<Context>, imports: &[Item]) -> Result<()> {
    if !imports.iter().any(|item| is_ours(&item.interface)) {
        return Ok(());
    }
    link_io(linker)?;
    link_clocks(linker)?;
    link_random(linker)?;
    link_cli(linker)?;
    wasi_refused::link(linker, imports)
}
