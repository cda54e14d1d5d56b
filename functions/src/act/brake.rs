//! The brake: a mistake in a policy must not stop a whole company.

use jiff::Timestamp;

use crate::ports::{AwsResult, CountStops};

/// How many resources may be stopped.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// In an hour. `None`: any number.
    pub stops_per_hour: Option<u64>,
    /// The present time.
    pub now: Timestamp,
}

/// Whether one more resource may be stopped.
pub(super) enum Brake {
    /// It may.
    Released,
    /// It may not: it would be this many in this hour.
    On { stops: u64, allowed: u64 },
}

impl Limit {
    /// Counts one more stop in this hour, and compares the count with the limit.
    ///
    /// # Errors
    /// If the stop cannot be counted.
    pub(super) async fn may_stop(self, ports: &impl CountStops) -> AwsResult<Brake> {
        let Some(allowed) = self.stops_per_hour else { return Ok(Brake::Released) };
        let second = self.now.as_second();
        let hour = Timestamp::from_second(second - second.rem_euclid(60 * 60)).unwrap_or(self.now);
        let stops = ports.count_stop(hour).await?;
        Ok(if stops <= allowed { Brake::Released } else { Brake::On { stops, allowed } })
    }
}
