//! What to do about a call, as values: the command line prints them, and a Lambda function carries them out.

use serde::{Serialize, Serializer};

use crate::operations::{Operation, Stop};
use crate::rules::{Outcome, Rule, Violation};
use crate::settings::Settings;
use crate::terms::{Action, MARK, Mode, OnUnknown};

/// Longest value of a tag, in characters (AWS General Reference, "Tag naming limits").
const MAX_TAG_VALUE: usize = 256;

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedAction {
    /// What to do.
    pub action: Verb,
    /// The resource: its ARN, or its name if the record does not have the ARN.
    pub resource: String,
    /// The rules that ask for it.
    pub because: Vec<&'static str>,
    /// How many minutes after the alert it is done, unless what is wrong is mended by then. Otherwise at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_minutes: Option<u16>,
    /// Why the call is not undone, although rules ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_stopped: Option<&'static str>,
}

/// What can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Undo the call with this SageMaker operation.
    Stop(&'static str),
    /// Set these tags on the resource.
    AddTags(Vec<(String, String)>),
    /// Alert the security team.
    PublishAlert,
}

impl Verb {
    /// The name in reports: `add-tags`, `publish-alert`, or the operation's in kebab case.
    pub fn name(&self) -> String {
        match self {
            Self::AddTags(_) => "add-tags".to_owned(),
            Self::PublishAlert => "publish-alert".to_owned(),
            Self::Stop(operation) => kebab_case(operation),
        }
    }
}

impl Serialize for Verb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

/// `StopTrainingJob` → `stop-training-job`, `StopAutoMLJob` → `stop-auto-ml-job`: a run of capitals is one word, except
/// the last one if it begins a word.
fn kebab_case(operation: &str) -> String {
    let mut kebab = String::new();
    let mut letters = operation.chars().peekable();
    let mut after_lower_case = false;
    while let Some(letter) = letters.next() {
        let before_lower_case = letters.peek().is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && !kebab.is_empty() && (after_lower_case || before_lower_case) {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
        after_lower_case = letter.is_ascii_lowercase();
    }
    kebab
}

/// What a rule asks for in response to a call.
#[derive(Clone, Debug)]
pub(super) struct RequestedAction {
    /// The rule.
    pub rule: &'static Rule,
    /// What it asks for.
    pub action: Action,
    /// The tags that correct the violation, as far as the rule knows them.
    pub correcting_tags: Vec<(String, String)>,
    /// How many minutes a stop waits after the alert, if it waits.
    pub grace_minutes: Option<u16>,
    /// Why the call is not undone, although the rule asks for it.
    pub not_stopped: Option<&'static str>,
}

/// What a rule with these settings asks for in response to an outcome other than a pass.
pub(super) fn requested_action(outcome: &Outcome, settings: &Settings) -> Action {
    match (settings.mode(), outcome) {
        (Mode::Observe, _) => Action::Alert,
        (Mode::Enforce, Outcome::Fail(violations)) => {
            let of_one = |violation: &Violation| violation.at_most.unwrap_or(Action::Stop);
            settings.action().min(violations.iter().map(of_one).max().unwrap_or(Action::Stop))
        }
        (Mode::Enforce, _) => match settings.on_unknown {
            OnUnknown::Alert => Action::Alert,
            OnUnknown::Stop => Action::Stop,
        },
    }
}

/// Why the call is not undone, although a rule with these settings asks for it.
pub(super) fn not_stopped(outcome: &Outcome, settings: &Settings) -> Option<&'static str> {
    let Outcome::Fail(violations) = outcome else { return None };
    let asks = settings.mode() == Mode::Enforce && settings.action() == Action::Stop;
    violations.iter().find_map(|violation| violation.not_stopped).filter(|_| asks)
}

/// The actions that follow from what the rules found about `target`, an ARN or a name: the strongest action that any
/// rule asks for and the operation allows, and an alert.
pub(super) fn plan(operation: &Operation, target: &str, requested: &[RequestedAction]) -> Vec<PlannedAction> {
    if requested.is_empty() {
        return Vec::new();
    }
    let planned = |action, because| PlannedAction {
        action,
        resource: target.to_owned(),
        because,
        after_minutes: None,
        not_stopped: None,
    };
    let asking_for = |action| requested.iter().filter(move |one| one.action == action);

    let mut actions = Vec::new();
    let to_stop: Vec<_> = asking_for(Action::Stop).map(|one| one.rule.id).collect();
    let mut not_stopped = None;
    match (to_stop.is_empty(), operation.stop) {
        (false, Stop::By(undo)) => {
            // A rule without a grace does not wait for one that has it: no grace is the shortest. Neither does an update wait: what
            // it set could meanwhile be set by somebody who may.
            let shortest = asking_for(Action::Stop).map(|one| one.grace_minutes).min().flatten();
            let after_minutes = shortest.filter(|_| operation.creates());
            actions.push(PlannedAction { after_minutes, ..planned(Verb::Stop(undo), to_stop) });
        }
        (no_stop, stop) => {
            let (tags, because) = tags(asking_for(Action::Tag));
            if !tags.is_empty() {
                actions.push(planned(Verb::AddTags(tags), because));
            }
            not_stopped = match stop {
                Stop::Never(reason) if !no_stop => Some(reason),
                _ => requested.iter().find_map(|one| one.not_stopped),
            };
        }
    }
    let because = requested.iter().map(|one| one.rule.id).collect();
    actions.push(PlannedAction { not_stopped, ..planned(Verb::PublishAlert, because) });
    actions
}

/// The tags that rules ask for, and the rules whose tags are set. A rule that corrects its violations with tags sets
/// those whose values are known. Violations of all other rules are marked.
fn tags<'r>(requested: impl Iterator<Item = &'r RequestedAction>) -> (Vec<(String, String)>, Vec<&'static str>) {
    let (mut tags, mut because, mut marked) = (Vec::new(), Vec::new(), Vec::new());
    for RequestedAction { rule, correcting_tags, .. } in requested {
        if rule.correcting_tags.is_none() {
            marked.push(rule.id);
        } else if !correcting_tags.is_empty() {
            tags.extend(correcting_tags.iter().cloned());
            because.push(rule.id);
        }
    }
    if !marked.is_empty() {
        tags.push((MARK.to_owned(), mark(&marked)));
        because.extend(marked);
    }
    (tags, because)
}

/// The rules' ids as the value of the tag [`MARK`]: as many whole ids as fit.
pub fn mark(rules: &[&'static str]) -> String {
    let mut value = String::new();
    for rule in rules {
        let separator = usize::from(!value.is_empty());
        if value.len() + separator + rule.len() > MAX_TAG_VALUE {
            break;
        }
        if separator == 1 {
            value.push(' ');
        }
        value.push_str(rule);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    #[test]
    fn names_are_kebab_case() {
        assert_eq!(kebab_case("StopTrainingJob"), "stop-training-job");
        assert_eq!(kebab_case("DeleteEndpointConfig"), "delete-endpoint-config");
        assert_eq!(kebab_case("StopAutoMLJob"), "stop-auto-ml-job");
        assert_eq!(kebab_case("StopAIBenchmarkJob"), "stop-ai-benchmark-job");
        assert_eq!(kebab_case("DeleteApp"), "delete-app");
    }

    #[test]
    fn a_mark_is_cut_at_a_whole_id() {
        let all: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        let mark = mark(&all);
        assert!(mark.len() <= MAX_TAG_VALUE && mark.len() > MAX_TAG_VALUE - 40);
        assert!(mark.split(' ').all(|id| all.contains(&id)));
    }
}
