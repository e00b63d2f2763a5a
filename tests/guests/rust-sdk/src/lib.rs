//! Uses the Rust SDK for what its message says; `../../talker.cc` says what.
use airssys_sdk::{
    Backoff, Component, Config, DEFAULT_TIMEOUT_MS, Error, LogLevel, Message, Metadata, Pattern, Payload, RequestError, Response,
    Retry, broadcast, cancel, codec, current_metadata, log, on, publish, request, request_again, send,
};

const NEWS: Pattern = Pattern::new("news.*");
const ALARM: Pattern = Pattern::new("*.alarm");

#[derive(borsh::BorshDeserialize, serde::Deserialize)]
struct Terms {
    a: u32,
    b: u32,
}
#[derive(borsh::BorshSerialize, serde::Serialize)]
struct Sum {
    sum: u64,
}

struct Talker;

fn log_outcome(_: &mut Talker, got: Response) -> Result<(), Error> {
    let line = match got {
        Ok(answer) => format!("answer {}", answer.text()?),
        Err(RequestError::Timeout(after)) => format!("error no answer within {after} ms"),
        Err(RequestError::HandlerError(why)) => format!("error answered with an error: {why}"),
        Err(RequestError::TargetCrashed(why)) => format!("error target crashed: {why}"),
        Err(other) => format!("error {other:?}"),
    };
    log(LogLevel::Info, &line);
    Ok(())
}

fn outcome<T>(done: Result<T, airssys_sdk::MessagingError>) -> String {
    use airssys_sdk::MessagingError as Why;
    match done {
        Ok(_) => "done".into(),
        Err(Why::PermissionDenied(why)) => format!("permission denied: {why}"),
        Err(Why::TargetNotFound) => "target not found".into(),
        Err(Why::UnknownRequest) => "unknown request".into(),
        Err(Why::InvalidTimeout(most)) => format!("invalid timeout, 1 to {most} milliseconds are allowed"),
        Err(other) => format!("{other:?}"),
    }
}

fn add(payload: &Payload) -> Result<Payload, Error> {
    let sum = |terms: Terms| Sum { sum: u64::from(terms.a) + u64::from(terms.b) };
    Ok(match payload.codec() {
        codec::JSON => Payload::json(&sum(payload.read_json()?))?,
        _ => Payload::borsh(&sum(payload.read_borsh()?))?,
    })
}

fn command(text: &str) -> Option<String> {
    let mut words = text.splitn(4, ' ');
    let mut word = || words.next();
    Some(match word()? {
        "ask" => {
            let (target, timeout_ms) = (word()?, word()?.parse().ok()?);
            outcome(request(target, &word()?.into(), timeout_ms, log_outcome))
        }
        "again" => {
            let (target, first) = (word()?, word()?.parse().ok()?);
            let policy = Retry { attempts: 3, timeout_ms: Backoff { first, most: 10_000 } };
            outcome(request_again(target, word()?.into(), policy, log_outcome))
        }
        "cancel" => match request(word()?, &text.splitn(3, ' ').nth(2)?.into(), DEFAULT_TIMEOUT_MS, log_outcome) {
            Ok(id) => format!("{}, then {}", outcome(cancel(id)), outcome(cancel(id))),
            Err(why) => outcome::<()>(Err(why)),
        },
        "send" => outcome(send(word()?, &text.splitn(3, ' ').nth(2)?.into())),
        "broadcast" => {
            let targets: Vec<String> = word()?.split(',').map(String::from).collect();
            let all = broadcast(&targets, &text.splitn(3, ' ').nth(2)?.into());
            all.into_iter().map(outcome).collect::<Vec<_>>().join(", ")
        }
        "crash" => panic!("asked to crash"),
        "publish" => outcome(publish(word()?, &text.splitn(3, ' ').nth(2)?.into())),
        "deadline" => current_metadata().deadline.map_or("none".into(), |left| (left / 1_000_000).to_string()),
        _ => return None,
    })
}

impl Component for Talker {
    const ABOUT: Metadata = Metadata { description: "Talks to others", ..Metadata::NONE };

    fn init(_config: Config) -> Result<Talker, Error> {
        // Without the grant it has no news.
        let _ = on(NEWS, |_: &mut Talker, news| {
            let topic = current_metadata().topic.unwrap_or_default();
            log(LogLevel::Info, &format!("news {topic} {}", news.payload.text()?));
            Ok(())
        });
        let _ = on(ALARM, |_: &mut Talker, alarm| {
            log(LogLevel::Info, &format!("alarm {}", alarm.payload.text()?));
            Ok(())
        });
        Ok(Talker)
    }

    fn handle(&mut self, message: Message) -> Result<Option<Payload>, Error> {
        if message.payload.codec() != codec::RAW {
            return add(&message.payload).map(Some);
        }
        let text = message.payload.text()?;
        Ok(Some(match command(text) {
            Some(outcome) => outcome.into(),
            None => {
                log(LogLevel::Info, &format!("heard {text}"));
                message.payload
            }
        }))
    }
}
airssys_sdk::component!(Talker);
