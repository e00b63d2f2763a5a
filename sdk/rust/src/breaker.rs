//! Keeps a component from asking another one that does not answer.
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    Open,
    HalfOpen,
}

/// Closed at first. After so many failures in a row it opens: nothing is allowed. When it has been open for a while it is half open,
/// and one trial at a time is allowed: so many successes in a row close it, the first failure opens it again.
#[derive(Clone, Debug)]
pub struct Breaker {
    failures: u32,
    successes: u32,
    open_for: Duration,
    state: BreakerState,
    /// When it opened; half open: when the trial began.
    since: Duration,
    in_a_row: u32,
    on_trial: bool,
}

impl Breaker {
    /// A trial without an outcome counts as failed after `2 * open_for`.
    pub fn new(failures: u32, successes: u32, open_for: Duration) -> Breaker {
        let state = BreakerState::Closed;
        Breaker { failures, successes, open_for, state, since: Duration::ZERO, in_a_row: 0, on_trial: false }
    }

    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// Whether to ask, at that time since any start. After yes: `succeeded` or `failed`, once.
    pub fn allows(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.since);
        if self.state == BreakerState::Open && passed >= self.open_for {
            self.enter(BreakerState::HalfOpen, now);
        } else if self.on_trial && passed >= 2 * self.open_for {
            self.enter(BreakerState::Open, now);
        }
        match self.state {
            BreakerState::Closed => true,
            BreakerState::HalfOpen if !self.on_trial => {
                self.since = now;
                self.on_trial = true;
                true
            }
            _ => false,
        }
    }

    pub fn succeeded(&mut self) {
        self.on_trial = false;
        match self.state {
            BreakerState::Closed => self.in_a_row = 0,
            BreakerState::HalfOpen => {
                self.in_a_row += 1;
                if self.in_a_row >= self.successes {
                    self.enter(BreakerState::Closed, Duration::ZERO);
                }
            }
            BreakerState::Open => {}
        }
    }

    pub fn failed(&mut self, now: Duration) {
        self.on_trial = false;
        match self.state {
            BreakerState::Closed => {
                self.in_a_row += 1;
                if self.in_a_row >= self.failures {
                    self.enter(BreakerState::Open, now);
                }
            }
            BreakerState::HalfOpen => self.enter(BreakerState::Open, now),
            BreakerState::Open => {}
        }
    }

    fn enter(&mut self, state: BreakerState, now: Duration) {
        self.state = state;
        self.since = now;
        self.in_a_row = 0;
        self.on_trial = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn opens_after_so_many_failures_in_a_row() {
        let mut breaker = Breaker::new(3, 1, at(10));
        for good in [false, false, true, false, false] {
            assert!(breaker.allows(at(0)));
            if good { breaker.succeeded() } else { breaker.failed(at(0)) }
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.failed(at(5));
        assert!(!breaker.allows(at(14)));
        assert!(breaker.allows(at(15)));
    }

    #[test]
    fn closes_after_so_many_trials_that_succeed_one_at_a_time() {
        let mut breaker = Breaker::new(1, 2, at(10));
        breaker.failed(at(0));
        assert!(breaker.allows(at(10)));
        assert!(!breaker.allows(at(11)), "the trial has no outcome yet");
        breaker.succeeded();
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert!(breaker.allows(at(12)));
        breaker.succeeded();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn opens_again_at_a_failed_trial_and_at_one_that_is_never_heard_of() {
        let mut breaker = Breaker::new(1, 1, at(10));
        breaker.failed(at(0));
        assert!(breaker.allows(at(10)));
        breaker.failed(at(15));
        assert!(!breaker.allows(at(24)));
        assert!(breaker.allows(at(25)));
        assert!(!breaker.allows(at(45)), "given up");
        assert!(breaker.allows(at(55)));
    }
}
