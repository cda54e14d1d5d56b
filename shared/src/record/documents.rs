//! The shapes of CloudTrail records: EventBridge envelopes, bare records, `{"Records": […]}`, any of these inside the record of a
//! failed invocation, and arrays of these, one after the other or one per line. The content decides the shape. What cannot be
//! read is reported, and reading goes on with the rest.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::record::json::Value;

/// Largest record that is read, in bytes. CloudTrail delivers events of at most 1 MB (CloudTrail User Guide, "Quotas").
pub const MAX_RECORD: usize = 16 << 20;

/// How deep lists may be nested in lists.
const MAX_NESTING: usize = 4;

/// Something that a document holds.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// The JSON text of a CloudTrail record.
    Record(&'a str),
    /// An EventBridge event that is not an API call.
    OtherEvent(OtherEvent<'a>),
    /// A page of IAM's account authorization details.
    AuthorizationDetails(Value<'a>),
    /// A page of resources with their tags, as the Resource Groups Tagging API lists them.
    ResourceTags(Value<'a>),
}

/// An EventBridge event that is not an API call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherEvent<'a> {
    /// `id`
    pub id: Option<String>,
    /// `time`
    pub time: Option<String>,
    /// `detail-type`
    pub detail_type: String,
    /// `account`
    pub account: Option<String>,
    /// `region`
    pub region: Option<String>,
    /// The JSON text of `detail`.
    pub detail: &'a str,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from one, where it begins.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Splits `text`, and passes on each item, or what is wrong with it, in the order of the text.
pub fn split<'a>(text: &'a str, each: &mut dyn FnMut(Result<Item<'a>, Problem>)) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Lines { text, offset: 0, line: 1 };
    let mut start = 0;
    let mut found = false;
    // How many bytes may be read again after errors: input that consists only of errors must not take forever.
    let mut patience = text.len().saturating_mul(4);
    while let Some(rest) = text.get(start..).map(str::trim_start).filter(|rest| !rest.is_empty()) {
        start = text.len() - rest.len();
        found = true;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(value)) => {
                Splitter { lines: &mut lines, each }.document(value.get(), 0);
                start += values.byte_offset();
            }
            Some(Err(error)) => {
                let (wrong, line, message) = if error.is_eof() {
                    (text.len(), lines.at(start), "the JSON ends too early".to_owned())
                } else {
                    let wrong = start + offset_of(rest, error.line(), error.column());
                    let (first, line) = (lines.at(start), lines.at(wrong));
                    let begins = if first == line {
                        String::new()
                    } else {
                        format!(" in the document that begins at line {first}")
                    };
                    (wrong, line, format!("not JSON: {}{begins}", syntax(&error)))
                };
                each(Err(Problem { line, message }));
                patience = patience.saturating_sub(wrong - start);
                start = next_document(text, if patience > 0 { start } else { wrong });
            }
            None => return,
        }
    }
    if !found {
        each(Err(Problem { line: 1, message: "empty".to_owned() }));
    }
}

struct Splitter<'l, 'e, 'a> {
    lines: &'l mut Lines<'a>,
    each: &'e mut dyn FnMut(Result<Item<'a>, Problem>),
}

/// Whether this is output of `get-account-authorization-details`, or a page of it.
pub fn is_authorization_details(value: &Value) -> bool {
    ["RoleDetailList", "UserDetailList"].iter().any(|list| has_list(value, list))
}

fn has_list(value: &Value, name: &str) -> bool {
    value.as_object().and_then(|object| object.get(name)).is_some_and(Value::is_array)
}

/// The members by which the shapes differ. If a name is there twice, the first one counts, as in records.
#[derive(Default)]
struct Shape<'a> {
    records: Option<&'a RawValue>,
    detail: Option<&'a RawValue>,
    detail_type: Option<&'a RawValue>,
    roles: Option<&'a RawValue>,
    users: Option<&'a RawValue>,
    resources: Option<&'a RawValue>,
    /// Only records have it: an object with this member is a record, even if it also has members of other shapes.
    event_source: Option<&'a RawValue>,
    /// The event of a failed invocation, and what Lambda says of the invocation (Lambda Developer Guide, "Capturing records of
    /// Lambda asynchronous invocations").
    request_payload: Option<&'a RawValue>,
    request_context: Option<&'a RawValue>,
}

