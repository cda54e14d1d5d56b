//! The members by which the shapes of documents differ.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::record::json::{Value, member};

use super::item::Neighbour;

/// The names of the members that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Member {
    Records,
    #[serde(rename = "detail")]
    Detail,
    #[serde(rename = "detail-type")]
    DetailType,
    RoleDetailList,
    UserDetailList,
    ResourceTagMappingList,
    PriceList,
    #[serde(rename = "products")]
    Products,
    #[serde(rename = "product")]
    Product,
    #[serde(rename = "terms")]
    Terms,
    #[serde(rename = "eventSource")]
    EventSource,
    #[serde(rename = "eventName")]
    EventName,
    #[serde(rename = "eventVersion")]
    EventVersion,
    #[serde(rename = "eventCategory")]
    EventCategory,
    #[serde(rename = "userIdentity")]
    UserIdentity,
    #[serde(rename = "requestParameters")]
    RequestParameters,
    #[serde(rename = "responseElements")]
    ResponseElements,
    /// The record as CloudTrail wrote it, beside members that repeat parts of it: `CloudTrailEvent` of LookupEvents, and `_raw`
    /// of Splunk.
    #[serde(rename = "CloudTrailEvent", alias = "_raw")]
    Original,
    /// The event of a failed invocation, and what Lambda says of the invocation (Lambda Developer Guide, "Capturing records of
    /// Lambda asynchronous invocations").
    #[serde(rename = "requestPayload")]
    RequestPayload,
    #[serde(rename = "requestContext")]
    RequestContext,
    #[serde(rename = "digestS3Bucket")]
    DigestBucket,
    #[serde(rename = "configurationItems")]
    ConfigurationItems,
    #[serde(rename = "messageType")]
    MessageType,
    #[serde(rename = "class_uid")]
    ClassUid,
    #[serde(rename = "s3ObjectKey")]
    ObjectKeys,
    #[serde(other)]
    Other,
}

/// The members that Athena, CloudTrail Lake and log shippers write as JSON in a text.
const TREES: [(Member, &str); 3] = [
    (Member::UserIdentity, "userIdentity"),
    (Member::RequestParameters, "requestParameters"),
    (Member::ResponseElements, "responseElements"),
];

/// The members of an object that matter, with their JSON texts. If a name is there twice, the first one counts, as in records.
#[derive(Default)]
pub(super) struct Shape<'a>(Vec<(Member, &'a str)>);

impl<'a> Shape<'a> {
    /// The JSON text of a member.
    pub(super) fn get(&self, member: Member) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| *name == member).map(|(_, value)| *value)
    }

    pub(super) fn has(&self, member: Member) -> bool {
        self.get(member).is_some()
    }

    fn is(&self, member: Member, json: &str) -> bool {
        self.get(member) == Some(json)
    }

    /// Whether it is a record of CloudTrail's. Event sources of Lambda, such as `aws:s3` and `aws:sqs`, are not services.
    pub(super) fn is_record(&self) -> bool {
        let is_copy = self.has(Member::Original) && !self.get(Member::UserIdentity).is_some_and(is_object);
        self.get(Member::EventSource).is_some_and(|source| !source.starts_with("\"aws:")) && !is_copy
    }

    /// What kind of event it is, if it is one of CloudTrail's that is not an API call.
    pub(super) fn other_event(&self) -> Option<&'static str> {
        // CloudTrail User Guide, "CloudTrail record contents for Insights events for trails", and "… for aggregated events".
        if self.is(Member::EventCategory, "\"Insight\"") && !self.has(Member::EventSource) {
            return Some("CloudTrail Insights event");
        }
        let is_aggregated = self.is(Member::EventCategory, "\"Aggregated\"") && !self.has(Member::EventName);
        is_aggregated.then_some("CloudTrail aggregated event")
    }

    /// Whether it is a record with JSON in texts.
    pub(super) fn has_trees_as_text(&self) -> bool {
        TREES.iter().any(|(name, _)| self.get(*name).is_some_and(|json| json.starts_with("\"{")))
    }

    /// Whether it is a page, a bulk file or a product of the AWS Price List.
    pub(super) fn is_price_list(&self) -> bool {
        let has_products = self.has(Member::Products) || self.has(Member::Product);
        self.has(Member::PriceList) || (has_products && self.has(Member::Terms))
    }

    /// What it is, if it lies beside log files.
    pub(super) fn neighbour(&self) -> Option<Neighbour> {
        if self.has(Member::DigestBucket) {
            Some(Neighbour::Digest)
        } else if self.get(Member::ConfigurationItems).is_some_and(|items| items.starts_with('[')) {
            Some(Neighbour::Config)
        } else if self.is(Member::MessageType, "\"CONTROL_MESSAGE\"") {
            Some(Neighbour::ControlMessage)
        } else {
            None
        }
    }

    /// Why it is not a record, if it is known to hold none.
    pub(super) fn no_record(&self) -> Option<&'static str> {
        // S3 User Guide, "Event message structure"; CloudTrail User Guide, "Configuring Amazon SNS notifications".
        if self.is(Member::EventSource, "\"aws:s3\"") || self.has(Member::ObjectKeys) {
            Some("a notification about log files, not a record: read the files that it names")
        } else if self.has(Member::ClassUid) {
            Some(
                "an OCSF event, as Security Lake has them, not a CloudTrail record, which cannot be got back from it: read the \
                trail's log files, or the result of the query that `tagwarden audit --athena-query` prints",
            )
        } else if !self.has(Member::EventSource) && (self.has(Member::EventName) || self.has(Member::EventVersion)) {
            Some("not a CloudTrail record: `eventSource` is missing")
        } else {
            None
        }
    }
}

/// Whether a record is as CloudTrail writes it: it is no copy of another one, and has no JSON in texts.
pub fn is_plain(record: &Value) -> bool {
    let is_tree_as_text = |name| member(record, name).and_then(Value::as_str).is_some_and(|text| text.starts_with('{'));
    !["CloudTrailEvent", "_raw"].iter().any(|name| member(record, name).is_some())
        && !TREES.iter().any(|(_, name)| is_tree_as_text(name))
}

pub(super) fn is_object(json: &str) -> bool {
    json.starts_with('{')
}

impl<'de> Deserialize<'de> for Shape<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Shape<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Shape<'de>, A::Error> {
                let mut shape = Shape::default();
                while let Some(member) = members.next_key()? {
                    match member {
                        Member::Other => drop(members.next_value::<IgnoredAny>()?),
                        member => shape.0.push((member, members.next_value::<&RawValue>()?.get())),
                    }
                }
                Ok(shape)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A member's name and its JSON text.
pub(super) type NamedValue<'a> = (Cow<'a, str>, &'a str);

/// All members of an object.
#[derive(Default)]
pub(super) struct Members<'a>(pub(super) Vec<NamedValue<'a>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members<'de>, A::Error> {
                let mut all = Vec::new();
                while let Some((Name(name), value)) = members.next_entry::<Name, &RawValue>()? {
                    all.push((name, value.get()));
                }
                Ok(Members(all))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// A text, borrowed if it has no escapes.
#[derive(Deserialize)]
pub(super) struct Name<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);
