//! The shapes in which people hold CloudTrail records. The content decides the shape.
//!
//! Known shapes are bare records, `{"Records": […]}`, EventBridge envelopes, rows of tables, and arrays of these, one after the other
//! or one per line. Any other object is searched: for these shapes among its members, and in texts that are JSON themselves, as
//! queues, log groups and log stores hold records. A record itself is never searched. What cannot be read is reported, and reading
//! goes on with the rest.

mod item;
mod place;
pub mod row;
mod shape;
mod wrapped;

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use item::{Item, Neighbour, OtherEvent, Record};
pub use place::{Place, Problem};
pub use shape::is_plain;

use place::Lines;
use shape::{Member, Members, Name, NamedValue, Shape, is_object};

use crate::record::Call;
use crate::record::json::{Value, member_text};

/// Largest record that is read, in bytes. CloudTrail delivers events of at most 1 MB (CloudTrail User Guide, "Quotas").
pub const MAX_RECORD: usize = 16 << 20;

/// How deep documents, lists, objects and texts may be nested around a record.
const MAX_NESTING: usize = 16;

/// How many bytes of texts within texts are read, beside a multiple of the text's own size.
const MAX_UNWRAPPED: usize = 16 << 20;

/// How many times the text's own size is read of texts within it. Gzip makes records about ten times smaller.
const MAX_RATIO: usize = 32;

/// What is done with each item, or with what is wrong with it, at its place.
type Each<'e> = &'e mut dyn FnMut(&Place, Result<Item, String>);

/// Splits `text`, and passes on each item, or what is wrong with it, in the order of the text.
pub fn split(text: &str, each: Each) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = Lines::new(text);
    let place = Place::new(&lines);
    if text.trim_start().is_empty() {
        return each(&place, Err("empty".to_owned()));
    }
    let left = text.len().saturating_mul(MAX_RATIO).saturating_add(MAX_UNWRAPPED);
    Splitter { each, left }.documents(text, &place, 0, true);
}

/// Whether this is output of `get-account-authorization-details`, or a page of it.
pub fn is_authorization_details(value: &Value) -> bool {
    ["RoleDetailList", "UserDetailList"].iter().any(|list| has_list(value, list))
}

fn has_list(value: &Value, name: &str) -> bool {
    value.as_object().and_then(|object| object.get(name)).is_some_and(Value::is_array)
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

struct Splitter<'e> {
    each: Each<'e>,
    /// How many bytes of texts within texts may still be read.
    left: usize,
}

/// Elements of a list, or documents of a text. If one of them holds an item, each of them must.
struct Group<'a> {
    must_hold: bool,
    /// Those that hold none, before the first one that does.
    empty: Vec<(usize, &'a str)>,
}

