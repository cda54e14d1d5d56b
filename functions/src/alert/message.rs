//! A message for each protocol.

use serde_json::json;

use super::brief::cut;
use crate::ports::{Attributes, Message};

/// The longest subject, in characters (SNS API reference, `Publish`).
const MAX_SUBJECT: usize = 100;

/// The longest message, in bytes (SNS API reference, `Publish`). The texts for all protocols count, as JSON, and so do the
/// attributes (SNS Developer Guide, "Message attributes"). What remains is for their names and types.
const MAX_MESSAGE: usize = 262_144 - 4_096;

/// A message: `text` for people, `record` for programs. If SNS would not take it, it says where to look instead.
pub(super) fn message(
    event_id: Option<&str>,
    subject: String,
    text: String,
    record: String,
    attributes: Attributes,
) -> Message {
    let whole = for_each_protocol(subject, text, record, attributes);
    if size(&whole) <= MAX_MESSAGE { whole } else { short(event_id, whole) }
}

/// The message that says only which rules failed where, and that the log has the rest.
fn short(event_id: Option<&str>, Message { subject, attributes, .. }: Message) -> Message {
    let cut_all = |values: Vec<String>| values.iter().map(|value| cut(value)).collect();
    let attributes: Attributes = attributes.into_iter().map(|(name, values)| (name, cut_all(values))).collect();
    let of = |name| attributes.get(name).map_or(&[][..], Vec::as_slice);
    let one = |name| of(name).first();
    let say = |name| one(name).map_or("?", String::as_str);
    let (account, region, rules) = (say("account"), say("region"), of("rule").join(", "));
    let event = event_id.map(|id| format!(", event {id}")).unwrap_or_default();
    let text = format!(
        "{subject}\n\nin account {account}, region {region}{event}.\n[{}, {}] {rules}\n\n\
        The whole alert is too long to be sent: see the log.\n",
        say("severity"),
        say("verdict"),
    );
    let record = json!({
        "event_id": event_id,
        "account": one("account"),
        "region": one("region"),
        "verdict": one("verdict"),
        "severity": one("severity"),
        "rules": of("rule"),
        "too_long": "see the log",
    });
    for_each_protocol(subject, text, record.to_string(), attributes)
}

/// The size of a message in bytes, as SNS counts it.
pub(super) fn size(message: &Message) -> usize {
    let text = |text: &String| json!(text).to_string().len();
    let texts = message.texts.iter().map(|(_, protocol)| text(protocol));
    let attributes = message.attributes.iter().map(|(name, values)| name.len() + json!(values).to_string().len());
    message.subject.len() + texts.chain(attributes).sum::<usize>()
}

fn for_each_protocol(subject: String, text: String, record: String, attributes: Attributes) -> Message {
    Message {
        subject,
        texts: vec![
            ("default", text.clone()),
            ("email", text),
            ("sqs", record.clone()),
            ("lambda", record.clone()),
            ("http", record.clone()),
            ("https", record),
        ],
        attributes,
    }
}

/// A subject that SNS accepts.
pub(super) fn printable(subject: &str) -> String {
    let printable = subject.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
    printable.take(MAX_SUBJECT).collect()
}

#[cfg(test)]
mod tests {
    use tagwarden::decide::{
        Decision, Finding, FindingOutcome, PlannedAction, PrincipalReport, Resource, Verb, Verdict,
    };
    use tagwarden::policy::Policy;
    use tagwarden::rules::{RULES, Rule};
    use tagwarden::terms::Severity;

    use super::*;
    use crate::act::ActionResult;
    use crate::alert::brief::MAX_LISTED;
    use crate::alert::{alert, brief};

    /// The decision about a call in which everything is this text, this many times.
    fn decision(text: &str, times: usize) -> Decision {
        let long = || text.repeat(times);
        let tags: Vec<_> = (0..50).map(|number| (format!("Tag{number}"), long())).collect();
        let tags = tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let finding = |rule: &Rule| Finding {
            rule: rule.id,
            outcome: FindingOutcome::Fail,
            severity: Severity::High,
            path: long(),
            actual: Some(long()),
            expected: long(),
            message: long(),
            fix: long(),
        };
        let findings: Vec<_> = RULES.iter().map(|rule| finding(rule)).collect();
        let action = PlannedAction {
            action: Verb::Stop("StopTrainingJob"),
            resource: long(),
            because: findings.iter().map(|finding| finding.rule).collect(),
            after_minutes: None,
            not_stopped: None,
        };
        Decision {
            event_id: Some("an-event".to_owned()),
            event_time: Some(long()),
            event_name: long(),
            account: Some("111122223333".to_owned()),
            region: Some("eu-west-1".to_owned()),
            resource: Some(Resource { kind: "training-job", name: Some(long()), arn: Some(long()) }),
            principal: Some(PrincipalReport {
                arn: Some(long()),
                kind: Some(long()),
                tags: tags.chain([("project", "atlas"), ("PERSONA", "analyst")]).collect(),
                tags_from: "session",
                tags_as_of: None,
            }),
            verdict: Verdict::Violation,
            reason: Some(long()),
            findings,
            actions: vec![action; 3],
        }
    }

    /// The alert about such a decision.
    fn about(text: &str, times: usize) -> Message {
        let policy = Policy::parse("version = 1\n[rules.missing-vpc]").expect("a valid policy");
        let result = ActionResult {
            action: "stop-training-job".to_owned(),
            result: text.repeat(times),
            failed: true,
            milliseconds: 1,
            ..ActionResult::default()
        };
        let brief = brief(&decision(text, times), &policy);
        alert(&brief, &vec![result; 3], &policy)
    }

    fn record(message: &Message) -> serde_json::Value {
        let (_, record) = message.texts.iter().find(|(protocol, _)| *protocol == "sqs").expect("one");
        serde_json::from_str(record).expect("JSON")
    }

    #[test]
    fn an_alert_has_only_the_tags_that_the_policy_is_about() {
        let message = about("x", 256);
        assert_eq!(record(&message)["principal"]["tags"], json!({"project": "atlas", "PERSONA": "analyst"}));
        assert_eq!(message.attributes["project"], ["atlas"]);
        assert_eq!(record(&message)["findings"].as_array().map(Vec::len), Some(MAX_LISTED), "it is the whole alert");
    }

    #[test]
    fn no_alert_is_longer_than_sns_allows() {
        for text in ["x", "\"", "\\", "é", "😀", "\u{1}", "\n", "long words, "] {
            for times in [1, 100, 256, 500, 20_000] {
                let message = about(text, times);
                assert!(size(&message) <= MAX_MESSAGE, "{text:?} {times} times: {}", size(&message));
                let rule = RULES.first().expect("a rule").id;
                assert!(message.texts.iter().all(|(_, text)| text.contains(rule)), "{text:?} {times} times");
                assert_eq!(message.attributes["rule"].len(), RULES.len(), "a filter policy can name any of them");
                assert_eq!(
                    (&record(&message)["event_id"], &record(&message)["account"]),
                    (&json!("an-event"), &json!("111122223333"))
                );
            }
        }
    }

    #[test]
    fn what_cannot_be_sent_is_in_the_log() {
        let message = about("\u{1}", 500);
        let text = &message.texts[0].1;
        for part in ["Tagwarden high: ", "account 111122223333, region eu-west-1, event an-event", "see the log"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(record(&message)["too_long"], "see the log");
    }
}
