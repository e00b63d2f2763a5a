//! Uses the Rust SDK for storage, as its message says; `../../keeper.cc` says what.
use airssys_sdk::{Batch, Component, Config, Error, KeyValues, Message, Metadata, Payload, Store, open_store, storage};

struct Keeper {
    held: Vec<Store>,
}

fn word<'a>(rest: &mut &'a str) -> &'a str {
    let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
    *rest = after;
    word
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or(0)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn line<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    entries.map(|(key, value)| format!("{key}={}", lossy(value))).collect::<Vec<_>>().join(" ")
}

fn batch(commands: &str) -> Result<String, Error> {
    let mut all = Batch::new();
    for mut rest in commands.split("; ") {
        let sets = word(&mut rest) == "set";
        let key = word(&mut rest);
        all = if sets { all.set(key, rest) } else { all.remove(key) };
    }
    all.apply()?;
    Ok("done".into())
}

fn flood(mut rest: &str) -> String {
    let count = number(word(&mut rest));
    let value = vec![b'x'; number(rest) as usize];
    for n in 0..count {
        if let Err(why) = storage().set(&format!("flood/{n}"), &value) {
            return format!("{n}: {}", text(why.into()));
        }
    }
    "done".into()
}

/// What all stores can do.
fn in_store(store: &impl KeyValues, command: &str, mut rest: &str) -> Result<String, Error> {
    Ok(match command {
        "set" => {
            store.set(word(&mut rest), rest.as_bytes())?;
            "done".into()
        }
        "get" => store.get(rest)?.map_or("none".into(), |value| lossy(&value)),
        "del" => store.remove(rest)?.to_string(),
        "has" => store.has(rest)?.to_string(),
        "scan" => {
            let all = store.scan(rest).collect::<Result<Vec<_>, _>>()?;
            line(all.iter().map(|entry| (entry.key.as_str(), &entry.value[..])))
        }
        "page" => {
            let (limit, cursor) = (number(word(&mut rest)), word(&mut rest));
            let page = store.page(rest, (cursor != "-").then_some(cursor), limit)?;
            let next = page.next.as_ref().map(|next| ("next", next.as_bytes()));
            line(page.entries.iter().map(|entry| (entry.key.as_str(), &entry.value[..])).chain(next))
        }
        "add" => {
            let kept = store.get_payload(rest)?.map(|kept| kept.read_borsh::<u64>()).transpose()?;
            let next = kept.unwrap_or(0) + 1;
            store.set_payload(rest, &Payload::borsh(&next)?)?;
            next.to_string()
        }
        _ => "no such command".into(),
    })
}

impl Keeper {
    fn run(&mut self, mut rest: &str) -> Result<String, Error> {
        let own = storage();
        let command = word(&mut rest);
        Ok(match command {
            "crash" => {
                let _ = self.run(rest);
                panic!("asked to crash");
            }
            "open" => {
                let store = open_store(word(&mut rest))?;
                let there = word(&mut rest);
                in_store(&store, there, rest)?
            }
            "hold" => {
                self.held.push(open_store(rest)?);
                self.held.len().to_string()
            }
            "keys" => own.keys(rest)?.join(" "),
            "usage" => {
                let usage = own.usage()?;
                format!("{} {} {}", usage.used, usage.quota, usage.key_count)
            }
            "clear" => own.clear()?.to_string(),
            "batch" => batch(rest)?,
            "flood" => flood(rest),
            _ => in_store(&own, command, rest)?,
        })
    }
}

fn text(why: Error) -> String {
    match why {
        Error::Failed(why) | Error::InvalidMessage(why) => why,
        other => format!("{other:?}"),
    }
}

impl Component for Keeper {
    const ABOUT: Metadata = Metadata { description: "Keeps what it is told", ..Metadata::NONE };

    fn init(_config: Config) -> Result<Keeper, Error> {
        Ok(Keeper { held: Vec::new() })
    }

    fn handle(&mut self, message: Message) -> Result<Option<Payload>, Error> {
        let outcome = self.run(message.payload.text()?);
        Ok(Some(outcome.unwrap_or_else(text).into()))
    }
}
airssys_sdk::component!(Keeper);