/// The names of the members that matter.
#[derive(Deserialize)]
enum Member {
    Records,
    #[serde(rename = "detail")]
    Detail,
    #[serde(rename = "detail-type")]
    DetailType,
    RoleDetailList,
    UserDetailList,
    ResourceTagMappingList,
    #[serde(rename = "eventSource")]
    EventSource,
    #[serde(rename = "requestPayload")]
    RequestPayload,
    #[serde(rename = "requestContext")]
    RequestContext,
    #[serde(other)]
    Other,
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
                    let slot = match member {
                        Member::Records => &mut shape.records,
                        Member::Detail => &mut shape.detail,
                        Member::DetailType => &mut shape.detail_type,
                        Member::RoleDetailList => &mut shape.roles,
                        Member::UserDetailList => &mut shape.users,
                        Member::ResourceTagMappingList => &mut shape.resources,
                        Member::EventSource => &mut shape.event_source,
                        Member::RequestPayload => &mut shape.request_payload,
                        Member::RequestContext => &mut shape.request_context,
                        Member::Other => {
                            members.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    let value = members.next_value()?;
                    slot.get_or_insert(value);
                }
                Ok(shape)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The head of an EventBridge envelope.
#[derive(Deserialize)]
struct Envelope {
    id: Option<String>,
    time: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: String,
    account: Option<String>,
    region: Option<String>,
}

impl<'a> Splitter<'_, '_, 'a> {
    fn document(&mut self, json: &'a str, nesting: usize) {
        if nesting > MAX_NESTING {
            return self.problem(json, "too many lists within lists");
        }
        match json.as_bytes().first() {
            Some(b'[') => self.list(json, nesting),
            Some(b'{') => self.object(json, nesting),
            Some(b'"') => self.problem(json, "expected an object, found a string"),
            Some(b't' | b'f') => self.problem(json, "expected an object, found a boolean"),
            Some(b'n') => self.problem(json, "expected an object, found null"),
            _ => self.problem(json, "expected an object, found a number"),
        }
    }

    fn list(&mut self, json: &'a str, nesting: usize) {
        match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(elements) => elements.into_iter().for_each(|element| self.document(element.get(), nesting + 1)),
            Err(error) => self.problem(json, &syntax(&error)),
        }
    }

    fn object(&mut self, json: &'a str, nesting: usize) {
        let shape: Shape = match serde_json::from_str(json) {
            Ok(shape) => shape,
            Err(error) => return self.problem(json, &syntax(&error)),
        };
        if shape.event_source.is_some() {
            self.record(json, json);
        } else if let Some(records) = shape.records.map(RawValue::get) {
            match records.as_bytes().first() {
                Some(b'[') => self.list(records, nesting),
                _ => self.problem(records, "expected a list of `Records`"),
            }
        } else if shape.roles.is_some() || shape.users.is_some() {
            match serde_json::from_str::<Value>(json) {
                Ok(details) if is_authorization_details(&details) => {
                    (self.each)(Ok(Item::AuthorizationDetails(details)))
                }
                Ok(_) => self.problem(json, "expected a list of roles or users"),
                Err(error) => self.problem(json, &syntax(&error)),
            }
        } else if shape.resources.is_some() {
            match serde_json::from_str::<Value>(json) {
                Ok(page) if has_list(&page, "ResourceTagMappingList") => (self.each)(Ok(Item::ResourceTags(page))),
                Ok(_) => self.problem(json, "expected a list of resources"),
                Err(error) => self.problem(json, &syntax(&error)),
            }
        } else if let (Some(detail), Some(detail_type)) = (shape.detail, shape.detail_type) {
            self.envelope(json, detail.get(), detail_type.get());
        } else if let (Some(payload), Some(_)) = (shape.request_payload, shape.request_context) {
            self.document(payload.get(), nesting + 1);
        } else {
            self.record(json, json);
        }
    }

    /// A record, in the document or envelope `whole`.
    fn record(&mut self, json: &'a str, whole: &str) {
        if json.len() > MAX_RECORD {
            let message = format!("the record has {} MB, but CloudTrail delivers at most 1 MB", json.len() >> 20);
            self.problem(whole, &message);
        } else {
            (self.each)(Ok(Item::Record(json)));
        }
    }

    fn envelope(&mut self, json: &'a str, detail: &'a str, detail_type: &str) {
        if detail_type.contains("via CloudTrail") {
            return match detail.as_bytes().first() {
                Some(b'{') => self.record(detail, json),
                _ => self.problem(json, "the `detail` of the event is not a CloudTrail record"),
            };
        }
        match serde_json::from_str::<Envelope>(json) {
            Ok(Envelope { id, time, detail_type, account, region }) => {
                (self.each)(Ok(Item::OtherEvent(OtherEvent { id, time, detail_type, account, region, detail })));
            }
            Err(error) => self.problem(json, &syntax(&error)),
        }
    }

    fn problem(&mut self, json: &str, message: &str) {
        // `json` is a part of the text, so its offset is the distance between the two pointers.
        let at = (json.as_ptr() as usize).saturating_sub(self.lines.text.as_ptr() as usize);
        (self.each)(Err(Problem { line: self.lines.at(at), message: message.to_owned() }));
    }
}

/// The message of serde_json without the position, which is relative to a part of the text.
fn syntax(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Counts lines. Problems come nearly in the order of the text, so it counts from the last one.
struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line, from one, that holds the byte at `offset`.
    fn at(&mut self, offset: usize) -> usize {
        let (from, to) = (self.offset.min(offset), self.offset.max(offset));
        let between = self.text.as_bytes().get(from..to).unwrap_or_default();
        let newlines = between.iter().filter(|byte| **byte == b'\n').count();
        self.line = if offset < self.offset { self.line - newlines } else { self.line + newlines };
        self.offset = offset;
        self.line
    }
}

/// The offset of a line and a column in `text`, both counted from one.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    start + column.saturating_sub(1)
}

