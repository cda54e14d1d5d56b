//! What an alert reports.

use std::collections::BTreeSet;

use tagwarden::decide::{Decision, FindingOutcome, Verb};

/// What an alert about the decision reports: each finding by its rule, and each action by the rule that caused it.
pub(super) fn reportable(decision: &Decision) -> BTreeSet<String> {
    if decision.actions.is_empty() {
        return BTreeSet::new();
    }
    let finding = |outcome, word| {
        let found = decision.findings.iter().filter(move |finding| finding.outcome == outcome);
        found.map(move |finding| format!("{word} {}", finding.rule))
    };
    let actions = decision.actions.iter().filter(|action| action.action != Verb::PublishAlert);
    let actions =
        actions.flat_map(|action| action.because.iter().map(|rule| format!("{} {rule}", action.action.name())));
    finding(FindingOutcome::Fail, "fail").chain(finding(FindingOutcome::Unknown, "unknown")).chain(actions).collect()
}

/// Whether a rule that failed was reported.
pub fn names_failure(reported: &BTreeSet<String>) -> bool {
    reported.iter().any(|entry| entry.starts_with("fail "))
}

/// Whether this action was reported.
pub fn names_action(reported: &BTreeSet<String>, action: &Verb) -> bool {
    reported.iter().any(|entry| entry.split_once(' ').is_some_and(|(name, _)| name == action.name()))
}

/// What was reported before, without what is about rules that fail no more, and those rules. What could not be judged now may still
/// fail.
pub(super) fn without_resolved(
    reported: BTreeSet<String>,
    decision: &Decision,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let rule = |entry: &str| entry.split_once(' ').map(|(_, rule)| rule.to_owned()).unwrap_or_default();
    let is_found = |entry: &String| decision.findings.iter().any(|finding| finding.rule == rule(entry));
    let (found, gone): (BTreeSet<_>, BTreeSet<_>) = reported.into_iter().partition(is_found);
    (found, gone.iter().map(|entry| rule(entry)).collect())
}
