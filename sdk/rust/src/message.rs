//! What `handle` gets.
use crate::bindings::airssys::core::types;
use crate::{Malformed, MessageId, MessageKind, Payload};

#[derive(Debug)]
pub struct Message {
    /// `namespace/name/instance`, set by the host; `external` when it came from outside of it.
    pub sender: String,
    pub payload: Payload,
    pub kind: MessageKind,
    pub id: MessageId,
    /// Nanoseconds since the Unix epoch.
    pub sent_at: u64,
}

impl TryFrom<types::Message> for Message {
    type Error = Malformed;
    fn try_from(from: types::Message) -> Result<Message, Malformed> {
        let payload = Payload::from_wire(from.payload)?;
        Ok(Message { sender: from.sender, payload, kind: from.kind, id: from.id, sent_at: from.sent_at })
    }
}