/// Where the next document begins after `offset`: at the next line whose first character opens an object or a list, as
/// JSON Lines and pretty-printers write them.
fn next_document(text: &str, offset: usize) -> usize {
    let mut line = next_line(text, offset);
    while line < text.len() && !matches!(text.as_bytes().get(line), Some(b'{' | b'[')) {
        line = next_line(text, line);
    }
    line
}

fn next_line(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().iter().skip(from);
    rest.clone().position(|byte| *byte == b'\n').map_or(text.len(), |newline| from + newline + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn summary(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        split(text, &mut |item| {
            found.push(match item {
                Ok(Item::Record(json)) => json.to_owned(),
                Ok(Item::OtherEvent(event)) => format!("event {}", event.detail_type),
                Ok(Item::AuthorizationDetails(_)) => "iam".to_owned(),
                Ok(Item::ResourceTags(_)) => "resources".to_owned(),
                Err(problem) => format!("line {}: {}", problem.line, problem.message),
            });
        });
        found
    }

    #[test]
    fn every_shape_is_recognised() {
        for (text, expected) in [
            (r#"{"n":1}"#, vec![r#"{"n":1}"#]),
            (r#"{"ResourceTagMappingList":[]}"#, vec!["resources"]),
            (r#"{"ResourceTagMappingList":7}"#, vec!["line 1: expected a list of resources"]),
            (r#"{"Records":[{"n":1},{"n":2}]}"#, vec![r#"{"n":1}"#, r#"{"n":2}"#]),
            (
                r#"[{"n":1},{"detail-type":"AWS API Call via CloudTrail","detail":{"n":2}}]"#,
                vec![r#"{"n":1}"#, r#"{"n":2}"#],
            ),
            ("{\"n\":1}\r\n{\"n\":2}\n\n", vec![r#"{"n":1}"#, r#"{"n":2}"#]),
            ("\u{feff}{\"n\":1}{\"n\":2}", vec![r#"{"n":1}"#, r#"{"n":2}"#]),
            (
                r#"{"detail-type":"SageMaker Training Job State Change","detail":{"n":1}}"#,
                vec!["event SageMaker Training Job State Change"],
            ),
            (
                r#"{"version":"1.0","requestContext":{},"requestPayload":{"detail-type":"AWS API Call via CloudTrail","detail":{"n":1}},"responsePayload":{}}"#,
                vec![r#"{"n":1}"#],
            ),
            (
                r#"{"requestPayload":{"n":1},"requestContext":{},"eventSource":"x"}"#,
                vec![r#"{"requestPayload":{"n":1},"requestContext":{},"eventSource":"x"}"#],
            ),
            (r#"{"requestPayload":{"n":1}}"#, vec![r#"{"requestPayload":{"n":1}}"#]),
            (r#"{"RoleDetailList":[]}{"UserDetailList":[]}"#, vec!["iam", "iam"]),
            (r#"{"Records":[]}"#, vec![]),
            (r#"{"Records":[{"n":1}],"Records":[{"n":2}]}"#, vec![r#"{"n":1}"#]),
            (r#"{"Records":[{"n":1}],"eventSource":"x"}"#, vec![r#"{"Records":[{"n":1}],"eventSource":"x"}"#]),
        ] {
            assert_eq!(summary(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_goes_on() {
        for (text, expected) in [
            ("", vec!["line 1: empty"]),
            (" \n ", vec!["line 1: empty"]),
            ("[1,2]", vec!["line 1: expected an object, found a number", "line 1: expected an object, found a number"]),
            ("{\"n\":1}\n{\"n\":\n", vec![r#"{"n":1}"#, "line 2: the JSON ends too early"]),
            (
                "{\"n\":1}\n{\"n\":\"\n{\"n\":3}",
                vec![
                    r#"{"n":1}"#,
                    "line 2: not JSON: control character (\\u0000-\\u001F) found while parsing a string",
                    r#"{"n":3}"#,
                ],
            ),
            ("{\"n\":1}\nnonsense\n{\"n\":3}", vec![r#"{"n":1}"#, "line 2: not JSON: expected ident", r#"{"n":3}"#]),
            (
                "{\n  \"n\": 1,\n  \"m\": oops,\n  \"o\": {}\n}\n{\"n\":3}",
                vec!["line 3: not JSON: expected value in the document that begins at line 1", r#"{"n":3}"#],
            ),
            (
                "{\"n\":\n{\"n\":2}\n{\"n\":3}",
                vec![
                    "line 3: not JSON: expected `,` or `}` in the document that begins at line 1",
                    r#"{"n":2}"#,
                    r#"{"n":3}"#,
                ],
            ),
            (
                "{\"n\":1\n{\"n\":2}",
                vec!["line 2: not JSON: expected `,` or `}` in the document that begins at line 1", r#"{"n":2}"#],
            ),
            (r#"{"Records":7}"#, vec!["line 1: expected a list of `Records`"]),
            (r#"{"requestContext":{},"requestPayload":null}"#, vec!["line 1: expected an object, found null"]),
        ] {
            assert_eq!(summary(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_to_an_end(text in "[\\[\\]{}\",:0-9a\n ]{0,60}") {
            summary(&text);
        }

        #[test]
        fn good_lines_survive_bad_ones(lines in prop::collection::vec(prop_oneof![Just("{\"n\":1}"), Just("{\"n\""), Just("{\"n\":"), Just("oops"), Just("{\"n\":\"")], 1..8)) {
            let good = lines.iter().filter(|line| **line == "{\"n\":1}").count();
            let found = summary(&(lines.join("\n") + "\n{\"end\":1}"));
            prop_assert_eq!(found.iter().filter(|item| *item == "{\"n\":1}").count(), good);
        }
    }
}
