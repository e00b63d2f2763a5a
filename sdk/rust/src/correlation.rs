//! Questions and answers over plain messages, by numbers that the components carry themselves (R5.8): for a conversation that the
//! host's requests are not made for, as one question with many answers, or an answer hours later.
//!
//! The payload is raw: the number in eight bytes, little-endian, and then the other payload with the code of its own codec.
use crate::{Malformed, Payload, codec};
use std::collections::BTreeMap;
use std::time::Duration;

const NUMBER: usize = size_of::<u64>();

/// `what` with the number in front.
pub fn correlated(number: u64, what: &Payload) -> Payload {
    Payload::new(codec::RAW, &[&number.to_le_bytes(), what.wire()].concat())
}

/// The number, and the payload behind it.
pub fn uncorrelate(from: &Payload) -> Result<(u64, Payload), Malformed> {
    let number = from.content().first_chunk::<NUMBER>().filter(|_| from.codec() == codec::RAW);
    let number = number.ok_or_else(|| Malformed("a payload without a number in front".into()))?;
    Ok((u64::from_le_bytes(*number), Payload::from_wire(from.content()[NUMBER..].to_vec())?))
}

/// What is known of questions that are open, by number; at most so many.
#[derive(Clone, Debug)]
pub struct OpenQuestions<Known> {
    open: BTreeMap<u64, (Known, Duration)>,
    most: usize,
    last: u64,
}

impl<Known> Default for OpenQuestions<Known> {
    fn default() -> Self {
        OpenQuestions::new(256)
    }
}

impl<Known> OpenQuestions<Known> {
    pub fn new(most: usize) -> OpenQuestions<Known> {
        OpenQuestions { open: BTreeMap::new(), most, last: 0 }
    }

    /// `until`: when `drop_late` gives it up, since any start. None: so many are open.
    pub fn add(&mut self, known: Known, until: Duration) -> Option<u64> {
        if self.open.len() >= self.most {
            return None;
        }
        self.last += 1;
        self.open.insert(self.last, (known, until));
        Some(self.last)
    }

    /// None: nobody asked that, or it was answered already.
    pub fn take(&mut self, number: u64) -> Option<Known> {
        self.open.remove(&number).map(|(known, _)| known)
    }

    /// Those whose time has come, oldest first.
    pub fn drop_late(&mut self, now: Duration) -> Vec<Known> {
        let late: Vec<u64> = self.open.iter().filter(|(_, (_, until))| *until <= now).map(|(number, _)| *number).collect();
        late.into_iter().filter_map(|number| self.take(number)).collect()
    }

    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn carries_a_number_in_front_of_any_payload() {
        let sent = correlated(0x0102_0304_0506_0708, &Payload::new(codec::JSON, b"{}"));
        assert_eq!(sent.content(), b"\x08\x07\x06\x05\x04\x03\x02\x01\x80\x04{}");
        let (number, content) = uncorrelate(&sent).unwrap();
        assert_eq!((number, content.codec(), content.content()), (0x0102_0304_0506_0708, codec::JSON, &b"{}"[..]));
    }

    #[test]
    fn says_what_is_none() {
        for (what, why) in [
            (Payload::new(codec::RAW, b"1234567"), "a payload without a number in front"),
            (Payload::new(codec::JSON, b"12345678U"), "a payload without a number in front"),
            (Payload::new(codec::RAW, b"12345678"), "a payload that is empty: not even the code of its codec"),
        ] {
            assert_eq!(uncorrelate(&what).unwrap_err().0, why);
        }
    }

    #[test]
    fn knows_its_open_questions_up_to_their_end_and_their_number() {
        let mut asked = OpenQuestions::new(3);
        assert_eq!(["a", "b", "c", "d"].map(|what| asked.add(what, at(10))), [Some(1), Some(2), Some(3), None]);
        assert_eq!((asked.take(2), asked.take(2), asked.take(9)), (Some("b"), None, None));
        assert_eq!(asked.add("e", at(20)), Some(4));
        assert!(asked.drop_late(at(9)).is_empty());
        assert_eq!(asked.drop_late(at(10)), ["a", "c"]);
        assert_eq!(asked.len(), 1);
    }
}
