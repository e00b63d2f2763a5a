//! The functions of `airssys:core/messaging`.
use crate::abi::{Bytes, CMessageId, CMessageMetadata, HOST_PANIC, HOST_TRAP, MessagingResult, Str};
use crate::error::HostTrap;
use crate::host::{Caller, Context, callback};
use crate::types::{CodecMismatch, MessageId, MessageMetadata, MessagingError};
use std::ffi::c_void;
use wasmtime::Result;
use wasmtime::component::{WasmList, WasmStr};

type Answer<T> = std::result::Result<T, MessagingError>;

/// More than these are cut off; no component declares as many.
const CODECS_MAX: usize = 64;

fn answer<T>(context: &Context, answer: MessagingResult, ok: impl FnOnce(u64) -> T) -> Result<Answer<T>> {
    // SAFETY: the text is valid until the next callback on this thread, by the header; it is copied right here.
    let text = || unsafe { answer.text.lossy() };
    Ok(match answer.error {
        0 => Ok(ok(answer.number)),
        1 => Err(MessagingError::TargetNotFound),
        2 => Err(MessagingError::PermissionDenied(text())),
        3 => Err(MessagingError::QueueFull),
        4 => Err(MessagingError::RateLimited),
        5 => Err(MessagingError::MessageTooLarge(answer.number)),
        6 => Err(MessagingError::InvalidMessage(text())),
        7 => Err(MessagingError::UnknownCodec(answer.number)),
        8 => {
            let suggestion = (!answer.text.ptr.is_null()).then(text);
            let supported = supported_codecs(context)?;
            Err(MessagingError::CodecIncompatible(CodecMismatch { sent: answer.number, supported, suggestion }))
        }
        9 => Err(MessagingError::InvalidTimeout(answer.number)),
        10 => Err(MessagingError::UnknownRequest),
        11 => Err(MessagingError::DeliveryFailed(text())),
        HOST_TRAP => return Err(HostTrap(text()).into()),
        HOST_PANIC => std::panic::resume_unwind(Box::new("the host asked for it")),
        other => return Err(HostTrap(format!("the host answered with messaging-error {other}, which is no case")).into()),
    })
}

fn supported_codecs(context: &Context) -> Result<Vec<u64>> {
    let read = callback(context.tables.messaging.supported_codecs)?;
    let mut codes = vec![0; CODECS_MAX];
    // SAFETY: the host's callback with its context, and room for as many as it is told.
    let count = unsafe { read(context.host, codes.as_mut_ptr(), codes.len()) };
    codes.truncate(count);
    Ok(codes)
}

pub fn send_message(caller: Caller<'_>, (target, payload): (WasmStr, WasmList<u8>)) -> Result<(Answer<()>,)> {
    let context = caller.data();
    let send = callback(context.tables.messaging.send_message)?;
    let target = target.to_str(&caller)?;
    // SAFETY: the host's callback with its context; both arguments stay in the guest's memory during it, for the guest
    // does not run meanwhile.
    let sent = unsafe { send(context.host, Str::of(&target), Bytes::of(payload.as_le_slice(&caller))) };
    Ok((answer(context, sent, |_| ())?,))
}

pub fn send_request(
    caller: Caller<'_>,
    (target, payload, timeout_ms): (WasmStr, WasmList<u8>, u64),
) -> Result<(Answer<MessageId>,)> {
    let context = caller.data();
    let send = callback(context.tables.messaging.send_request)?;
    let target = target.to_str(&caller)?;
    let mut request = CMessageId { high: 0, low: 0 };
    // SAFETY: as in `send_message`, and a place for the request's id.
    let sent = unsafe { send(context.host, Str::of(&target), Bytes::of(payload.as_le_slice(&caller)), timeout_ms, &mut request) };
    Ok((answer(context, sent, |_| MessageId { high: request.high, low: request.low })?,))
}

pub fn cancel_request(caller: Caller<'_>, (request,): (MessageId,)) -> Result<(Answer<()>,)> {
    let context = caller.data();
    let cancel = callback(context.tables.messaging.cancel_request)?;
    // SAFETY: the host's callback with its context.
    let cancelled = unsafe { cancel(context.host, CMessageId { high: request.high, low: request.low }) };
    Ok((answer(context, cancelled, |_| ())?,))
}

