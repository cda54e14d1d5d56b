//! The delay queue of a guard.

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::error::AwsResult;

/// The message attribute that holds the number of the attempt.
pub const ATTEMPT: &str = "attempt";

/// The message attribute that holds a [`Grace`].
pub const GRACE: &str = "grace";

/// The longest delay of a message (Amazon SQS API reference, "SendMessage").
const LONGEST_DELAY: SignedDuration = SignedDuration::from_mins(15);

/// The time in which somebody can mend what an alert reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// When the alert was sent.
    pub since: Timestamp,
    /// When the stop is due.
    pub until: Timestamp,
}

impl Grace {
    /// A grace of so many minutes that begins at `now`.
    pub fn from(now: Timestamp, minutes: u16) -> Self {
        let until = now.saturating_add(SignedDuration::from_mins(minutes.into())).unwrap_or(now);
        Self { since: now, until }
    }

    /// Whether it is over.
    pub fn is_over(self, now: Timestamp) -> bool {
        now >= self.until
    }

    /// How long the event is put off at `now`: until the end, or as long as a message can wait.
    pub fn delay(self, now: Timestamp) -> SignedDuration {
        // A delay has whole seconds, and must not end before the grace.
        let left = self.until.duration_since(now) + SignedDuration::from_secs(1);
        left.clamp(SignedDuration::ZERO, LONGEST_DELAY)
    }
}

/// As an interval of ISO 8601.
impl fmt::Display for Grace {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.since, self.until)
    }
}

impl FromStr for Grace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (since, until) = text.split_once('/').ok_or_else(|| format!("`{text}` is not an interval"))?;
        let time = |text: &str| text.parse().map_err(|error| format!("`{text}` is not a time: {error}"));
        Ok(Self { since: time(since)?, until: time(until)? })
    }
}

/// Puts an event off, because what it needs may still come.
pub trait PostponeEvent {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["sqs:SendMessage"];

    /// Sends the event to the function's delay queue, which delivers it after `delay` as attempt number `attempt`.
    fn postpone(&self, event: &str, attempt: u64, delay: SignedDuration) -> impl Future<Output = AwsResult<()>> + Send;

    /// Sends the event to the same queue, which delivers it after `delay`, at the end of its grace or before.
    fn postpone_until(
        &self,
        event: &str,
        grace: Grace,
        delay: SignedDuration,
    ) -> impl Future<Output = AwsResult<()>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_is_waited_for_in_steps() {
        let now: Timestamp = "2026-03-02T12:00:00.5Z".parse().expect("a time");
        let grace = Grace::from(now, 20);
        assert_eq!(grace.to_string().parse(), Ok(grace));
        let after = |seconds| now + SignedDuration::from_secs(seconds);
        for (seconds, delay, is_over) in
            [(0, 900, false), (900, 301, false), (1199, 2, false), (1200, 1, true), (9999, 0, true)]
        {
            let now = after(seconds);
            assert_eq!((grace.delay(now).as_secs(), grace.is_over(now)), (delay, is_over), "{seconds}");
        }
        for text in ["", "2026-03-02T12:00:00Z", "a/b"] {
            assert!(text.parse::<Grace>().is_err(), "{text}");
        }
    }
}
