//! What an audit needs from one log file.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tagwarden::decide::{NotCovered, coverage};
use tagwarden::evidence::{self, Created, EndpointConfig, Model, Prices, Session, TagChange, Tags};
use tagwarden::operations::Operation;
use tagwarden::record::documents::{self, Item, Neighbour};
use tagwarden::record::json::Value;
use tagwarden::record::secrets::{SECRET_MEMBERS, redacted};
use tagwarden::record::{self, Call, is_sagemaker};

use crate::calls::Calls;
use crate::period::Period;
use crate::problems::Problems;
use crate::records::{self, RawCall, RawRecord, members, text};
use crate::sessions::PackedSessions;

/// What an audit needs from one input. Everything else is only counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extract {
    /// The records of calls that are to be judged, or explained if they were denied, in the order of the input.
    pub launches: Vec<Launch>,
    /// The sessions that its records issued.
    #[serde(skip)]
    pub sessions: PackedSessions,
    /// All calls, if they are counted.
    #[serde(skip)]
    pub calls: Option<Calls>,
    /// The JSON text of records from which anything else can be learned about calls.
    pub lessons: Vec<String>,
    /// The JSON text of pages of IAM's account authorization details.
    pub iam: Vec<String>,
    /// List prices of instances.
    pub prices: Prices,
    /// How many records were read.
    pub records: u64,
    /// How many of them are not judged, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Calls that SageMaker refused, whether Tagwarden covers their operation or not.
    #[serde(serialize_with = "pairs", deserialize_with = "from_pairs")]
    pub denied: BTreeMap<Denied, u64>,
    /// What the input is, or holds, that lies beside log files.
    pub passed_over: BTreeSet<String>,
    /// What could not be read.
    pub problems: Problems,
}

/// A call that is to be judged or, if it was denied, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// `eventTime`, if it is a time.
    pub time: Option<Timestamp>,
    /// `userIdentity.accessKeyId`, which identifies the caller's session.
    pub access_key_id: Option<String>,
    /// `userIdentity.principalId`, which also identifies it.
    pub principal_id: Option<String>,
    /// ARN of the resource, which identifies later changes of its tags.
    pub resource_arn: Option<String>,
    /// The JSON text of the record, without secrets.
    pub json: String,
}

/// A call that SageMaker refused because of missing permissions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Denied {
    /// `eventName`
    pub event_name: String,
    /// The account of the call.
    pub account: Option<String>,
    /// ARN of the IAM role or user, else of the session.
    pub principal: Option<String>,
}

impl Extract {
    /// Nothing yet. It may count calls.
    pub fn new(counts_calls: bool) -> Self {
        Self { calls: counts_calls.then(Calls::default), ..Self::default() }
    }

    /// Extracts what an audit of `period` needs from the text of a log file, as [`read`](Self::read) does, but parses
    /// only the records that may matter. `None` if the file does not have CloudTrail's usual form, or if anything is
    /// wrong with it.
    pub fn quickly(text: &[u8], period: Period, counts_calls: bool) -> Option<Self> {
        let mut extract = Self::new(counts_calls);
        let (mut of_others, mut is_plain) = (BTreeMap::<&[u8], u64>::new(), true);
        let is_usual = records::each_record(text, |record| match record.call() {
            Some(call) if !is_sagemaker(call.source) && !evidence::may_teach(call.source, call.name) => {
                *of_others.entry(call.source).or_default() += 1;
                is_plain = is_plain && extract.count_raw(record, &call, period).is_some();
            }
            // Consoles and SDKs make many read-only calls for each launch.
            Some(call) if let Some(name) = only_reads(&call) => {
                extract.skip(NotCovered::ReadsOnly(name.to_owned()));
                is_plain = is_plain && extract.count_raw(record, &call, period).is_some();
            }
            // These are about 10 % of all records.
            Some(call) if let Some(session) = session(&call) => {
                *of_others.entry(call.source).or_default() += 1;
                extract.sessions.push(&session);
                is_plain = is_plain && extract.count_raw(record, &call, period).is_some();
            }
            _ => is_plain = is_plain && extract.plain_record(record.json, period).is_some(),
        });
        if !is_usual || !is_plain {
            return None;
        }
        for (source, count) in of_others {
            extract.records += count;
            let source = NotCovered::AnotherService(str::from_utf8(source).ok()?.to_owned());
            *extract.skipped.entry(source.into()).or_default() += count;
        }
        Some(extract)
    }

    /// Extracts what an audit of `period` needs from `text`, which may have any shape.
    pub fn read(&mut self, text: &str, period: Period) {
        documents::split(text, &mut |place, item| {
            let read = item.and_then(|item| match item {
                Item::Record(record) => self.call(record.call, record.value, period),
                Item::OtherEvent(event) => {
                    self.skip(NotCovered::OtherEvent(event.detail_type));
                    Ok(())
                }
                Item::AuthorizationDetails(page) | Item::ResourceTags(page) => {
                    serde_json::to_string(&page).map(|json| self.iam.push(json)).map_err(|error| error.to_string())
                }
                Item::Prices(list) => {
                    let unread = self.prices.add_list(list).into_iter();
                    unread.for_each(|problem| self.problems.add(place.problem(problem)));
                    Ok(())
                }
                Item::Neighbour(neighbour) => {
                    self.pass_over(neighbour);
                    Ok(())
                }
            });
            if let Err(why) = read {
                self.problems.add(place.problem(why));
            }
        });
    }

