//! What to do about a call, as values: the command line prints them, a Lambda carries them out.

use serde::{Serialize, Serializer};

use crate::decide::{Judged, Resource};
use crate::facts::Facts;
use crate::operations::Stop;
use crate::policy::{Action, Policy};

/// Key of the tag that marks a resource as violating the policy.
pub const MARK: &str = "tagwarden:violation";

/// Longest value of a tag, in characters (AWS General Reference, "Tag naming limits").
const MAX_TAG_VALUE: usize = 256;

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedAction {
    /// What.
    pub action: Verb,
    /// To which resource: its ARN, or its name where the record does not tell the ARN.
    pub resource: String,
    /// The rules that ask for it.
    pub because: Vec<&'static str>,
    /// Why the call is not undone, though rules ask for that.
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
    /// Tell the security team.
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

/// `StopTrainingJob` → `stop-training-job`, `StopAutoMLJob` → `stop-auto-ml-job`: a run of capitals is one word, but for the
/// last of them if a word begins with it.
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

/// The actions that follow from what the rules found. The strongest that any of them asks for, and that the operation allows,
/// is taken, and the security team is told.
pub(crate) fn plan(facts: &Facts, policy: &Policy, resource: &Resource, judged: &[Judged]) -> Vec<PlannedAction> {
    if judged.is_empty() {
        return Vec::new();
    }
    let target = resource.arn.as_ref().or(resource.name.as_ref()).cloned().unwrap_or_default();
    let planned = |action, because| PlannedAction { action, resource: target.clone(), because, not_stopped: None };
    let asking_for =
        |action| judged.iter().filter(move |judged| judged.asks_for == action).map(|judged| judged.rule.id);

    let mut actions = Vec::new();
    let to_stop: Vec<_> = asking_for(Action::Stop).collect();
    let mut not_stopped = None;
    match (to_stop.is_empty(), facts.operation.stop) {
        (false, Stop::By(operation)) => actions.push(planned(Verb::Stop(operation), to_stop)),
        (no_stop, stop) => {
            let (tags, because) = tags(facts, policy, &asking_for(Action::Tag).collect::<Vec<_>>());
            if !tags.is_empty() {
                actions.push(planned(Verb::AddTags(tags), because));
            }
            not_stopped = match stop {
                Stop::Never(reason) if !no_stop => Some(reason),
                _ => None,
            };
        }
    }
    let because = judged.iter().map(|judged| judged.rule.id).collect();
    actions.push(PlannedAction { not_stopped, ..planned(Verb::PublishAlert, because) });
    actions
}

/// The tags that `rules` ask for, and those of the rules that get theirs: a missing Project tag is added where the caller's
/// project is known, every other violation is marked.
fn tags(facts: &Facts, policy: &Policy, rules: &[&'static str]) -> (Vec<(String, String)>, Vec<&'static str>) {
    let key = &policy.abac.tag;
    let (mut tags, mut because) = (Vec::new(), Vec::new());
    let (missing, others): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| **rule == "missing-project-tag");
    if let (false, Ok(Some((project, _)))) = (missing.is_empty(), facts.caller.tag(key)) {
        tags.push((key.clone(), project.to_owned()));
        because.extend(missing);
    }
    if !others.is_empty() {
        tags.push((MARK.to_owned(), mark(&others)));
        because.extend(others);
    }
    (tags, because)
}

/// The rules' ids as the value of the tag [`MARK`], as many as fit whole.
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
