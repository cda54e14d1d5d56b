//! The period of an audit.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// From `since` up to but not including `until`. Without one of them, the period is open on that side.
#[derive(Clone, Copy, Debug, Default)]
pub struct Period {
    /// The first moment.
    pub since: Option<Timestamp>,
    /// The first moment after it.
    pub until: Option<Timestamp>,
}

/// How long before a call the record with its session's tags may be: GetFederationToken issues sessions of up to 36
/// hours (STS API reference), AssumeRole of up to 12. The rest is for the delivery of files, usually within minutes.
const EARLIER: SignedDuration = SignedDuration::from_hours(48);

/// How long after a call its record may be delivered, which decides its file's day.
const LATER: SignedDuration = SignedDuration::from_hours(24);

impl Period {
    /// Reads a point in time from the command line: RFC 3339, or a date, which means its first moment in UTC.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse_bound(text: &str) -> Result<Timestamp, String> {
        let midnight = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
        let time = text.parse::<Timestamp>().or_else(|_| text.parse::<Date>().and_then(midnight));
        time.map_err(|_| "expected a date such as `2026-03-01`, or a time such as `2026-03-01T12:00:00Z`".to_owned())
    }

    /// Whether it is open on both sides, so that it contains every call.
    pub fn is_all_time(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether a call of this time is judged.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }

    /// This period and the time before it in which the sessions of its calls may have been issued.
    pub fn with_sessions(&self) -> Self {
        Self { since: self.since.and_then(|since| since.saturating_sub(EARLIER).ok()), until: self.until }
    }

    /// Whether a file that was delivered on this day can matter to a call of the period.
    pub fn needs_day(&self, day: Date) -> bool {
        let midnight = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp());
        let (Some(begins), Some(ends)) = (midnight(day), day.checked_add(1.day()).ok().and_then(midnight)) else {
            return true;
        };
        let early_enough = |until: Timestamp| until.saturating_add(LATER).map_or(true, |end| begins < end);
        let late_enough = |since: Timestamp| since.saturating_sub(EARLIER).map_or(true, |start| start < ends);
        self.until.is_none_or(early_enough) && self.since.is_none_or(late_enough)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn march() -> Period {
        Period {
            since: Period::parse_bound("2026-03-01").ok(),
            until: Period::parse_bound("2026-04-01T00:00:00Z").ok(),
        }
    }

    #[test]
    fn the_end_is_not_part_of_it() {
        for (time, expected) in [
            ("2026-02-28T23:59:59Z", false),
            ("2026-03-01T00:00:00Z", true),
            ("2026-03-31T23:59:59Z", true),
            ("2026-04-01T00:00:00Z", false),
        ] {
            assert_eq!(march().contains(time.parse().unwrap()), expected, "{time}");
        }
        assert!(Period::default().is_all_time() && !march().is_all_time());
        assert!(Period::parse_bound("March").is_err());
    }

    #[test]
    fn days_around_it_are_needed_too() {
        for (day, expected) in [
            ("2026-02-26", false),
            ("2026-02-27", true),
            ("2026-03-15", true),
            ("2026-04-01", true),
            ("2026-04-02", false),
        ] {
            assert_eq!(march().needs_day(day.parse().unwrap()), expected, "{day}");
        }
        assert!(Period::default().needs_day("1970-01-01".parse().unwrap()));
    }
}