    /// Notes what the input is, or holds, that lies beside log files.
    pub fn pass_over(&mut self, neighbour: Neighbour) {
        self.passed_over.insert(neighbour.to_string());
    }

    /// Extracts what matters from the JSON text of one record, if it is as CloudTrail writes them and nothing is wrong with it.
    fn plain_record(&mut self, json: &[u8], period: Period) -> Option<()> {
        let record: Value = serde_json::from_slice(json).ok().filter(documents::is_plain)?;
        self.call(&Call::read(&record).ok()?, &record, period).ok()
    }

    /// Counts a call that was not parsed, if calls are counted: if need be, by parsing it. `None` if something is wrong with it.
    fn count_raw(&mut self, record: &RawRecord, call: &RawCall, period: Period) -> Option<()> {
        let Some(calls) = &mut self.calls else { return Some(()) };
        calls.add_raw(record, call, period).or_else(|| {
            let record: Value = serde_json::from_slice(record.json).ok().filter(documents::is_plain)?;
            calls.add(&Call::read(&record).ok()?, period);
            Some(())
        })
    }

    /// Extracts what matters from one record.
    fn call(&mut self, call: &Call, record: &Value, period: Period) -> Result<(), String> {
        if let Some(calls) = &mut self.calls {
            calls.add(call, period);
        }
        let json = LazyCell::new(|| without_secrets(record));
        if let Some(session) = Session::read(call) {
            self.sessions.push(&session);
        } else if Model::read(call).is_some() || EndpointConfig::read(call).is_some() || TagChange::read(call).is_some()
        {
            self.lessons.push(json.clone());
        }
        match coverage(call) {
            Ok(operation) if is_inside(period, call)? => {
                self.records += 1;
                self.launches.push(Launch::of(call, operation, json.clone()));
            }
            Ok(_) => self.skip("outside the period".to_owned()),
            Err(reason) => {
                if let Some(denied) = Denied::read(call)
                    && is_inside(period, call)?
                {
                    *self.denied.entry(denied).or_default() += 1;
                    let operation = Operation::named(call.event_name);
                    self.launches.extend(operation.map(|operation| Launch::of(call, operation, json.clone())));
                }
                self.skip(reason);
            }
        }
        Ok(())
    }

    fn skip(&mut self, reason: impl Into<String>) {
        self.records += 1;
        *self.skipped.entry(reason.into()).or_default() += 1;
    }
}

/// Whether a call is inside the period.
fn is_inside(period: Period, call: &Call) -> Result<bool, String> {
    if period.is_all_time() {
        return Ok(true);
    }
    let time = call.time().map(|time| period.contains(time));
    time.ok_or_else(|| match call.event_time {
        Some(time) => {
            format!("the `eventTime` `{time}` is not a time: whether the call is inside the period is unknown")
        }
        None => "a call without `eventTime`: whether it is inside the period is unknown".to_owned(),
    })
}

impl Launch {
    fn of(call: &Call, operation: &Operation, json: String) -> Self {
        Self {
            time: call.time(),
            access_key_id: call.identity.access_key_id.map(str::to_owned),
            principal_id: call.identity.principal_id.map(str::to_owned),
            resource_arn: operation.arn(call).map(str::to_owned),
            json,
        }
    }
}

impl Denied {
    /// The refused call, if it would have changed something and SageMaker refused it because of missing permissions.
    fn read(call: &Call) -> Option<Self> {
        (call.is_sagemaker() && call.is_denied() && !call.read_only).then(|| Self {
            event_name: call.event_name.to_owned(),
            account: call.account.map(str::to_owned),
            principal: call.identity.issuer_arn.or(call.identity.arn).map(str::to_owned),
        })
    }
}

/// The name of a call to SageMaker that succeeded and changed nothing; `None` for any other call, or if only a parser
/// can decide.
fn only_reads<'t>(call: &RawCall<'t>) -> Option<&'t str> {
    let name = str::from_utf8(call.name).ok().filter(|name| Operation::named(name).is_none())?;
    let is_read = is_sagemaker(call.source) && call.members(["readOnly", "errorCode"])? == [Some(&b"true"[..]), None];
    is_read.then_some(name)
}

