//! Looks up the record of a creation in CloudTrail's event history.

use jiff::{SignedDuration, Timestamp};
use tagwarden::evidence::carrier;
use tagwarden::operations::Operation;
use tagwarden::record::Call;
use tokio::sync::Mutex;

use crate::ports::{AwsResult, CLOCK_TOLERANCE, ReadEventHistory};

/// How long CloudTrail keeps the history (API reference, `LookupEvents`).
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The calls of an operation within one minute.
struct Minute {
    operation: &'static str,
    from: Timestamp,
    records: Vec<String>,
}

/// The event history. It caches the minute that was read last, so that resources that were created together need one lookup. It
/// serves one sweep, which does not ask about recent creations: their events may still come.
#[derive(Default)]
pub(super) struct History(Mutex<Option<Minute>>);

impl History {
    /// The record of the call of `operation`, or of an equivalent operation, that created the resource `arn` at `time`. `None` if the
    /// history does not show it.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub(super) async fn creation(
        &self,
        operation: &Operation,
        arn: &str,
        time: Timestamp,
        now: Timestamp,
        ports: &impl ReadEventHistory,
    ) -> AwsResult<Option<serde_json::Value>> {
        if now.duration_since(time) > KEPT {
            return Ok(None);
        }
        // Several operations may create resources of one kind, as with AutoML jobs.
        for by in Operation::all().filter(|by| by.kind == operation.kind && by.name.starts_with("Create")) {
            let mut minute = self.0.lock().await;
            let records = minute_of(&mut minute, by.name, time, ports).await?;
            if let Some(record) = records.iter().find(|record| is_creation(record, by, arn, time)) {
                return Ok(serde_json::from_str(record).ok());
            }
        }
        Ok(None)
    }
}

/// The records of the minute around `time`. Concurrent lookups wait, most likely for the same minute.
async fn minute_of<'a>(
    kept: &'a mut Option<Minute>,
    operation: &'static str,
    time: Timestamp,
    ports: &impl ReadEventHistory,
) -> AwsResult<&'a [String]> {
    let second = time.as_second();
    let from = Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(time);
    let is_same = |it: &Minute| it.operation == operation && it.from == from;
    let minute = match kept.take().filter(is_same) {
        Some(minute) => minute,
        None => {
            let (first, last) = (from - CLOCK_TOLERANCE, from + SignedDuration::from_mins(1) + CLOCK_TOLERANCE);
            let records = ports.history(operation, first, last).await?;
            Minute { operation, from, records }
        }
    };
    Ok(&kept.insert(minute).records)
}

/// Whether a record is of the call that created the resource `arn` at `time`.
fn is_creation(record: &str, by: &Operation, arn: &str, time: Timestamp) -> bool {
    let Ok(record) = serde_json::from_str::<tagwarden::record::json::Value>(record) else { return false };
    let Ok(call) = Call::read(&record) else { return false };
    call.error_code.is_none()
        && by.arn(&call).and_then(carrier) == carrier(arn)
        && call.time().is_some_and(|called| called.duration_since(time).abs() <= CLOCK_TOLERANCE)
}
