//! The payloads of functions that EventBridge invokes.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use serde_json::value::RawValue;
use tagwarden::record::documents::{self, Item, OtherEvent};

/// An event as EventBridge delivers it. Its detail is read later: the record of CloudTrail's has a lenient model of its own.
type Envelope = EventBridgeEvent<Box<RawValue>>;

/// A payload, with the envelope if EventBridge delivered it.
pub struct Payload<'a> {
    text: &'a str,
    envelope: Option<Envelope>,
}

impl<'a> Payload<'a> {
    /// Reads a payload. EventBridge delivers one event; people also send recorded events, and messages of an on-failure queue.
    pub fn read(text: &'a str) -> Self {
        let envelope: Option<Envelope> = serde_json::from_str(text).ok();
        Self { text, envelope: envelope.filter(|event| event.detail.get().starts_with('{')) }
    }

    /// The records and other events in it, or what is wrong with them.
    pub fn items(&self) -> Vec<Result<Item<'_>, String>> {
        if let Some(event) = &self.envelope {
            return vec![Ok(item(event))];
        }
        let mut items = Vec::new();
        documents::split(self.text, &mut |item| items.push(item.map_err(|problem| problem.message)));
        items
    }
}

fn item(event: &Envelope) -> Item<'_> {
    let detail = event.detail.get();
    if event.detail_type.contains("via CloudTrail") {
        return Item::Record(detail);
    }
    Item::OtherEvent(OtherEvent {
        id: event.id.clone(),
        // As EventBridge writes it: RFC 3339, in UTC.
        time: event.time.and_then(|time| Some(serde_json::json!(time).as_str()?.to_owned())),
        detail_type: event.detail_type.clone(),
        account: event.account.clone(),
        region: event.region.clone(),
        detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#""id":"i","source":"aws.sagemaker","time":"2026-03-02T09:00:00Z","account":"1","region":"r""#;

    /// The text of each item, as the core would read the payload, too.
    fn items(payload: &str) -> Vec<String> {
        let mut split = Vec::new();
        documents::split(payload, &mut |item| split.push(format!("{:?}", item.map_err(|problem| problem.message))));
        let payload = Payload::read(payload);
        let items: Vec<_> = payload.items().iter().map(|item| format!("{item:?}")).collect();
        assert_eq!(items, split);
        items
    }

    #[test]
    fn an_event_means_the_same_as_on_the_command_line() {
        let call = format!(r#"{{{HEAD},"detail-type":"AWS API Call via CloudTrail","detail":{{"eventName":"x"}}}}"#);
        assert_eq!(items(&call).len(), 1);
        let state = format!(r#"{{{HEAD},"detail-type":"SageMaker Model State Change","detail":{{"ModelName":"m"}}}}"#);
        assert!(items(&state)[0].contains("09:00:00Z"));
        // What is not an envelope of EventBridge's is read all the same.
        for other in [
            call.replace("\"source\"", "\"from\""),
            call.replace("2026-03-02T09:00:00Z", "yesterday"),
            format!(r#"{{"requestContext":{{}},"requestPayload":{state}}}"#),
            format!("[{call},{state}]"),
            r#"{"Records":[{"eventName":"x"}]}"#.to_owned(),
            call.replace(r#"{"eventName":"x"}"#, "[]"),
            "7".to_owned(),
            String::new(),
        ] {
            assert!(!items(&other).is_empty(), "{other}");
        }
    }
}