/// The session of a role that a call issued; `None` for any other call, or if only a parser can decide.
fn session(call: &RawCall) -> Option<Session> {
    Session::is_issued_by(call.source, call.name).then_some(())?;
    if call.may_have("errorCode") {
        return None;
    }
    let (request, behind) = call.member("requestParameters")?;
    // The response need not be scanned to its end.
    let [credentials, user] =
        members(behind.strip_prefix(br#","responseElements":"#)?, ["credentials", "assumedRoleUser"])?;
    let [access_key_id] = members(credentials?, ["accessKeyId"])?;
    let [principal_id] = members(user?, ["assumedRoleId"])?;
    let time = record::time(str::from_utf8(call.time).ok()?);
    let asks_for_tags = members(request, Session::ASK_FOR_TAGS)?.iter().any(Option::is_some);
    Some(Session {
        access_key_id: Some(text(access_key_id?)?.to_owned()),
        issued: Some(text(principal_id?)?.to_owned()).zip(time),
        tags: if asks_for_tags {
            Session::tags(record::request(Some(&serde_json::from_slice(request).ok()?)))
        } else {
            Ok(Tags::default())
        },
    })
}

/// A list of pairs: keys of JSON objects cannot be objects.
fn pairs<S: Serializer>(counts: &BTreeMap<Denied, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(counts)
}

fn from_pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Denied, u64>, D::Error> {
    Ok(Vec::deserialize(deserializer)?.into_iter().collect())
}

/// The JSON text of a record without the secrets in its request. It still says where credentials were, and of what kind.
fn without_secrets(record: &Value) -> String {
    serde_json::to_string(&Kept { value: record, is_requested: false, is_secret: false }).unwrap_or_default()
}

/// A value in a record, as it is kept.
#[derive(Clone, Copy)]
struct Kept<'v> {
    value: &'v Value<'v>,
    /// Whether it is part of the request.
    is_requested: bool,
    /// Whether it may hold secrets.
    is_secret: bool,
}

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Object(members) if self.is_secret => {
                redacted(members.iter().map(|(name, value)| (name, value.as_str()))).serialize(serializer)
            }
            _ if self.is_secret => serializer.serialize_unit(),
            Value::Array(elements) => serializer.collect_seq(elements.iter().map(|value| Self { value, ..*self })),
            Value::Object(members) => serializer.collect_map(members.iter().map(|(key, value)| {
                let is_secret = self.is_requested && SECRET_MEMBERS.contains(&key);
                (key, Self { value, is_requested: self.is_requested || key == "requestParameters", is_secret })
            })),
            leaf => leaf.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn extract(text: &str) -> Extract {
        let mut extract = Extract::default();
        extract.read(text, Period { since: "2026-03-02T00:00:00Z".parse().ok(), until: None });
        extract
    }

    fn problem(line: usize, member: &str, message: &str) -> Problems {
        let mut problems = Problems::default();
        problems.add(documents::Problem { line, member: member.to_owned(), message: message.to_owned() });
        problems
    }

    fn call(name: &str, time: &str, more: &str) -> String {
        format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{name}","eventTime":"{time}",{more}
            "userIdentity":{{"type":"IAMUser","accessKeyId":"AKIA1","arn":"arn:aws:iam::111122223333:user/eve"}},
            "requestParameters":{{"trainingJobName":"n","hyperParameters":{{"token":"y"}},
            "trainingJobDefinition":{{"staticHyperParameters":{{"token":"z"}}}},
            "x":[{{"environment":{{"PASSWORD":"x","URL":"git://a:b@c"}},"y":"kept"}}]}}}}"#
        )
    }

    #[test]
    fn launches_are_kept_without_secrets_and_the_rest_is_counted() {
        let text = [
            call("CreateTrainingJob", "2026-03-02T09:00:00Z", ""),
            call("CreateTrainingJob", "2026-03-01T09:00:00Z", ""),
            call("CreateTrainingJob", "2026-03-02T09:00:00Z", r#""errorCode":"AccessDeniedException","#),
            call("ListTrainingJobs", "2026-03-02T09:00:00Z", r#""readOnly":true,"errorCode":"AccessDenied","#),
            r#"{"detail-type":"Scheduled Event","detail":{}}"#.to_owned(),
            r#"{"eventSource":"s3.amazonaws.com","eventName":"PutObject"}"#.to_owned(),
            r#"{"eventSource":"s3.amazonaws.com"}"#.to_owned(),
        ];
        let extract = extract(&text.join("\n"));
        let [launch, denied] = extract.launches.as_slice() else { panic!("{:?}", extract.launches) };
        for launch in [launch, denied] {
            assert_eq!(launch.access_key_id.as_deref(), Some("AKIA1"));
            assert!(launch.json.contains("trainingJobName") && launch.json.contains("kept"), "{}", launch.json);
            assert!(!launch.json.contains("PASSWORD") && !launch.json.contains("token"), "{}", launch.json);
            assert!(launch.json.contains(r#"{"URL":"(password in a URL)"}"#), "{}", launch.json);
        }
        assert!(denied.json.contains("AccessDeniedException"), "it is still to be explained");
        assert_eq!(extract.records, 6);
        assert_eq!(extract.skipped.values().sum::<u64>(), 5);
        assert_eq!(extract.skipped.get("outside the period"), Some(&1));
        let denied: Vec<_> =
            extract.denied.iter().map(|(denied, count)| (denied.event_name.as_str(), *count)).collect();
        assert_eq!(denied, [("CreateTrainingJob", 1)], "only attempts at changing something count");
        assert_eq!(extract.problems, problem(23, "", "not a CloudTrail record: `eventName` is missing"));
    }

    #[test]
    fn a_time_that_cannot_be_read_is_reported_if_the_period_has_an_end() {
        let text = call("CreateTrainingJob", "yesterday", "");
        let why = "the `eventTime` `yesterday` is not a time: whether the call is inside the period is unknown";
        assert_eq!(extract(&text).problems, problem(1, "", why));
        assert_eq!(extract(&text).launches, []);
        assert_eq!(plainly(&text).launches.len(), 1, "without a period, it does not matter");
        let list = call("ListTrainingJobs", "yesterday", r#""readOnly":true,"#);
        assert!(extract(&list).problems.is_empty(), "it is not judged anyway");
        let printed = call("CreateTrainingJob", "2026-03-01 23:59:59.000", "");
        assert_eq!(extract(&printed).skipped.get("outside the period"), Some(&1));
    }

    #[test]
    fn what_is_no_call_is_skipped_and_what_lies_beside_is_noted() {
        let events = r#"{"Records":[{"eventCategory":"Insight"},{"eventCategory":"Aggregated","eventSource":"s3.amazonaws.com"}]}"#;
        let found = plainly(&format!("{events}{{\"digestS3Bucket\":\"b\"}}"));
        assert_eq!(found.skipped.values().sum::<u64>(), 2);
        assert!(found.problems.is_empty() && found.passed_over.contains("checksums of log files"), "{found:?}");
    }

    /// The beginning of CloudTrail's records. The scan reads what follows it in place.
    const HEAD: &str = r#""eventVersion":"1.11","userIdentity":{"type":"AWSService","x":{"y":"}{"}},"eventTime":"2026-03-02T09:00:00Z","#;

    const SAGEMAKER: &str = r#""eventSource":"sagemaker.amazonaws.com","eventName":"CreateTrainingJob""#;
    const LOOKS: &str = r#""eventSource":"sagemaker.amazonaws.com","eventName":"ListTrainingJobs""#;
    const S3: &str = r#""eventSource":"s3.amazonaws.com","eventName":"PutObject""#;

    const ISSUED: &str = r#""eventSource":"sts.amazonaws.com","eventName":"AssumeRole""#;
    const ISSUES: &str =
        r#""eventTime":"2026-03-02T09:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole""#;

    const ANSWER: &str =
        r#"{"credentials":{"accessKeyId":"ASIA1","x":"\""},"assumedRoleUser":{"assumedRoleId":"AROA1:ana"}}"#;

    /// With all calls counted.
    fn plainly(text: &str) -> Extract {
        let mut extract = Extract::new(true);
        extract.read(text, Period::default());
        extract
    }

    /// Asserts that both ways find the same if the quick one gives a result. Returns whether it does.
    fn is_quick(text: &str) -> bool {
        if let Some(counted) = Extract::quickly(text.as_bytes(), Period::default(), true) {
            assert_eq!(counted, plainly(text), "{text}");
        }
        match Extract::quickly(text.as_bytes(), Period::default(), false) {
            Some(extract) => {
                assert_eq!(extract, Extract { calls: None, ..plainly(text) }, "{text}");
                true
            }
            None => false,
        }
    }

    #[test]
    fn what_cloudtrail_writes_is_read_quickly() {
        for records in [
            "",
            r#"{"eventSource":"s3.amazonaws.com","eventName":"PutObject"}"#,
            r#"{"eventVersion":"1.11","userIdentity":{"type":"AWSService"},"eventTime":"2026-03-02T09:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","requestParameters":{"tags":[{"key":"k","value":"{\"v\\"}]},"responseElements":{"credentials":{"accessKeyId":"ASIA1"},"assumedRoleUser":{"assumedRoleId":"AROA1:ana"}},"readOnly":true,"resources":[{"ARN":"]}"}]}"#,
            r#"{"eventVersion":"1.11","userIdentity":{"type":"AWSService","x":{"y":{}}},"eventTime":"2026-03-02T09:00:00Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","requestParameters":{"policy":"{\"Service\":\"sagemaker.amazonaws.com\"}","x":"\\"},"y":"}"},{"eventSource":"sagemaker.amazonaws.com","eventName":"CreateTrainingJob","requestParameters":{"x":[{},{}]}}"#,
            r#"{"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","responseElements":{"credentials":{"accessKeyId":"ASIA1"}}},{"eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity"}"#,
            r#"{"eventSource":"iam.amazonaws.com","eventName":"TagRole","eventTime":"2026-03-02T09:00:00Z","recipientAccountId":"1","requestParameters":{"roleName":"r","tags":[{"key":"k","value":"v"}]}}"#,
        ] {
            for end in ["", "\n", "\r\n"] {
                assert!(is_quick(&format!("{{\"Records\":[{records}]}}{end}")), "{records}");
            }
        }
    }

    #[test]
    fn records_of_no_concern_are_not_parsed() {
        let file = |record: &str| format!(r#"{{"Records":[{{{HEAD}{record}}},{{{HEAD}{S3}}}]}}"#);
        // Whatever is escaped is left to the parser.
        let plain_answer = r#"{"credentials":{"accessKeyId":"ASIA1"},"assumedRoleUser":{"assumedRoleId":"AROA1:ana"}}"#;
        for (record, expected) in [
            (format!(r#"{LOOKS},"x":no JSON,"readOnly":true"#), true),
            (format!(r#"{LOOKS},"x":no JSON,"readOnly":false"#), false),
            (format!(r#"{ISSUED},"x":no JSON,"requestParameters":{{"x":1}},"responseElements":{plain_answer}"#), true),
            (format!(r#"{ISSUED},"x":no JSON,"requestParameters":{{"x":1}},"responseElements":{ANSWER}"#), false),
            (format!(r#"{S3},"x":no JSON"#), true),
            (format!(r#"{S3},"x":"\u00""#), true),
            (format!(r#"{SAGEMAKER},"x":no JSON"#), false),
            (format!(r#"{ISSUED},"requestParameters":{{"x":no JSON}},"responseElements":{{}}"#), false),
        ] {
            let quickly = Extract::quickly(file(&record).as_bytes(), Period::default(), false);
            assert_eq!(quickly.map(|extract| extract.records), expected.then_some(2), "{record}");
        }
    }

    #[test]
    fn a_record_that_is_too_large_is_left_to_the_parser() {
        let padding = "x".repeat(documents::MAX_RECORD);
        assert!(!is_quick(&format!(r#"{{"Records":[{{{HEAD}{S3},"x":"{padding}"}}]}}"#)));
    }

    /// A scan that only looked for a service's name or counted braces would misread each of these.
    #[test]
    fn tricks_do_not_change_what_is_found() {
        let nested = format!("{{{S3},\"requestParameters\":{{\"x\":[{{\"a\":1}},{{{SAGEMAKER}}},{{\"b\":2}}]}}}}");
        for record in [
            format!(r#"{{"eventVersion":"1","x":{{{SAGEMAKER}}},{S3}}}"#),
            format!(r#"{{"x":{{{S3}}},{SAGEMAKER}}}"#),
            format!(r#"{{"x\"eventSource":"s3.amazonaws.com",{SAGEMAKER}}}"#),
            format!(r#"{{"x":"eventSource",{SAGEMAKER}}}"#),
            format!(r#"{{"x":["eventSource","s3.amazonaws.com"],{SAGEMAKER}}}"#),
            format!(r#"{{{S3},{SAGEMAKER}}}"#),
            format!(r#"{{{SAGEMAKER},{S3}}}"#),
            format!(r#"{{"eventName":"GetObject",{SAGEMAKER}}}"#),
            r#"{"eventName":"AssumeRole","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity"}"#.to_owned(),
            r#"{"eventName":null,"eventSource":"s3.amazonaws.com","eventName":"PutObject"}"#.to_owned(),
            r#"{"event\u0053ource":"sagemaker.amazonaws.com","eventSource":"s3.amazonaws.com","eventName":"CreateTrainingJob"}"#.to_owned(),
            r#"{"eventSource":"sage\u006daker.amazonaws.com","eventName":"CreateTrainingJob"}"#.to_owned(),
            r#"{"eventSource":"sagemaker\u002eamazonaws.com","eventName":"CreateTrainingJob"}"#.to_owned(),
            r#"{"eventSource":"sts.amazonaws.com","eventName":"Assume\u0052ole"}"#.to_owned(),
            r#"{"eventName":"CreateTrainingJob","awsRegion":"x","eventSource":"sagemaker.amazonaws.com"}"#.to_owned(),
            r#"{"eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob"}"#.to_owned(),
            r#"{ "eventSource" : "sagemaker.amazonaws.com" , "eventName" : "CreateTrainingJob" }"#.to_owned(),
            r#"{"eventSource":"","eventName":"CreateTrainingJob"}"#.to_owned(),
            r#"{"eventSource":7,"eventName":"CreateTrainingJob"}"#.to_owned(),
            r#"{"eventSource":"s3.amazonaws.com"}"#.to_owned(),
            r#"{"eventSource":"s3.amazonaws.com","eventName":""}"#.to_owned(),
            format!(r#"{{{S3},"Records":[{{{SAGEMAKER}}}]}}"#),
            format!(r#"{{"Records":[{{{SAGEMAKER}}}],{S3}}}"#),
            format!(r#"{{"Records":[{{{SAGEMAKER}}}]}}"#),
            format!(r#"{{"detail-type":"AWS API Call via CloudTrail","detail":{{{SAGEMAKER}}}}}"#),
            format!(r#"{{{S3},"x":"}}]}},{{{}"}}"#, SAGEMAKER.replace('"', "\\\"")),
            format!(r#"{{{S3},"x":"\\\\\\","y":"\\"}}"#),
            nested,
            format!(r#"{{{ISSUES},"requestParameters":{{"tags":[{{"key":"k","value":"v"}}]}},"requestParameters":{{"tags":[]}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{{ISSUES},"requestParameters":null,"requestParameters":{{"tags":[]}},"x":{{"responseElements":{{"credentials":{{"accessKeyId":"ASIA2"}}}}}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{{ISSUES},"x":"\"requestParameters\":{{","responseElements":[{{"credentials":{{"accessKeyId":"ASIA1"}}}}],"requestParameters":{{"x":1}}}}"#),
            format!(r#"{{{ISSUES},"my\"requestParameters":{{"tags":7}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{"errorCode":{{"x":1}},{ISSUES},"eventTime":{{}},"requestParameters":{{"x":1}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{"eventVersion":"1\",\"x",{ISSUED},"responseElements":{ANSWER}}}"#),
            format!(r#"{{{ISSUED},"requestParameters":{{"tags":[]}},"responseElements":{ANSWER},"errorCode":"AccessDenied"}}"#),
            format!(r#"{{{ISSUED},"error\u0043ode":"x","requestParameters":{{"x":1}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{{ISSUED},"errorCode":"","requestParameters":[],"responseElements":{ANSWER}}}"#),
            format!(r#"{{{ISSUED},"requestParameters":{{"omitted":true}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{{ISSUED},"requestParameters":null,"responseElements":null}}"#),
            format!(r#"{{{ISSUED},"requestParameters":{{"x":1}},"responseElements":{ANSWER},"x": "a,",":1,":":[","errorCode":"E","y":"],",":2,":":1"}}"#),
            format!(r#"{{{ISSUED},"requestParameters":{{"x":1}},"responseElements":{{}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{{ISSUED},"requestParameters":{{"x":["]",{{"y":"}}"}}]}},"responseElements":{{"credentials":{{"accessKeyId":"ASIA\u0031"}}}}}}"#),
            format!(r#"{{{ISSUED},"x":[1,"]",{{"responseElements":{{}}}}],"requestParameters" :{{}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{{LOOKS},"readOnly":true,"errorCode":"AccessDenied"}}"#),
            format!(r#"{{{LOOKS},"readOnly":true,"error\u0043ode":"AccessDenied"}}"#),
            format!(r#"{{{LOOKS},"readOnly":true,"errorCode":""}}"#),
            format!(r#"{{{LOOKS},"readOnly":true,"readOnly":false}}"#),
            format!(r#"{{{LOOKS},"readOnly":"true"}}"#),
            format!(r#"{{{LOOKS},"x":{{"readOnly":true}}}}"#),
            format!(r#"{{{SAGEMAKER},"readOnly":true}}"#),
            r#"{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"object":{}}}"#.to_owned(),
            format!(r#"{{{SAGEMAKER},"requestParameters":"{{\"trainingJobName\":\"n\"}}"}}"#),
            format!(r#"{{{ISSUED},"requestParameters":"{{\"tags\":[]}}","responseElements":{ANSWER}}}"#),
            format!(r#"{{"eventVersion":"1","userIdentity":{{}},"eventTime":"2026-03-02 09:00:00.000",{ISSUED},"requestParameters":{{"x":1}},"responseElements":{ANSWER}}}"#),
            format!(r#"{{{SAGEMAKER},"_raw":"{{{}}}"}}"#, S3.replace('"', "\\\"")),
            format!(r#"{{{S3},"CloudTrailEvent":"{{{}}}"}}"#, SAGEMAKER.replace('"', "\\\"")),
            format!(r#"{{"eventCategory":"Insight",{S3}}}"#),
            format!(r#"{{{S3},"eventCategory":"Aggregated"}}"#),
            r#"{"eventSource":"s3.amazonaws.com","eventCategory":"Aggregated"}"#.to_owned(),
            r#"{"eventCategory":"Insight","insightDetails":{"eventSource":"s3.amazonaws.com","eventName":"PutObject"}}"#.to_owned(),
            format!(r#"{{"message":"{{{}}}"}}"#, SAGEMAKER.replace('"', "\\\"")),
            r#"{"eventSource":"sagemaker.amazonaws.com","eventName":"CreateModel","readOnly":true,"requestParameters":{"modelName":"m"},"responseElements":{"modelArn":"a"}}"#.to_owned(),
        ]
        .into_iter()
        .flat_map(|record| [format!("{{{HEAD}{}", &record[1..]), record])
        {
            try_in_files(&record);
        }
    }

    /// This includes the requests and responses of calls that issue sessions.
    #[test]
    fn tricks_do_not_change_which_sessions_are_found() {
        let plain = r#"{"x":1}"#;
        let requests = [
            r#"{"tags":[{"key":"k","value":"v"}]}"#,
            r#"{"tags":null}"#,
            r#"{"tags":[7]}"#,
            r#"{"ta\u0067s":[{"key":"k","value":"v"}]}"#,
            r#"{"x":{"tags":[{"key":"k","value":"v"}]}}"#,
            r#"{"principalTags":{"k":"v"},"x":1}"#,
            r#"{"omitted":true}"#,
            r#"{"omitted":false}"#,
            "{}",
            "[]",
            "null",
            "7",
        ];
        let responses = [
            r#"{"assumedRoleUser":{"assumedRoleId":"AROA1:ana"},"credentials":{"x":{"accessKeyId":"ASIA2"},"accessKeyId":"ASIA1"}}"#,
            r#"{"credentials":{"accessKeyId":"ASIA1","accessKeyId":"ASIA2"},"credentials":{"accessKeyId":"ASIA3"},"assumedRoleUser":{"assumedRoleId":"AROA1:ana"}}"#,
            r#"{"credentials":{"accessKeyId":"ASIA\u0031"},"assumedRoleUser":{"assumedRoleId":"AROA1:ana"}}"#,
            r#"{"credentials":{"accessKeyId":""},"assumedRoleUser":{"assumedRoleId":"AROA1:ana"}}"#,
            r#"{"credentials":{"accessKeyId":7},"assumedRoleUser":{"assumedRoleId":{}}}"#,
            r#"{"credentials":null,"assumedRoleUser":{"assumedRoleId":"AROA1:ana"}}"#,
            r#"{"credentials":{"accessKeyId":"ASIA1"},"assumedRoleUser":null,"federatedUser":{"federatedUserId":"1:eve"}}"#,
            r#"{"credentials":{"accessKeyId":"ASIA1"},"assumedRoleUser":{"assumedRoleId":"ÄROA1:ana"}}"#,
            r#"{"credentials":{"accessKeyId":"ASIA1" },"assumedRoleUser":{"assumedRoleId":"AROA1:ana"}}"#,
            r#"{"credentials":{"accessKeyId":"ASIA1"},"assumedRoleUser":{"assumedRoleId":"AROA1:ana"},"omitted":true}"#,
        ];
        let requests = requests.iter().flat_map(|request| [(*request, ANSWER), (plain, *request)]);
        for (request, response) in requests.chain(responses.iter().map(|response| (plain, *response))) {
            let issued = format!(r#"{ISSUED},"requestParameters":{request},"responseElements":{response}"#);
            try_in_files(&format!("{{{HEAD}{issued}}}"));
        }
    }

    fn try_in_files(record: &str) {
        for file in [
            format!("{{\"Records\":[{record}]}}"),
            format!("{{\"Records\":[{record},{{{SAGEMAKER}}},{record}]}}"),
            format!("{{\"Records\":[{record}],\"Records\":[{{{SAGEMAKER}}}]}}"),
            format!("{{\"Records\":[{record}]}}{{\"Records\":[{record}]}}"),
            format!("{{\"Records\":[{record},\r\n{record}]}}"),
            format!("[{record}]"),
            format!("\u{feff}{{\"Records\":[{record}]}}"),
        ] {
            is_quick(&file);
        }
    }

    #[test]
    fn calls_are_counted_by_who_made_them() {
        let role = "arn:aws:iam::111122223333:role/ml/Train";
        let record = |identity: &str, call: &str, rest: &str| {
            format!(
                r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"2026-03-02T09:00:00Z",{call},"awsRegion":"eu-west-1",{rest}"recipientAccountId":"111122223333"}}"#
            )
        };
        let session = format!(
            r#"{{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/Train/x","sessionContext":{{"sessionIssuer":{{"type":"Role","arn":"{role}"}}}}}}"#
        );
        let service = r#"{"type":"AWSService","invokedBy":"sagemaker.amazonaws.com"}"#;
        let issued = format!(r#""requestParameters":{{"roleArn":"{role}"}},"responseElements":{ANSWER},"#);
        let denied = r#""errorCode":"AccessDenied","requestParameters":null,"#;
        let failed = r#""errorCode":"NoSuchKey","requestParameters":null,"#;
        let look = LOOKS.to_owned() + r#","readOnly":true"#;
        let records = [
            record(&session, S3, ""),
            record(&session, S3, failed),
            record(&session, S3, denied),
            record(&session, &look, ""),
            record(&session, SAGEMAKER, ""),
            record(service, ISSUED, &issued),
            record(r#"{"type":"IdentityCenterUser"}"#, S3, ""),
        ];
        let file = format!("{{\"Records\":[{}]}}", records.join(","));
        assert!(is_quick(&file));
        let calls = plainly(&file).calls.unwrap();
        let mut made: Vec<_> = calls.made().map(|made| (made.principal, made.name, made.calls, made.last)).collect();
        made.sort_unstable();
        let day = "2026-03-02";
        assert_eq!(
            made,
            [
                ("", "AssumeRole", 1, day),
                ("", "PutObject", 1, day),
                (role, "CreateTrainingJob", 1, day),
                (role, "ListTrainingJobs", 1, day),
                (role, "PutObject", 2, day),
            ]
        );
        assert_eq!(calls.assumed, [((role.to_owned(), "sagemaker.amazonaws.com".to_owned()), 1)].into());
        assert_eq!(calls.days.len(), 1);
    }

    #[test]
    fn damage_is_left_to_the_parser() {
        for file in [
            "",
            "{",
            r#"{"Records":["#,
            r#"{"Records":[{}"#,
            r#"{"Records":[{}]"#,
            r#"{"Records":[{}}"#,
            r#"{"Records":[{},]}"#,
            r#"{"Records":[{}]}x"#,
            r#"{"Records":[{}]}}"#,
            r#"{"Records":[7]}"#,
            r#"{"Records":[{}],"x":1}"#,
            r#"{"Records":[{"x":"]}"#,
        ] {
            assert!(!is_quick(file), "{file}");
        }
    }

    /// JSON text with everything that could mislead a scan.
    fn tricky() -> impl Strategy<Value = String> {
        let text = select(vec![
            r#""eventSource""#,
            r#""eventName""#,
            r#""s3.amazonaws.com""#,
            r#""sagemaker.amazonaws.com""#,
            r#""sts.amazonaws.com""#,
            r#""AssumeRole""#,
            r#""CreateTrainingJob""#,
            r#""x""#,
            r#""{""#,
            r#""}""#,
            r#""\\""#,
            r#""\"""#,
            r#""\\\"{""#,
            r#""\u007b""#,
            r#""event\u0053ource""#,
            r#""},{\"eventSource\":\"sagemaker.amazonaws.com\"""#,
            r#""detail""#,
            r#""Records""#,
            r#""ü""#,
            r#""message""#,
            r#""userIdentity""#,
            r#""eventCategory""#,
            r#""Insight""#,
            r#""{\"eventSource\":\"sagemaker.amazonaws.com\",\"eventName\":\"CreateTrainingJob\"}""#,
        ]);
        let text = text.prop_map(str::to_owned);
        let leaf =
            prop_oneof![4 => text.clone(), 1 => select(vec!["null", "7", "true", "{}", "[]"]).prop_map(str::to_owned)];
        leaf.prop_recursive(4, 32, 5, move |inner| {
            let members = prop::collection::vec((text.clone(), inner.clone()), 0..5);
            let object = members.prop_map(|members| {
                let members: Vec<_> = members.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
                format!("{{{}}}", members.join(","))
            });
            let list = prop::collection::vec(inner, 0..4).prop_map(|elements| format!("[{}]", elements.join(",")));
            prop_oneof![2 => object, 1 => list]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn both_ways_find_the_same(
            records in prop::collection::vec((any::<u8>(), tricky(), tricky(), "[a-z]{0,70}"), 0..6),
            space in select(vec!["", "", "", " ", "\r\n"]),
        ) {
            let records: Vec<_> = records.iter().map(|(kind, one, other, padding)| match kind % 13 {
                0 => format!(r#"{{{HEAD}{SAGEMAKER},"p":"{padding}","a":{one},"b":{other}}}"#),
                1 => format!(r#"{{{HEAD}{S3},"p":"{padding}","a":{one},"b":{other}}}"#),
                2 => format!(r#"{{{HEAD}{S3},"a":{one},{SAGEMAKER},"p":"{padding}","b":{other}}}"#),
                3 => format!(r#"{{"eventVersion":"{padding}","userIdentity":{{"a":{one}}},"eventTime":"2026-03-02T09:00:00Z",{ISSUED},"requestParameters":{one},"a":{other},"responseElements":{{"a":{other},"credentials":{{"accessKeyId":"ASIA1"}},"assumedRoleUser":{{"b":{one},"assumedRoleId":"AROA1:ana"}}}},"b":{one}}}"#),
                4 => format!(r#"{{{HEAD}{ISSUED},"p":"{padding}","requestParameters":{{"tags":{one}}},"responseElements":{other}}}"#),
                5 => format!(r#"{{"eventVersion":"{padding}","userIdentity":{one},"eventTime":"2026-03-02T09:00:00Z",{S3},"b":{other}}}"#),
                6 => format!(r#"{{"a":{one},"p":"{padding}",{HEAD}{S3},"b":{other}}}"#),
                7 => format!(r#"{{{HEAD}"p":"{padding}","eventSource":{one},"eventName":{other}}}"#),
                8 => format!(r#"{{{HEAD}{ISSUED},"requestParameters":{one},"responseElements":{ANSWER},"p":{other}}}"#),
                9 => format!(r#"{{{HEAD}{LOOKS},"p":{one},"readOnly":true,"x":{other}}}"#),
                10 => format!(r#"{{{HEAD}{SAGEMAKER},"p":"{padding}","requestParameters":{one},"_raw":{other}}}"#),
                11 => format!(r#"{{{HEAD}"eventSource":"aws:s3","eventName":"x","p":{one},"eventCategory":{other}}}"#),
                _ => one.clone(),
            }).collect();
            is_quick(&format!("{{\"Records\":[{}]}}", records.join(&format!(",{space}"))));
        }
    }
}
