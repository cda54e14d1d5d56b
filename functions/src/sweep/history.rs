//! Who created what no event told of, by CloudTrail's event history.

use jiff::{SignedDuration, Timestamp};
use tagwarden::call::Call;
use tagwarden::operations::Operation;
use tokio::sync::Mutex;

use crate::ports::{AwsResult, CLOCK_TOLERANCE, ReadEventHistory};
use crate::trigger::{Creator, user_identity};

/// For how long CloudTrail keeps the history (API reference, `LookupEvents`).
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The calls of an operation within a minute.
struct Minute {
    operation: &'static str,
    from: Timestamp,
    records: Vec<String>,
}

/// The history, of which the minute that was read last is kept: what was created in a storm is looked up at once. It is for one
/// sweep, which asks of nothing so young that its event may still come.
#[derive(Default)]
pub(super) struct History(Mutex<Option<Minute>>);

impl History {
    /// Who created the resource `arn`, of the kind that `operation` creates, at `time`. `None` where the history does not
    /// tell.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(super) async fn creator(
        &self,
        operation: &Operation,
        arn: &str,
        time: Timestamp,
        now: Timestamp,
        ports: &impl ReadEventHistory,
    ) -> AwsResult<Option<Creator>> {
        if now.duration_since(time) > KEPT {
            return Ok(None);
        }
        // A kind may have more than one operation that creates it, as AutoML jobs have.
        for by in Operation::all().filter(|by| by.kind == operation.kind && by.name.starts_with("Create")) {
            let mut minute = self.0.lock().await;
            let records = minute_of(&mut minute, by.name, time, ports).await?;
            if let Some(creator) = records.iter().find_map(|record| creator(record, by, arn, time)) {
                return Ok(Some(creator));
            }
        }
        Ok(None)
    }
}

/// The records of the minute around `time`. Whoever asks meanwhile waits: most likely for the same.
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

/// Who made the call of a record, if it created the resource `arn` at `time`.
fn creator(record: &str, by: &Operation, arn: &str, time: Timestamp) -> Option<Creator> {
    let record: tagwarden::json::Value = serde_json::from_str(record).ok()?;
    let call = Call::read(&record).ok()?;
    let is_it = call.error_code.is_none()
        && by.arn(&call) == Some(arn)
        && call.time()?.duration_since(time).abs() <= CLOCK_TOLERANCE;
    is_it.then(|| Creator { event_id: call.event_id.map(str::to_owned), user_identity: user_identity(&call.identity) })
}
