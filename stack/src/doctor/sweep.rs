//! When the last sweep ended.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use super::line::{Line, RESTORE};
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::Stack;

const CHECK: &str = "sweep";
const FIX: &str = "see the log of `sweep` for what failed";

/// A sweep is due each hour.
const LATE: SignedDuration = SignedDuration::from_hours(2);

/// The checkpoint of the list that every account has. See `functions/src/aws/checkpoints.rs` for its form.
const CHECKPOINT: &str = "sweep#ListTrainingJobs";

pub async fn check(stack: &Stack, aws: &Aws, now: Timestamp) -> Line {
    let Some(name) = stack.physical("Table") else { return Line::fail(CHECK, "the stack has no table", RESTORE) };
    let key = AttributeValue::S(CHECKPOINT.to_owned());
    let item = match aws.dynamodb.get_item().table_name(name).key("id", key).send().await {
        Ok(found) => found.item,
        Err(error) if is_gone(&error) => return Line::fail(CHECK, format!("`{name}` does not exist"), RESTORE),
        Err(error) => return Line::unknown(CHECK, failed("dynamodb:GetItem")(error)),
    };
    let finished = item.and_then(|item| item.get("finished")?.as_n().ok()?.parse().ok());
    judge(finished.and_then(|finished| Timestamp::from_second(finished).ok()), now)
}

fn judge(finished: Option<Timestamp>, now: Timestamp) -> Line {
    match finished {
        None => Line::fail(
            CHECK,
            "no sweep has ended yet",
            "wait for an hour after the first deployment, then see the log of `sweep`",
        ),
        Some(finished) if now.duration_since(finished) > LATE => {
            Line::fail(CHECK, format!("the last sweep that ended was due at {finished}"), FIX)
        }
        Some(finished) => Line::pass(CHECK, format!("the last one was due at {finished}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::line::Outcome;
    use super::*;

    #[test]
    fn a_sweep_is_late_after_two_hours() {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a time");
        for (minutes, outcome) in [(Some(30), Outcome::Pass), (Some(121), Outcome::Fail), (None, Outcome::Fail)] {
            assert_eq!(judge(minutes.map(|minutes| now - SignedDuration::from_mins(minutes)), now).outcome, outcome);
        }
    }
}
