//! What is measured: calls in, a host call out, and an instance's life.
use crate::guest::{BOTH, ComponentError, Guest, Live, Message, Metering, Slots, at_once, engine, engine_with};
use crate::serve::{Batch, Gauge};
use std::cell::OnceCell;
use std::hint::black_box;
use std::rc::Rc;
use std::time::Instant;
use wasmtime::component::Component;
use wasmtime::{Error, Result};

const PAYLOADS: [(&str, usize); 3] = [("64", 64), ("4k", 4 << 10), ("64k", 64 << 10)];
/// Messages that one call sends: so many that the call itself does not count.
const SENDS_PER_CALL: u32 = 1000;
const PAGE: usize = 4096;

/// What bench/guests/relay.wat.in says: `what` with the message, `messages` per round. In the middle of a page, as
/// bench/src/relay.h has it.
fn payload(bytes: usize, messages: u32, what: u8) -> &'static [u8] {
    let pages = vec![0; 1 + bytes + PAGE].leak();
    let begin = (PAGE + PAGE / 2 - pages.as_ptr() as usize % PAGE) % PAGE;
    let payload = &mut pages[begin..begin + 1 + bytes];
    payload[0] = 0x55;
    payload[1..5].copy_from_slice(&1u32.to_le_bytes());
    payload[5..9].copy_from_slice(&messages.to_le_bytes());
    payload[9] = what;
    payload
}

/// The instance of a row, made when the row is first asked for.
fn live<'a>(slot: &'a mut Option<Live>, guest: &Guest) -> Result<&'a mut Live> {
    if slot.is_none() {
        *slot = Some(guest.instantiate()?);
    }
    slot.as_mut().ok_or_else(|| Error::msg("no instance"))
}

fn accepted(answer: Result<Option<Vec<u8>>, ComponentError>) -> Result<()> {
    black_box(answer).map(|_| ()).map_err(|error| Error::msg(format!("handle-message: {error:?}")))
}

fn call_rows(rows: &mut Vec<(String, Batch)>, guest: &Rc<Guest>, lane: &str, waits: bool) {
    let mut add = |name: &str, batch: Batch| rows.push((format!("call.{name}.{lane}"), batch));
    let (its, mut slot) = (guest.clone(), None);
    add(
        "nop",
        Box::new(move |n| {
            let Live { store, health, .. } = live(&mut slot, &its)?;
            let begin = Instant::now();
            for _ in 0..n {
                let answer = if waits { at_once(health.call_async(&mut *store, ()))? } else { health.call(&mut *store, ())? };
                black_box(answer);
            }
            Ok((n, begin.elapsed()))
        }),
    );
    for (name, bytes) in PAYLOADS {
        let (its, mut slot) = (guest.clone(), None);
        let message = Message::new(payload(bytes, 0, 0));
        add(
            name,
            Box::new(move |n| {
                let Live { store, handle_message, .. } = live(&mut slot, &its)?;
                let begin = Instant::now();
                for _ in 0..n {
                    let arguments = (black_box(message),);
                    let (answer,) = if waits {
                        at_once(handle_message.call_async(&mut *store, arguments))?
                    } else {
                        handle_message.call(&mut *store, arguments)?
                    };
                    accepted(answer)?;
                }
                Ok((n, begin.elapsed()))
            }),
        );
    }
}

fn send_rows(rows: &mut Vec<(String, Batch)>, guest: &Rc<Guest>) {
    for (name, bytes) in PAYLOADS {
        let (its, mut slot) = (guest.clone(), None);
        let message = Message::new(payload(bytes, SENDS_PER_CALL, 2));
        let batch: Batch = Box::new(move |n| {
            let Live { store, handle_message, .. } = live(&mut slot, &its)?;
            let calls = n.div_ceil(SENDS_PER_CALL.into());
            let begin = Instant::now();
            for _ in 0..calls {
                accepted(handle_message.call(&mut *store, (message,))?.0)?;
            }
            Ok((calls * u64::from(SENDS_PER_CALL), begin.elapsed()))
        });
        rows.push((format!("out.{name}"), batch));
    }
}

/// `guests`: the folder that holds relay.wasm and relay-waiting.wasm.
pub fn rows(guests: &str, instances: u32) -> Result<Vec<(String, Batch)>> {
    let engine = engine(instances)?;
    let load = |name: &str, waits| {
        let guest = Guest::new(&Component::from_file(&engine, format!("{guests}/{name}.wasm"))?, waits)?;
        guest.check()?;
        Ok::<_, Error>(Rc::new(guest))
    };
    let (relay, waiting) = (load("relay", false)?, load("relay-waiting", true)?);
    let mut rows = Vec::new();
    call_rows(&mut rows, &relay, "sync", false);
    call_rows(&mut rows, &waiting, "fiber", true);
    send_rows(&mut rows, &relay);
    let batch: Batch = Box::new(move |n| {
        let begin = Instant::now();
        for _ in 0..n {
            drop(black_box(relay.instantiate()?));
        }
        Ok((n, begin.elapsed()))
    });
    rows.push(("instance".into(), batch));
    rows.push(("trap".into(), trap_row(load("relay", false)?)));
    rows.push(("load.warm".into(), load_row(guests, engine)?));
    for (name, metering) in METERINGS {
        metering_rows(&mut rows, guests, name, metering)?;
    }
    Ok(rows)
}

