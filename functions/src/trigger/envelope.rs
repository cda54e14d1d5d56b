//! Payloads of functions that EventBridge invokes.

use tagwarden::record::documents::{self, Item, OtherEvent};

/// What a payload holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The JSON text of a CloudTrail record.
    Record(String),
    /// An event that is not an API call.
    Other(OtherEvent<'static>),
}

/// The events in a payload, or what is wrong with them. EventBridge delivers one event in its envelope; people also send recorded
/// events, and messages of an on-failure queue.
pub fn events(payload: &str) -> Vec<Result<Event, String>> {
    let mut events = Vec::new();
    documents::split(payload, &mut |_, item| {
        events.push(item.and_then(|item| match item {
            Item::Record(record) => Ok(Event::Record(record.json.to_owned())),
            Item::OtherEvent(event) => Ok(Event::Other(event.into_owned())),
            Item::AuthorizationDetails(_) => Err("account authorization details are not an event".to_owned()),
            Item::ResourceTags(_) => Err("a list of resources is not an event".to_owned()),
            Item::Prices(_) => Err("a price list is not an event".to_owned()),
            Item::Neighbour(neighbour) => Err(format!("expected an event, found {neighbour}")),
        }));
    });
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_is_read() {
        let record = r#"{"eventSource":"s","eventName":"n"}"#;
        let call = format!(r#"{{"id":"i","detail-type":"AWS API Call via CloudTrail","detail":{record}}}"#);
        let state = r#"{"id":"i","time":"2026-03-02T09:00:00Z","detail-type":"SageMaker Model State Change","detail":{"ModelName":"m"}}"#;
        let read = Ok(Event::Record(record.to_owned()));
        for (payload, expected) in [
            (call.clone(), vec![read.clone()]),
            (format!(r#"{{"requestContext":{{}},"requestPayload":{call}}}"#), vec![read.clone()]),
            (format!(r#"{{"Records":[{record},{record}]}}"#), vec![read.clone(), read]),
            (
                r#"{"RoleDetailList":[]}"#.to_owned(),
                vec![Err("account authorization details are not an event".to_owned())],
            ),
            (String::new(), vec![Err("empty".to_owned())]),
        ] {
            assert_eq!(events(&payload), expected, "{payload}");
        }
        let events = events(&format!("[{state}]"));
        let [Ok(Event::Other(event))] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((event.id.as_deref(), event.time.as_deref()), (Some("i"), Some("2026-03-02T09:00:00Z")));
        assert_eq!(event.detail, r#"{"ModelName":"m"}"#);
    }
}
