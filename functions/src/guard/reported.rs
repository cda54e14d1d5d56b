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