pub fn broadcast(caller: Caller<'_>, (targets, payload): (Vec<WasmStr>, WasmList<u8>)) -> Result<(Vec<Answer<()>>,)> {
    struct Answers<'a> {
        context: &'a Context,
        each: Vec<Result<Answer<()>>>,
        panics: bool,
    }
    unsafe extern "C" fn add(to: *mut c_void, sent: MessagingResult) {
        // SAFETY: `to` is the value below, and nobody else uses it during the call.
        let answers = unsafe { &mut *to.cast::<Answers<'_>>() };
        // What unwinds must not do so through the host.
        if sent.error == HOST_PANIC {
            answers.panics = true;
            return;
        }
        let next = answer(answers.context, sent, |_| ());
        answers.each.push(next);
    }
    let context = caller.data();
    let send = callback(context.tables.messaging.broadcast)?;
    let mut texts = Vec::with_capacity(targets.len());
    for target in &targets {
        texts.push(target.to_str(&caller)?);
    }
    let names: Vec<Str> = texts.iter().map(|text| Str::of(text)).collect();
    let payload = Bytes::of(payload.as_le_slice(&caller));
    let mut answers = Answers { context, each: Vec::with_capacity(names.len()), panics: false };
    // SAFETY: the host's callback with its context; the targets outlive it, and it adds during the call only, by the header.
    unsafe { send(context.host, names.as_ptr(), names.len(), payload, (&raw mut answers).cast(), add) };
    if answers.panics {
        std::panic::resume_unwind(Box::new("the host asked for it"));
    }
    if answers.each.len() != names.len() {
        let counts = format!("the host gave {} answers to a broadcast to {}", answers.each.len(), names.len());
        return Err(HostTrap(counts).into());
    }
    Ok((answers.each.into_iter().collect::<Result<_>>()?,))
}

pub fn publish(caller: Caller<'_>, (topic, payload): (WasmStr, WasmList<u8>)) -> Result<(Answer<()>,)> {
    let context = caller.data();
    let publish = callback(context.tables.messaging.publish)?;
    let topic = topic.to_str(&caller)?;
    // SAFETY: as in `send_message`.
    let published = unsafe { publish(context.host, Str::of(&topic), Bytes::of(payload.as_le_slice(&caller))) };
    Ok((answer(context, published, |_| ())?,))
}

pub fn subscribe(caller: Caller<'_>, (pattern,): (WasmStr,)) -> Result<(Answer<u64>,)> {
    let context = caller.data();
    let subscribe = callback(context.tables.messaging.subscribe)?;
    let pattern = pattern.to_str(&caller)?;
    // SAFETY: as in `send_message`.
    let subscribed = unsafe { subscribe(context.host, Str::of(&pattern)) };
    Ok((answer(context, subscribed, |id| id)?,))
}

pub fn unsubscribe(caller: Caller<'_>, (subscription,): (u64,)) -> Result<(Answer<()>,)> {
    let context = caller.data();
    let unsubscribe = callback(context.tables.messaging.unsubscribe)?;
    // SAFETY: the host's callback with its context.
    let ended = unsafe { unsubscribe(context.host, subscription) };
    Ok((answer(context, ended, |_| ())?,))
}

pub fn self_id(caller: Caller<'_>, (): ()) -> Result<(String,)> {
    let context = caller.data();
    let id = callback(context.tables.messaging.self_id)?;
    // SAFETY: the host's callback with its context; what it answers is copied before anything else runs.
    Ok((unsafe { id(context.host).lossy() },))
}

pub fn current_metadata(caller: Caller<'_>, (): ()) -> Result<(MessageMetadata,)> {
    let context = caller.data();
    let current = callback(context.tables.messaging.current_metadata)?;
    let mut found = CMessageMetadata {
        correlation_id: CMessageId { high: 0, low: 0 },
        deadline: 0,
        has_correlation_id: 0,
        has_deadline: 0,
        reply_to: Str::NONE,
        topic: Str::NONE,
        content_type: Str::NONE,
        trace_context: Str::NONE,
    };
    // SAFETY: the host's callback with its context and a place for its answer, which is copied before anything else runs.
    unsafe { current(context.host, &mut found) };
    // SAFETY: the same.
    let text = |text: Str| (!text.ptr.is_null()).then(|| unsafe { text.lossy() });
    let CMessageId { high, low } = found.correlation_id;
    Ok((MessageMetadata {
        correlation_id: (found.has_correlation_id != 0).then_some(MessageId { high, low }),
        reply_to: text(found.reply_to),
        topic: text(found.topic),
        content_type: text(found.content_type),
        trace_context: text(found.trace_context),
        deadline: (found.has_deadline != 0).then_some(found.deadline),
    },))
}
