//! Sending, asking, publishing. Each call needs the capability named in `wit/core.wit`, granted in `Component.toml`.
use crate::bindings::airssys::core::messaging;
pub use crate::bindings::airssys::core::messaging::{current_metadata, self_id, unsubscribe};
use crate::{Component, Error, Message, MessageKind, MessagingError, Pattern, Payload, RequestError, RequestId};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub const DEFAULT_TIMEOUT_MS: u64 = 5000;
/// Requests that may be under way.
const MAX_REQUESTS: usize = 256;

/// Puts a copy of the payload into the mailbox of `target` (`name` or `namespace/name/instance`) and returns at once.
pub fn send(target: &str, payload: &Payload) -> Result<(), MessagingError> {
    messaging::send_message(target, payload.wire())
}

/// The same to several; one answer each, in order.
pub fn broadcast(targets: &[String], payload: &Payload) -> Vec<Result<(), MessagingError>> {
    messaging::broadcast(targets, payload.wire())
}

/// To whoever subscribed to `topic`, this component excepted.
pub fn publish(topic: &str, payload: &Payload) -> Result<(), MessagingError> {
    messaging::publish(topic, payload.wire())
}

/// What is published comes to `handle`, unless [`on`] has a handler for it.
pub fn subscribe(pattern: Pattern) -> Result<u64, MessagingError> {
    messaging::subscribe(pattern.text())
}

/// How a request ended. A handler that answers nothing answers an empty raw payload.
pub type Response = Result<Payload, RequestError>;

type Then = Box<dyn FnOnce(&mut dyn Any, Response) -> Result<(), Error>>;
type OnTopic = Rc<dyn Fn(&mut dyn Any, &Message) -> Result<(), Error>>;

thread_local! {
    static WAITING: RefCell<Vec<(RequestId, Then)>> = const { RefCell::new(Vec::new()) };
    static TOPICS: RefCell<Vec<(Pattern, OnTopic)>> = const { RefCell::new(Vec::new()) };
    // Set by on(), so that components without topics do not import it.
    static TOPIC_IN_HAND: Cell<Option<fn() -> Option<String>>> = const { Cell::new(None) };
}

fn of_another_type() -> Error {
    Error::InvalidState("a handler of another component type".into())
}

/// Returns at once; `then` is called once, in a call of its own, with the component and the outcome. At most 256 requests may be
/// under way. After a crash nobody is called.
pub fn request<C: Component>(
    target: &str,
    payload: &Payload,
    timeout_ms: u64,
    then: impl FnOnce(&mut C, Response) -> Result<(), Error> + 'static,
) -> Result<RequestId, MessagingError> {
    if WAITING.with_borrow(|waiting| waiting.len() >= MAX_REQUESTS) {
        return Err(MessagingError::DeliveryFailed("256 requests are under way already".into()));
    }
    let id = messaging::send_request(target, payload.wire(), timeout_ms)?;
    let then: Then = Box::new(move |component, got| then(component.downcast_mut().ok_or_else(of_another_type)?, got));
    WAITING.with_borrow_mut(|waiting| waiting.push((id, then)));
    Ok(id)
}

/// Its continuation is not called any more. `UnknownRequest`: it has had its outcome, or never was.
pub fn cancel(id: RequestId) -> Result<(), MessagingError> {
    messaging::cancel_request(id)?;
    drop(take(id));
    Ok(())
}

fn take(id: RequestId) -> Option<Then> {
    WAITING.with_borrow_mut(|waiting| {
        let at = waiting.iter().position(|(one, _)| (one.high, one.low) == (id.high, id.low))?;
        Some(waiting.swap_remove(at).1)
    })
}

/// Subscribes, and calls `handler` for each publication of a topic that matches. For `init`: it stays as long as the instance.
pub fn on<C: Component>(
    pattern: Pattern,
    handler: impl Fn(&mut C, &Message) -> Result<(), Error> + 'static,
) -> Result<(), Error> {
    subscribe(pattern).map_err(|why| Error::Failed(format!("subscribe to {}: {why:?}", pattern.text())))?;
    TOPIC_IN_HAND.set(Some(|| current_metadata().topic));
    let handler: OnTopic =
        Rc::new(move |component, message| handler(component.downcast_mut().ok_or_else(of_another_type)?, message));
    TOPICS.with_borrow_mut(|topics| topics.push((pattern, handler)));
    Ok(())
}

/// None: no handler is for it. Else the first error of all that are.
pub(crate) fn handle_publication(component: &mut dyn Any, message: &Message) -> Option<Result<(), Error>> {
    if message.kind != MessageKind::Publish {
        return None;
    }
    let topic = TOPIC_IN_HAND.get().and_then(|topic_in_hand| topic_in_hand())?;
    let handlers: Vec<OnTopic> = TOPICS.with_borrow(|topics| {
        topics.iter().filter(|(pattern, _)| pattern.matches(&topic)).map(|(_, handler)| handler.clone()).collect()
    });
    handlers.into_iter().map(|handler| handler(component, message)).reduce(Result::and)
}

pub(crate) fn handle_outcome(
    component: &mut dyn Any,
    id: RequestId,
    outcome: Result<Vec<u8>, RequestError>,
) -> Result<(), Error> {
    let Some(then) = take(id) else { return Ok(()) };
    let response = outcome.and_then(|wire| {
        if wire.is_empty() {
            return Ok(Payload::default());
        }
        Payload::from_wire(wire).map_err(|why| RequestError::HandlerError(format!("the answer cannot be read: {why}")))
    });
    then(component, response)
}

pub(crate) fn forget() {
    WAITING.with_borrow_mut(Vec::clear);
    TOPICS.with_borrow_mut(Vec::clear);
}
