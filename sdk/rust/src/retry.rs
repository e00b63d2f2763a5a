//! Trying again.
use crate::{Component, Error, MessagingError, Payload, RequestError, Response, request};
use std::rc::Rc;

/// Exponential backoff: each wait is twice the one before it, up to `most`; any unit.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    pub first: u64,
    pub most: u64,
}

impl Backoff {
    /// After failure number `attempt`, from 1 on.
    pub fn wait(&self, attempt: u32) -> u64 {
        let doubled = attempt.saturating_sub(1);
        if doubled >= self.first.leading_zeros() { self.most } else { (self.first << doubled).min(self.most) }
    }
}

/// A timeout that follows how long answers take: their mean and four times how much they vary (as RFC 6298), within bounds. One that
/// did not come doubles it. Any unit.
#[derive(Clone, Copy, Debug)]
pub struct AdaptiveTimeout {
    least: u64,
    most: u64,
    timeout: u64,
    /// Of the answers so far, and how much they vary.
    seen: Option<(f64, f64)>,
}

impl AdaptiveTimeout {
    pub fn new(first: u64, least: u64, most: u64) -> AdaptiveTimeout {
        AdaptiveTimeout { least, most, timeout: first.clamp(least, most), seen: None }
    }

    pub fn value(&self) -> u64 {
        self.timeout
    }

    pub fn answered(&mut self, after: u64) {
        let took = after as f64;
        let (mean, varies) = match self.seen {
            None => (took, took / 2.0),
            Some((mean, varies)) => (mean + (took - mean) / 8.0, varies + ((took - mean).abs() - varies) / 4.0),
        };
        self.seen = Some((mean, varies));
        self.set(mean + 4.0 * varies);
    }

    pub fn timed_out(&mut self) {
        self.set(2.0 * self.timeout as f64);
    }

    fn set(&mut self, timeout: f64) {
        self.timeout = (timeout as u64).clamp(self.least, self.most);
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// In all.
    pub attempts: u32,
    pub timeout_ms: Backoff,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry { attempts: 3, timeout_ms: Backoff { first: 1000, most: 30_000 } }
    }
}

struct Retried<C> {
    target: String,
    payload: Payload,
    policy: Retry,
    then: Box<dyn Fn(&mut C, Response) -> Result<(), Error>>,
}

/// A request that is made again when it had no answer: each attempt has a longer timeout than the one before it; when the target
/// crashed, the next follows at once. `then` is called once, with the outcome of the last attempt. The error: the first could not be
/// sent, and `then` is not called.
pub fn request_again<C: Component>(
    target: &str,
    payload: Payload,
    policy: Retry,
    then: impl Fn(&mut C, Response) -> Result<(), Error> + 'static,
) -> Result<(), MessagingError> {
    attempt(Rc::new(Retried { target: target.into(), payload, policy, then: Box::new(then) }), 1)
}

fn attempt<C: Component>(one: Rc<Retried<C>>, number: u32) -> Result<(), MessagingError> {
    let kept = one.clone();
    let timeout_ms = one.policy.timeout_ms.wait(number);
    request(&one.target, &one.payload, timeout_ms, move |component: &mut C, got| {
        let worth_it = matches!(got, Err(RequestError::Timeout(_) | RequestError::TargetCrashed(_) | RequestError::Rejected(_)));
        if !worth_it || number >= kept.policy.attempts {
            return (kept.then)(component, got);
        }
        match attempt(kept.clone(), number + 1) {
            Ok(()) => Ok(()),
            Err(why) => (kept.then)(component, Err(RequestError::Rejected(format!("{why:?}")))),
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_how_long_answers_take_within_its_bounds() {
        let mut timeout = AdaptiveTimeout::new(1000, 50, 10_000);
        assert_eq!(timeout.value(), 1000);
        timeout.answered(100);
        assert_eq!(timeout.value(), 300, "the mean, and four times half of it");
        for _ in 0..100 {
            timeout.answered(100);
        }
        assert_eq!(timeout.value(), 100);
        timeout.timed_out();
        assert_eq!(timeout.value(), 200);
        for _ in 0..100 {
            timeout.timed_out();
        }
        assert_eq!(timeout.value(), 10_000);
        for _ in 0..100 {
            timeout.answered(1);
        }
        assert_eq!(timeout.value(), 50);
    }

    #[test]
    fn waits_twice_as_long_each_time_up_to_its_most() {
        let waits = Backoff { first: 100, most: 1000 };
        assert_eq!([1, 2, 3, 4, 5, 64, u32::MAX].map(|attempt| waits.wait(attempt)), [100, 200, 400, 800, 1000, 1000, 1000]);
        assert_eq!(Backoff { first: 0, most: 7 }.wait(9), 0);
    }
}
