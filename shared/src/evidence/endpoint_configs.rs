//! Endpoint configurations, which say what an endpoint runs.

use std::collections::BTreeMap;

use super::Created;
use crate::operations::Operation;
use crate::record::Call;
use crate::record::json::{self, member_text};

/// An endpoint configuration: the request that created it, in CloudTrail's form, with its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointConfig {
    /// Its ARN, if it is known.
    pub arn: Option<String>,
    /// Source: SageMaker API reference, `CreateEndpointConfig`.
    pub request: serde_json::Value,
    /// Whether its tags are those of today, because nothing shows with which tags it was created.
    pub has_tags_of_today: bool,
}

impl Created for EndpointConfig {
    const WHAT: &'static str = "endpoint configuration";
    const BY: &'static str = "CreateEndpointConfig";

    fn from_request(call: &Call) -> Option<(String, Self)> {
        let request = *call.request.as_ref().ok()?;
        let arn = Operation::named(Self::BY)?.arn(call).map(str::to_owned);
        Some((
            member_text(request, "endpointConfigName")?.to_owned(),
            Self { arn, request: request.into(), has_tags_of_today: false },
        ))
    }
}

impl EndpointConfig {
    /// The configuration after these tags were set or, with `None`, removed.
    pub fn retagged(&self, changed: &BTreeMap<&str, Option<&str>>) -> Self {
        let mut config = self.clone();
        let Some(members) = config.request.as_object_mut() else { return config };
        let list = members.entry("tags").or_insert_with(|| serde_json::json!([]));
        if let Some(tags) = list.as_array_mut() {
            let is_changed = |tag: &serde_json::Value| tag["key"].as_str().is_some_and(|key| changed.contains_key(key));
            tags.retain(|tag| !is_changed(tag));
            let set =
                changed.iter().filter_map(|(key, value)| Some(serde_json::json!({"key": key, "value": (*value)?})));
            tags.extend(set);
        }
        config
    }

    /// Whether it carries the tag `key`.
    pub fn has_tag(&self, key: &str) -> bool {
        self.request
            .get("tags")
            .and_then(|tags| tags.as_array())
            .is_some_and(|tags| tags.iter().any(|tag| tag.get("key").and_then(|known| known.as_str()) == Some(key)))
    }

    /// The configuration if its tags are not known.
    pub fn with_unread_tags(&self) -> Self {
        let mut config = self.clone();
        if let Some(members) = config.request.as_object_mut() {
            members.insert("tags".to_owned(), serde_json::json!({"omitted": true}));
        }
        config
    }

    /// Passes on the call that would create this configuration, as if the caller of `using`, which uses it, had made it
    /// at that time.
    pub fn as_created<T>(&self, using: &Call, then: impl FnOnce(&Call, &'static Operation) -> T) -> Option<T> {
        let operation = Operation::named(Self::BY)?;
        let request = json::borrowed(&self.request).ok()?;
        let call = Call { event_name: operation.name, request: Ok(&request), response: None, ..using.clone() };
        Some(then(&call, operation))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::with_call;
    use super::*;

    #[test]
    fn the_request_is_kept_and_becomes_a_call_of_the_user() {
        let request = r#"{"endpointConfigName":"c","kmsKeyId":"k"}"#;
        let read = with_call(EndpointConfig::BY, "2026-03-01T00:00:00Z", request, EndpointConfig::read);
        let (name, config) = read.unwrap();
        assert_eq!(name, "c");
        let created = with_call("CreateEndpoint", "2026-03-09T00:00:00Z", r#"{"endpointName":"e"}"#, |using| {
            config.as_created(using, |call, operation| {
                let key = member_text(call.request.as_ref().unwrap(), "kmsKeyId").map(str::to_owned);
                (call.event_name.to_owned(), operation.name, key, call.event_time.map(str::to_owned))
            })
        });
        let time = Some("2026-03-09T00:00:00Z".to_owned());
        let by = EndpointConfig::BY;
        assert_eq!(created.unwrap(), (by.to_owned(), by, Some("k".to_owned()), time));
    }

    #[test]
    fn what_has_no_name_teaches_nothing() {
        for request in ["null", r#"{"endpointConfigName":7}"#, r#"{"kmsKeyId":"k"}"#] {
            let read = with_call(EndpointConfig::BY, "2026-03-01T00:00:00Z", request, EndpointConfig::read);
            assert_eq!(read, None, "{request}");
        }
    }
}
