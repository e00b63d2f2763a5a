//! What is measured: calls in, a host call out, and an instance's life.
use crate::guest::{ComponentError, Guest, Live, Message, at_once, engine};
use crate::serve::Batch;
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
    let pages = vec![0; bytes + PAGE].leak();
    let begin = (PAGE + PAGE / 2 - pages.as_ptr() as usize % PAGE) % PAGE;
    let payload = &mut pages[begin..begin + bytes];
    payload[0..4].copy_from_slice(&1u32.to_le_bytes());
    payload[4..8].copy_from_slice(&messages.to_le_bytes());
    payload[8] = what;
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
    Ok(rows)
}