/// Each method returns whether it found anything: an item, or something that should be one.
impl Splitter<'_> {
    /// The documents of a text, one after the other. Each of them must hold an item if `must_hold`.
    fn documents(&mut self, text: &str, place: &Place, nesting: usize, must_hold: bool) -> bool {
        let mut group = Group { must_hold, empty: Vec::new() };
        let mut start = 0;
        // How many bytes may be read again after errors: input that consists only of errors must not take forever.
        let mut patience = text.len().saturating_mul(4);
        while let Some(rest) = text.get(start..).map(str::trim_start).filter(|rest| !rest.is_empty()) {
            start = text.len() - rest.len();
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
            match values.next() {
                Some(Ok(value)) => {
                    let document = value.get();
                    let found = self.value(document, &place.of(document), nesting);
                    self.add(&mut group, found, (0, document), &|_, document| place.of(document));
                    start += values.byte_offset();
                }
                Some(Err(_)) if !group.must_hold => return false,
                Some(Err(error)) => {
                    let wrong = if error.is_eof() {
                        (self.each)(&place.of(rest), Err("the JSON ends too early".to_owned()));
                        text.len()
                    } else {
                        let wrong = offset_of(rest, error.line(), error.column());
                        let (at, first) = (place.behind(rest, wrong), place.of(rest).line());
                        let begins = if first == at.line() {
                            String::new()
                        } else {
                            format!(" in the document that begins at line {first}")
                        };
                        (self.each)(&at, Err(format!("not JSON: {}{begins}", syntax(&error))));
                        start + wrong
                    };
                    patience = patience.saturating_sub(wrong - start);
                    start = next_document(text, if patience > 0 { start } else { wrong });
                }
                None => break,
            }
        }
        group.must_hold
    }

    fn list(&mut self, json: &str, place: &Place, nesting: usize, must_hold: bool) -> bool {
        let elements: Vec<&RawValue> = match serde_json::from_str(json) {
            Ok(elements) => elements,
            Err(error) => return self.problem(place, syntax(&error)),
        };
        let mut group = Group { must_hold, empty: Vec::new() };
        for (index, element) in elements.into_iter().map(RawValue::get).enumerate() {
            let found = self.value(element, &place.element(index, element), nesting + 1);
            self.add(&mut group, found, (index, element), &|index, element| place.element(index, element));
        }
        group.must_hold
    }

    /// Adds an element of which it is known whether it holds an item.
    fn add<'a, 'p>(
        &mut self,
        group: &mut Group<'a>,
        found: bool,
        element: (usize, &'a str),
        place: &dyn Fn(usize, &'a str) -> Place<'p>,
    ) {
        group.must_hold |= found;
        if !found {
            group.empty.push(element);
        }
        if group.must_hold {
            for (index, json) in group.empty.drain(..) {
                (self.each)(&place(index, json), Err(what_it_is(json)));
            }
        }
    }

    fn value(&mut self, json: &str, place: &Place, nesting: usize) -> bool {
        match json.as_bytes().first() {
            Some(b'[' | b'{') if nesting > MAX_NESTING => self
                .problem(place, format!("more than {MAX_NESTING} levels of lists, objects and texts around records")),
            // At the top, everything is meant to be a record.
            Some(b'[') => self.list(json, place, nesting, nesting == 0),
            Some(b'{') => self.object(json, place, nesting),
            _ => false,
        }
    }

    fn object(&mut self, json: &str, place: &Place, nesting: usize) -> bool {
        let shape: Shape = match serde_json::from_str(json) {
            Ok(shape) => shape,
            Err(error) => return self.problem(place, syntax(&error)),
        };
        let get = |member| shape.get(member);
        if shape.is_record() || shape.other_event().is_some() {
            self.event(json, &shape, place)
        } else if let Some(records) = get(Member::Records) {
            let place = place.member("Records", records);
            match records.as_bytes().first() {
                Some(b'[') => self.list(records, &place, nesting, true),
                _ => self.problem(&place, "expected a list of `Records`"),
            };
            true
        } else if get(Member::RoleDetailList).or(get(Member::UserDetailList)).is_some() {
            match serde_json::from_str::<Value>(json) {
                Ok(details) if is_authorization_details(&details) => {
                    self.item(place, Item::AuthorizationDetails(details))
                }
                Ok(_) => self.problem(place, "expected a list of roles or users"),
                Err(error) => self.problem(place, syntax(&error)),
            }
        } else if shape.has(Member::ResourceTagMappingList) {
            match serde_json::from_str::<Value>(json) {
                Ok(page) if has_list(&page, "ResourceTagMappingList") => self.item(place, Item::ResourceTags(page)),
                Ok(_) => self.problem(place, "expected a list of resources"),
                Err(error) => self.problem(place, syntax(&error)),
            }
        } else if shape.is_price_list() {
            self.item(place, Item::Prices(json))
        } else if let (Some(detail), Some(detail_type)) = (get(Member::Detail), get(Member::DetailType)) {
            self.envelope(json, detail, detail_type, place)
        } else if let (Some(payload), Some(_)) = (get(Member::RequestPayload), get(Member::RequestContext)) {
            let place = place.member("requestPayload", payload);
            self.value(payload, &place, nesting + 1) || self.problem(&place, what_it_is(payload))
        } else if let Some(neighbour) = shape.neighbour() {
            self.item(place, Item::Neighbour(neighbour))
        } else if let Some(why) = shape.no_record() {
            self.problem(place, why)
        } else {
            self.unknown(json, &shape, place, nesting)
        }
    }

    /// An event of CloudTrail's.
    fn event(&mut self, json: &str, shape: &Shape, place: &Place) -> bool {
        if json.len() > MAX_RECORD {
            let message = format!("the record has {} MB, but CloudTrail delivers at most 1 MB", json.len() >> 20);
            return self.problem(place, message);
        }
        if let Some(kind) = shape.other_event() {
            return self.other_event(json, kind, place);
        }
        if !shape.has_trees_as_text() {
            return self.record(json, place);
        }
        let is_row = !shape.get(Member::UserIdentity).is_some_and(is_object);
        match if is_row { row::record(json) } else { row::with_trees(json) } {
            Ok(record) => self.record(&record, place),
            Err(why) => self.problem(place, why),
        }
    }

    fn record(&mut self, json: &str, place: &Place) -> bool {
        let value: Value = match serde_json::from_str(json) {
            Ok(value) => value,
            Err(error) => return self.problem(place, format!("a record that is not JSON: {}", syntax(&error))),
        };
        match Call::read(&value) {
            Ok(call) => self.item(place, Item::Record(Record { json, value: &value, call: &call })),
            Err(why) => self.problem(place, why),
        }
    }

    /// An event of CloudTrail's that is not an API call.
    fn other_event(&mut self, json: &str, kind: &str, place: &Place) -> bool {
        let event: Value = match serde_json::from_str(json) {
            Ok(event) => event,
            Err(error) => return self.problem(place, syntax(&error)),
        };
        let text = |name| member_text(&event, name).map(str::to_owned);
        let event = OtherEvent {
            id: text("eventID").or_else(|| text("eventId")),
            time: text("eventTime"),
            detail_type: kind.to_owned(),
            account: text("recipientAccountId").or_else(|| text("accountId")),
            region: text("awsRegion"),
            detail: json.into(),
        };
        self.item(place, Item::OtherEvent(event))
    }

    fn envelope(&mut self, json: &str, detail: &str, detail_type: &str, place: &Place) -> bool {
        if detail_type.contains("via CloudTrail") {
            let place = place.member("detail", detail);
            return match serde_json::from_str::<Shape>(detail) {
                Ok(shape) => self.event(detail, &shape, &place),
                Err(_) => self.problem(&place, "the `detail` of the event is not a CloudTrail record"),
            };
        }
        match serde_json::from_str::<Envelope>(json) {
            Ok(Envelope { id, time, detail_type, account, region }) => {
                let event = OtherEvent { id, time, detail_type, account, region, detail: detail.into() };
                self.item(place, Item::OtherEvent(event))
            }
            Err(error) => self.problem(place, syntax(&error)),
        }
    }

    /// An object of another shape: a row, or something that holds records.
    fn unknown(&mut self, json: &str, shape: &Shape, place: &Place, nesting: usize) -> bool {
        let Members(members) = match serde_json::from_str(json) {
            Ok(members) => members,
            Err(error) => return self.problem(place, syntax(&error)),
        };
        let is = |(name, value): &NamedValue, wanted: &str, json: &str| {
            name.eq_ignore_ascii_case(wanted) && value.starts_with(json)
        };
        let is_row = members.iter().any(|one| is(one, "eventSource", "\"") && !is(one, "eventSource", "\"aws:"));
        if is_row && !shape.has(Member::Original) {
            return match row::record(json) {
                Ok(record) => self.record(&record, place),
                Err(why) => self.problem(place, why),
            };
        }
        self.texts(&members, place, nesting)
            || self.members(&members, place, nesting)
            // An event history without events.
            || members.iter().any(|one| is(one, "events", "[]"))
    }

    /// The texts among the members of an object that hold documents. Several may hold the same record.
    fn texts(&mut self, members: &[NamedValue], place: &Place, nesting: usize) -> bool {
        let mut found = HashSet::new();
        for (name, value) in members.iter().filter(|(_, value)| value.starts_with('"')) {
            let Ok(Name(text)) = serde_json::from_str(value) else { continue };
            let place = place.member(name, value);
            match wrapped::documents(&text, &mut self.left) {
                Ok(Some(inner)) if !found.contains(inner.as_ref()) => {
                    if self.documents(&inner, &place, nesting + 1, false) {
                        found.insert(inner.into_owned());
                    }
                }
                Ok(_) => {}
                Err(wrapped::TooMuch) => return self.problem(&place, "too much text within texts: unpack it before"),
            }
        }
        !found.is_empty()
    }

    /// The objects and lists among the members of an object.
    fn members(&mut self, members: &[NamedValue], place: &Place, nesting: usize) -> bool {
        members
            .iter()
            .fold(false, |found, (name, value)| self.value(value, &place.member(name, value), nesting + 1) || found)
    }

    fn item(&mut self, place: &Place, item: Item) -> bool {
        (self.each)(place, Ok(item));
        true
    }

    fn problem(&mut self, place: &Place, message: impl Into<String>) -> bool {
        (self.each)(place, Err(message.into()));
        true
    }
}

/// What something is that was expected to be a record, or to hold some.
fn what_it_is(json: &str) -> String {
    let kind = match json.as_bytes().first() {
        Some(b'{') => return what_object(json),
        Some(b'[') => return "a list without CloudTrail records".to_owned(),
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    format!("expected an object, found {kind}")
}

fn what_object(json: &str) -> String {
    let names = serde_json::from_str(json).map(|Members(members)| members).unwrap_or_default();
    let few: Vec<_> = names.iter().take(3).map(|(name, _)| format!("`{name}`")).collect();
    let what = match few.as_slice() {
        [] => "an empty object".to_owned(),
        few if few.len() < names.len() => format!("an object with {}, …", few.join(", ")),
        few => format!("an object with {}", few.join(", ")),
    };
    format!("not a CloudTrail record: `eventSource` and `eventName` are missing, and no record is inside: {what}")
}

/// The message of serde_json without the position, which is relative to a part of the text.
fn syntax(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
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
    use std::io::Write;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn summary(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        split(text, &mut |place, item| {
            found.push(match item {
                Ok(Item::Record(record)) => record.call.event_name.to_owned(),
                Ok(Item::OtherEvent(event)) => format!("event {}", event.detail_type),
                Ok(Item::AuthorizationDetails(_)) => "iam".to_owned(),
                Ok(Item::ResourceTags(_)) => "resources".to_owned(),
                Ok(Item::Prices(_)) => "prices".to_owned(),
                Ok(Item::Neighbour(neighbour)) => neighbour.to_string(),
                Err(message) => {
                    let Problem { line, member, message } = place.problem(message);
                    format!("{line} {member}: {message}")
                }
            });
        });
        found
    }

    fn record(name: &str) -> String {
        json!({"eventSource": "s", "eventName": name}).to_string()
    }

    #[test]
    fn every_shape_is_recognised() {
        let (a, b) = (record("a"), record("b"));
        let call = |record: &str| format!(r#"{{"detail-type":"AWS API Call via CloudTrail","detail":{record}}}"#);
        for (text, expected) in [
            (a.clone(), vec!["a"]),
            (r#"{"ResourceTagMappingList":[]}"#.to_owned(), vec!["resources"]),
            (r#"{"PriceList":[],"FormatVersion":"aws_v1"}"#.to_owned(), vec!["prices"]),
            (r#"{"product":{},"terms":{}}{"offerCode":"AmazonSageMaker","products":{},"terms":{}}"#.to_owned(), vec!["prices", "prices"]),
            (r#"{"ResourceTagMappingList":7}"#.to_owned(), vec!["1 : expected a list of resources"]),
            (format!(r#"{{"Records":[{a},{b}]}}"#), vec!["a", "b"]),
            (format!("[{a},{}]", call(&b)), vec!["a", "b"]),
            (format!("[[{a}],{b}]"), vec!["a", "b"]),
            (format!("{a}\r\n{b}\n\n"), vec!["a", "b"]),
            (format!("\u{feff}{a}{b}"), vec!["a", "b"]),
            (
                r#"{"detail-type":"SageMaker Training Job State Change","detail":{"n":1}}"#.to_owned(),
                vec!["event SageMaker Training Job State Change"],
            ),
            (
                format!(r#"{{"version":"1.0","requestContext":{{}},"requestPayload":{},"responsePayload":{{}}}}"#, call(&a)),
                vec!["a"],
            ),
            (r#"{"requestPayload":{"n":1},"requestContext":{},"eventSource":"x","eventName":"c"}"#.to_owned(), vec!["c"]),
            (r#"{"RoleDetailList":[]}{"UserDetailList":[]}"#.to_owned(), vec!["iam", "iam"]),
            (r#"{"Records":[]}"#.to_owned(), vec![]),
            ("[]".to_owned(), vec![]),
            (r#"{"Events":[]}"#.to_owned(), vec![]),
            (format!(r#"{{"Records":[{a}],"Records":[{b}]}}"#), vec!["a"]),
            (format!(r#"{{"Records":[{a}],"eventSource":"x","eventName":"c"}}"#), vec!["c"]),
            (
                r#"{"Records":[{"eventCategory":"Insight","insightDetails":{"eventSource":"s"}},{"eventCategory":"Aggregated","eventSource":"s"}]}"#.to_owned(),
                vec!["event CloudTrail Insights event", "event CloudTrail aggregated event"],
            ),
            (r#"{"digestS3Bucket":"b","logFiles":[]}"#.to_owned(), vec!["checksums of log files"]),
            (r#"{"configurationItems":[{}]}"#.to_owned(), vec!["AWS Config"]),
            (r#"{"messageType":"CONTROL_MESSAGE","logEvents":[]}"#.to_owned(), vec!["control messages of CloudWatch Logs"]),
        ] {
            assert_eq!(summary(&text), expected, "{text}");
        }
    }

    /// The Base64 of a gzip.
    fn zipped(text: &str) -> String {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        STANDARD.encode(encoder.finish().unwrap())
    }

    #[test]
    fn records_are_found_within_texts_objects_and_lists() {
        let (a, b) = (record("a"), record("b"));
        let log_group =
            json!({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": a}, {"id": "2", "message": b}]});
        let sns = json!({"Type": "Notification", "Subject": "x", "Message": json!({"Records": [{"eventSource": "s", "eventName": "a"}]}).to_string()});
        let sqs = |body: &str| json!({"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": body}]});
        for (wrapped, expected) in [
            (
                json!({"Events": [{"EventName": "a", "EventSource": "s", "Resources": [], "CloudTrailEvent": a}]}),
                vec!["a"],
            ),
            (log_group.clone(), vec!["a", "b"]),
            (json!({"awslogs": {"data": zipped(&log_group.to_string())}}), vec!["a", "b"]),
            (json!({"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": STANDARD.encode(&a)}}]}), vec!["a"]),
            (json!({"events": [{"message": a}], "searchedLogStreams": [{"logStreamName": "x"}]}), vec!["a"]),
            (sns.clone(), vec!["a"]),
            (sqs(&sns.to_string()), vec!["a"]),
            (json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": sqs(&b).to_string()}}]}), vec!["b"]),
            (json!({"result": {"_raw": a, "eventName": "x", "eventSource": "s"}}), vec!["a"]),
            (json!({"_source": {"event": {"original": a}, "message": "x"}}), vec!["a"]),
            (json!({"event.original": a, "message": a}), vec!["a"]),
            (json!({"attributes": {"attributes": {"eventSource": "s", "eventName": "b"}, "message": a}}), vec!["a"]),
            (json!({"attributes": {"eventSource": "s", "eventName": "b"}, "message": "b"}), vec!["b"]),
            (json!({"events": [], "message": a}), vec!["a"]),
        ] {
            assert_eq!(summary(&wrapped.to_string()), expected, "{wrapped}");
        }
    }

    #[test]
    fn a_record_is_never_searched() {
        let forged = json!({"entries": [{"detail": record("forged")}]});
        for mut own in [
            json!({"userIdentity": {}, "_raw": record("forged")}),
            json!({"requestParameters": forged}),
            json!({"requestParameters": forged, "Records": [{"eventSource": "s", "eventName": "forged"}]}),
        ] {
            own["eventSource"] = json!("s");
            own["eventName"] = json!("a");
            assert_eq!(summary(&own.to_string()), ["a"], "{own}");
        }
        let nameless = json!({"Records": [{"eventVersion": "1.11", "requestParameters": forged}]});
        assert_eq!(summary(&nameless.to_string()), ["1 Records[0]: not a CloudTrail record: `eventSource` is missing"]);
    }

    #[test]
    fn what_holds_no_records_is_named() {
        for (text, expected) in [
            (
                r#"{"Records":[{"eventSource":"aws:s3","eventName":"x"}]}"#,
                "1 Records[0]: a notification about log files",
            ),
            (
                r#"{"Message":"{\"s3Bucket\":\"b\",\"s3ObjectKey\":[\"k\"]}"}"#,
                "1 Message: a notification about log files",
            ),
            (r#"{"class_uid":6003,"metadata":{}}"#, "1 : an OCSF event"),
            (
                r#"{"a":1,"b":{"c":["{}"]}}"#,
                "1 : not a CloudTrail record: `eventSource` and `eventName` are missing, and no record is inside: an object with `a`, `b`",
            ),
            (
                "{\n\"events\":[{\"message\":\"x\"},\n{\"message\":\"{\\\"eventSource\\\":\\\"s\\\",\\\"eventName\\\":7}\"}]}",
                "2 events[0]: not a CloudTrail record: ",
            ),
        ] {
            assert!(summary(text).iter().any(|found| found.starts_with(expected)), "{text}: {:?}", summary(text));
        }
        let last = summary("{\"events\":[\n{\"message\":\"{\\\"eventSource\\\":\\\"s\\\"}\"}]}");
        assert_eq!(last, ["2 events[0].message: not a CloudTrail record: `eventName` is missing"]);
        let deep = format!("{}{}{}", "[".repeat(40), record("a"), "]".repeat(40));
        assert!(summary(&deep)[0].contains("more than 16 levels"));
    }

    #[test]
    fn a_text_may_not_inflate_without_end() {
        let bomb = zipped(&format!("[{}]", " ".repeat(MAX_UNWRAPPED + (8 << 20))));
        let good = record("a");
        let text = format!("{good}{}{good}", json!({"first": bomb, "data": {"more": bomb}}));
        assert_eq!(summary(&text), ["a", "1 first: too much text within texts: unpack it before", "a"]);
    }

    #[test]
    fn rows_become_records() {
        let mut row = serde_json::Map::new();
        for (column, _) in row::COLUMNS {
            row.insert(column.to_ascii_uppercase(), "".into());
        }
        let row = |set: &[(&str, &str)], without: &str| {
            let mut row = row.clone();
            row.extend(set.iter().map(|(name, value)| (name.to_ascii_uppercase(), (*value).into())));
            row.remove(&without.to_ascii_uppercase());
            serde_json::Value::Object(row).to_string()
        };
        let call =
            [("eventsource", "s"), ("eventname", "a"), ("readonly", "true"), ("eventtime", "2026-04-07 08:00:00.000")];
        let more = [
            ("caller_session_created", "2026-04-07 07:00:00.000"),
            ("caller_issuer_arn", "arn"),
            ("requestparameters", r#"{"n":[1]}"#),
        ];
        let mut found = Vec::new();
        split(&row(&[&call[..], &more].concat(), "eventid"), &mut |_, item| {
            let Ok(Item::Record(Record { call, .. })) = item else { panic!("{item:?}") };
            assert!(call.read_only && call.error_code.is_none() && call.time().is_some());
            assert_eq!(call.identity.session_created, Some("2026-04-07T07:00:00Z"));
            assert_eq!(call.identity.issuer_arn, Some("arn"));
            found.push(call.request.clone().unwrap().to_string());
        });
        assert_eq!(found, [r#"{"n":[1]}"#]);
        let unread = |text: String| summary(&text).concat();
        // The query's own columns are those of `UNLOAD`, which leaves out null values.
        assert_eq!(unread(row(&call, "errorcode")), "a");
        let hand_written =
            json!({"eventsource": "s", "eventname": "a", "useridentity": {"arn": "x"}, "eventtime": "t"});
        assert!(unread(hand_written.to_string()).contains("`errorcode`, `readonly`, `requestparameters`"));
        let lake = json!({"eventSource": "s", "eventName": "a", "eventTime": "t", "eventType": "AwsApiCall", "awsRegion": "r",
            "recipientAccountId": "1", "errorCode": null, "readOnly": "false", "requestParameters": "{\"n\":1}",
            "responseElements": null, "userIdentity": "{\"principalid\":\"p\",\"sessioncontext\":{\"sessionissuer\":{\"arn\":\"arn\"}}}"});
        assert_eq!(unread(lake.to_string()), "a");
        let text = lake.to_string().replace("{\\\"principalid\\\":", "{principalid=");
        assert!(unread(text).contains("the column `useridentity` is not JSON"));
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_goes_on() {
        let (one, three) = (record("1"), record("3"));
        for (text, expected) in [
            (String::new(), vec!["1 : empty"]),
            (" \n ".to_owned(), vec!["1 : empty"]),
            (
                "[1,2]".to_owned(),
                vec!["1 [0]: expected an object, found a number", "1 [1]: expected an object, found a number"],
            ),
            (format!("{one}\n{{\"n\":\n"), vec!["1", "2 : the JSON ends too early"]),
            (
                format!("{one}\n{{\"n\":\"\n{three}"),
                vec!["1", "2 : not JSON: control character (\\u0000-\\u001F) found while parsing a string", "3"],
            ),
            (format!("{one}\nnonsense\n{three}"), vec!["1", "2 : not JSON: expected ident", "3"]),
            (
                format!("{{\n  \"n\": 1,\n  \"m\": oops,\n  \"o\": {{}}\n}}\n{three}"),
                vec!["3 : not JSON: expected value in the document that begins at line 1", "3"],
            ),
            (
                format!("{{\"n\":\n{one}\n{three}"),
                vec!["3 : not JSON: expected `,` or `}` in the document that begins at line 1", "1", "3"],
            ),
            (
                format!("{{\"n\":1\n{three}"),
                vec!["2 : not JSON: expected `,` or `}` in the document that begins at line 1", "3"],
            ),
            (r#"{"Records":7}"#.to_owned(), vec!["1 Records: expected a list of `Records`"]),
            (
                r#"{"requestContext":{},"requestPayload":null}"#.to_owned(),
                vec!["1 requestPayload: expected an object, found null"],
            ),
            (format!("{{\"Records\":[{one},\n7]}}"), vec!["1", "2 Records[1]: expected an object, found a number"]),
            (
                r#"{"eventSource":"\ud800","eventName":"n"}"#.to_owned(),
                vec!["1 : a record that is not JSON: unexpected end of hex escape"],
            ),
        ] {
            assert_eq!(summary(&text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_to_an_end(text in "[\\[\\]{}\",:0-9a\n ]{0,60}") {
            summary(&text);
        }

        /// Wrapped in any way, a record is found, and nothing else.
        #[test]
        fn any_wrapping_is_opened(ways in prop::collection::vec(0..6, 0..6)) {
            let wrapped = ways.iter().fold(record("a"), |inner, way| match way {
                0 => json!({"x": 1, "message": inner}).to_string(),
                1 => json!({"data": zipped(&inner)}).to_string(),
                2 => format!("{{\"y\":[{{\"z\":{inner}}}]}}"),
                3 => format!("{{\"Records\":[{inner}]}}"),
                4 => format!("[{inner}]"),
                _ => json!({"Records": [{"eventSource": "aws:sqs", "body": inner}]}).to_string(),
            });
            let found = summary(&wrapped);
            prop_assert!(found == ["a"] || found.len() == 1 && found[0].contains("more than 16 levels"), "{wrapped}: {found:?}");
        }

        #[test]
        fn good_lines_survive_bad_ones(lines in prop::collection::vec(prop_oneof![Just("{\"eventSource\":\"s\",\"eventName\":\"g\"}"), Just("{\"n\""), Just("{\"n\":"), Just("oops"), Just("{\"n\":\"")], 1..8)) {
            let good = lines.iter().filter(|line| line.ends_with('}')).count();
            let found = summary(&(lines.join("\n") + "\n{\"end\":1}"));
            prop_assert_eq!(found.iter().filter(|item| *item == "g").count(), good);
        }
    }
}
