//! Decisions and alerts as events for other programs.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tagwarden::decide::{Decision, PlannedAction, Verb};

use super::brief::beginning;
use super::decision::record;
use crate::act::ActionResult;
use crate::ports::{BusEvent, Message};

/// The detail type of decisions (`docs/decision.schema.json`).
pub const DECISION: &str = "Tagwarden Decision";

/// The detail type of alerts and digests, as people get them.
const ALERT: &str = "Tagwarden Alert";

/// The version of the schema of decisions.
const VERSION: u32 = 1;

/// The longest description in a chat message, in characters: more is not read there.
const MAX_CHAT: usize = 4000;

/// The event about a [`brief`](super::brief()) decision. `resolved` are the rules that fail no more.
pub fn decision_event(decision: &Decision, results: &[ActionResult], resolved: &BTreeSet<String>) -> BusEvent {
    let mut detail = record(decision, results);
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("version".to_owned(), json!(VERSION));
        detail.insert("resolved".to_owned(), json!(resolved));
    }
    let arn = decision.resource.as_ref().and_then(|resource| resource.arn.clone());
    BusEvent { detail_type: DECISION, resources: arn.into_iter().collect(), detail }
}

/// The rules that fail no more after the actions: all, if the resource was stopped or deleted; else those whose tags were set.
pub fn resolved_by(decision: &Decision, results: &[ActionResult]) -> BTreeSet<String> {
    let actions = decision.actions.iter().filter(|action| action.action != Verb::PublishAlert);
    let resolved = |(action, result): (&PlannedAction, &ActionResult)| match &action.action {
        _ if result.stopped => decision.findings.iter().map(|finding| finding.rule.to_owned()).collect(),
        Verb::AddTags(_) if !result.tagged.is_empty() => action.because.iter().map(|rule| (*rule).to_owned()).collect(),
        _ => Vec::new(),
    };
    actions.zip(results).flat_map(resolved).collect()
}

/// The event about an alert or a digest. Messages of a `thread` belong together.
pub fn alert_event(message: &Message, thread: &str) -> BusEvent {
    let text = message.texts.iter().find(|(protocol, _)| *protocol == "default").map_or("", |(_, text)| text);
    let detail = json!({
        "version": VERSION,
        "subject": message.subject,
        "text": text,
        "attributes": message.attributes,
        "chat": chat(message, text, thread),
    });
    BusEvent { detail_type: ALERT, resources: Vec::new(), detail }
}

/// The message as Amazon Q Developer in chat applications takes it. It drops anything else without a word. Source: its administrator
/// guide, "Custom notifications".
fn chat(message: &Message, text: &str, thread: &str) -> Value {
    let of = |name: &str| message.attributes.get(name).map(|values| values.join(", "));
    let context: serde_json::Map<_, _> = ["account", "region", "project"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), plain(&of(name)?).into())))
        .collect();
    json!({
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": plain(&message.subject),
            "description": shortened(text),
            "keywords": message.attributes.get("rule").cloned().unwrap_or_default(),
        },
        "metadata": {
            "threadId": thread,
            "summary": plain(&message.subject),
            "eventType": of("severity").unwrap_or_default(),
            "additionalContext": context,
        },
    })
}

fn shortened(text: &str) -> String {
    let text = plain(text);
    match beginning(MAX_CHAT, &text) {
        None => text,
        Some(beginning) => format!("{beginning}…\n\nThe e-mail and the log have the rest."),
    }
}

/// The text without what chat programs take for mentions and links: parts of it come from requests.
fn plain(text: &str) -> String {
    text.replace('<', "‹").replace('>', "›").replace('@', "＠").replace("](", "] (")
}
