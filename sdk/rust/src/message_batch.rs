//! Many values in one message.
use std::time::Duration;

/// Collects values, so that one message carries many of them. Full after so many, or when the first of them has waited for so long,
/// as seen at the next `add` or `late`.
#[derive(Clone, Debug)]
pub struct MessageBatch<Value> {
    most: usize,
    longest: Duration,
    since: Duration,
    values: Vec<Value>,
}

impl<Value> MessageBatch<Value> {
    pub fn new(most: usize, longest: Duration) -> MessageBatch<Value> {
        MessageBatch { most, longest, since: Duration::ZERO, values: Vec::new() }
    }

    /// At that time since any start. What to send now, if it is full with this.
    pub fn add(&mut self, value: Value, now: Duration) -> Option<Vec<Value>> {
        if self.values.is_empty() {
            self.since = now;
        }
        self.values.push(value);
        (self.values.len() >= self.most || self.is_late(now)).then(|| self.take())
    }

    pub fn late(&mut self, now: Duration) -> Option<Vec<Value>> {
        (!self.values.is_empty() && self.is_late(now)).then(|| self.take())
    }

    /// Whatever there is, as at shutdown.
    pub fn take(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.values)
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn is_late(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) >= self.longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn is_full_after_so_many_or_when_the_first_has_waited_for_so_long() {
        let mut batch = MessageBatch::new(3, at(10));
        assert_eq!(batch.add(1, at(0)), None);
        assert_eq!(batch.add(2, at(9)), None);
        assert_eq!(batch.add(3, at(9)), Some(vec![1, 2, 3]));
        assert_eq!(batch.add(4, at(20)), None);
        assert_eq!(batch.late(at(29)), None);
        assert_eq!(batch.add(5, at(30)), Some(vec![4, 5]));
        assert_eq!(batch.late(at(100)), None, "nothing waits");
        assert_eq!(batch.add(6, at(100)), None);
        assert_eq!(batch.late(at(110)), Some(vec![6]));
        assert!(batch.is_empty());
    }
}
