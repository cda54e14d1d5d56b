//! The bus of decisions.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, BusEvent, PutEvents, SOURCE};

impl PutEvents for Aws {
    async fn put_events(&self, events: &[BusEvent]) -> AwsResult<()> {
        let Some(bus) = &self.bus else { return Ok(()) };
        let entry = |event: &BusEvent| {
            let entry = PutEventsRequestEntry::builder().event_bus_name(bus).source(SOURCE);
            let entry = entry.detail_type(event.detail_type).detail(event.detail.to_string());
            entry.set_resources(Some(event.resources.clone())).build()
        };
        let put = self.eventbridge.put_events().set_entries(Some(events.iter().map(entry).collect()));
        let put = put.send().await.map_err(aws_error("events:PutEvents"))?;
        // EventBridge reports refused events in a response with status 200.
        match put.entries().iter().find_map(|entry| Some((entry.error_code()?, entry.error_message()))) {
            Some((code, message)) => {
                Err(AwsError(format!("events:PutEvents failed: {code}: {}", message.unwrap_or_default())))
            }
            None => Ok(()),
        }
    }
}