/// From a trap to the answer of the instance that follows. The guest's allocator has no room for the message that traps.
fn trap_row(guest: Rc<Guest>) -> Batch {
    let (fatal, harmless) = (Message::new(payload(128 << 10, 0, 0)), Message::new(payload(64, 0, 0)));
    Box::new(move |n| {
        let mut live = guest.instantiate()?;
        let begin = Instant::now();
        for _ in 0..n {
            if live.handle_message.call(&mut live.store, (fatal,)).is_ok() {
                return Err(Error::msg("the guest did not trap"));
            }
            drop(live);
            live = guest.instantiate()?;
            accepted(live.handle_message.call(&mut live.store, (harmless,))?.0)?;
        }
        Ok((n, begin.elapsed()))
    })
}

fn load_row(guests: &str, engine: wasmtime::Engine) -> Result<Batch> {
    let artifact = format!("{guests}/relay.bench.cwasm");
    std::fs::write(&artifact, engine.precompile_component(&std::fs::read(format!("{guests}/relay.wasm"))?)?)?;
    Ok(Box::new(move |n| {
        let begin = Instant::now();
        for _ in 0..n {
            // SAFETY: written above.
            let component = unsafe { Component::deserialize_file(&engine, &artifact) }?;
            drop(black_box(Guest::new(&component, false)?.instantiate()?));
        }
        Ok((n, begin.elapsed()))
    }))
}

const METERINGS: [(&str, Metering); 4] = [
    ("none", Metering { fuel: false, epoch: false }),
    ("epoch", Metering { fuel: false, epoch: true }),
    ("fuel", Metering { fuel: true, epoch: false }),
    ("both", BOTH),
];

/// A loop of 1000 loads, and a call that does nothing.
fn metering_rows(rows: &mut Vec<(String, Batch)>, guests: &str, name: &str, metering: Metering) -> Result<()> {
    let engine = engine_with(8, 1, metering, Slots::Standard { images: true })?;
    let guest = Rc::new(Guest::new(&Component::from_file(&engine, format!("{guests}/relay.wasm"))?, false)?);
    for (what, message) in [("compute", Message::new(payload(64, 1000, 3))), ("message", Message::new(payload(64, 0, 0)))] {
        let (its, mut slot) = (guest.clone(), None);
        let batch: Batch = Box::new(move |n| {
            let Live { store, handle_message, .. } = live(&mut slot, &its)?;
            let begin = Instant::now();
            for _ in 0..n {
                accepted(handle_message.call(&mut *store, (black_box(message),))?.0)?;
            }
            Ok((n, begin.elapsed()))
        });
        rows.push((format!("{what}.{name}"), batch));
    }
    Ok(())
}

fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * PAGE as f64
}

fn mappings() -> f64 {
    std::fs::read_to_string("/proc/self/maps").unwrap_or_default().lines().count() as f64
}

#[derive(Clone, Copy)]
struct Density {
    bytes: f64,
    mappings: f64,
    start: f64,
    message: f64,
}

/// As `measure` of bench/src/density_rows.cc.
fn density(guests: &str, slots: Slots, count: u32) -> Result<Density> {
    let guest = Guest::new(&Component::from_file(&engine_with(count, 0, BOTH, slots)?, format!("{guests}/relay.wasm"))?, false)?;
    let message = Message::new(payload(64, 0, 0));
    let mut all = Vec::with_capacity(count as usize);
    let (resident, mapped, begin, each) = (resident_bytes(), mappings(), Instant::now(), f64::from(count));
    for _ in 0..count {
        let mut live = guest.instantiate()?;
        accepted(live.handle_message.call(&mut live.store, (message,))?.0)?;
        all.push(live);
    }
    let start = begin.elapsed().as_nanos() as f64 / each;
    let (bytes, mappings) = ((resident_bytes() - resident) / each, (mappings() - mapped) / each);
    let begin = Instant::now();
    for _ in 0..3 {
        for live in &mut all {
            accepted(live.handle_message.call(&mut live.store, (message,))?.0)?;
        }
    }
    Ok(Density { bytes, mappings, start, message: begin.elapsed().as_nanos() as f64 / (3.0 * each) })
}

type Figure = (&'static str, fn(&Density) -> f64);
const FIGURES: [Figure; 4] = [("bytes", |all| all.bytes), ("mappings", |all| all.mappings), ("start", |all| all.start), ("message", |all| all.message)];

/// The figures of one size are measured with the first that is asked for.
pub fn density_rows(guests: &str) -> Vec<(String, Gauge)> {
    let mut rows: Vec<(String, Gauge)> = Vec::new();
    for (class, slots) in [("standard", Slots::Standard { images: false }), ("compact", Slots::Compact)] {
        for count in [10_000, 32_000, 100_000] {
            // Images where their mappings fit: as pool_plan.cc decides.
            let slots = if slots != Slots::Compact && count <= 16_000 { Slots::Standard { images: true } } else { slots };
            let measured = Rc::new(OnceCell::new());
            for (name, figure) in FIGURES {
                let (guests, measured) = (guests.to_string(), measured.clone());
                rows.push((
                    format!("{class}.{count}.{name}"),
                    Box::new(move || {
                        if measured.get().is_none() {
                            let _ = measured.set(density(&guests, slots, count)?);
                        }
                        Ok(measured.get().map(figure).unwrap_or_default())
                    }),
                ));
            }
        }
    }
    rows
}
