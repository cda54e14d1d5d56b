//! CloudTrail's event history.

use std::time::Duration;

use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, ReadEventHistory};

/// "The rate of lookup requests is limited to two per second, per account, per Region" (API reference, `LookupEvents`). Half of
/// that is left to everybody else.
const PACE: Duration = Duration::from_secs(1);

impl ReadEventHistory for Aws {
    async fn history(&self, operation: &str, from: Timestamp, until: Timestamp) -> AwsResult<Vec<String>> {
        let action = "cloudtrail:LookupEvents";
        let by_name =
            LookupAttribute::builder().attribute_key(LookupAttributeKey::EventName).attribute_value(operation);
        let by_name = by_name.build().map_err(|error| AwsError(format!("{action} failed: {error}")))?;
        let lookup = self.cloudtrail.lookup_events().lookup_attributes(by_name).max_results(50);
        let lookup = lookup.start_time(DateTime::from_secs(from.as_second()));
        let lookup = lookup.end_time(DateTime::from_secs(until.as_second()));
        let (mut records, mut next) = (Vec::new(), None);
        loop {
            let mut free_from = self.next_lookup.lock().await;
            sleep_until(*free_from).await;
            *free_from = Instant::now() + PACE;
            let page = lookup.clone().set_next_token(next).send().await.map_err(aws_error(action))?;
            records.extend(page.events.into_iter().flatten().filter_map(|event| event.cloud_trail_event));
            next = page.next_token;
            if next.is_none() {
                return Ok(records);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_can_look_up_events_during_a_sweep() {
        let (a_second, quota) = (Duration::from_secs(1).as_millis(), 2);
        assert!(a_second.div_ceil(PACE.as_millis()) <= quota / 2);
    }
}
