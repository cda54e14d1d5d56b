//! A decision, as alerts report it. Its texts come from a request, and a caller can make them as long as CloudTrail allows.

use tagwarden::decide::{Decision, Finding, PlannedAction, PrincipalReport, Resource};
use tagwarden::evidence::Tags;
use tagwarden::policy::Policy;

use crate::act::ActionResult;

/// How many elements of a list are reported. A message contains the record once for each protocol.
pub(super) const MAX_LISTED: usize = 20;

/// The longest text, in characters.
const MAX_TEXT: usize = 500;

/// The longest ARN, in characters. IAM's are the longest: a path has at most 512 characters, a name 64.
const MAX_ARN: usize = 700;

/// The decision with bounded texts. Of the principal's tags, it has only those that the policy is about.
pub fn brief(decision: &Decision, policy: &Policy) -> Decision {
    let texts = |text: &Option<String>| text.as_deref().map(cut);
    let arns = |arn: &Option<String>| arn.as_deref().map(cut_arn);
    Decision {
        event_id: texts(&decision.event_id),
        event_time: texts(&decision.event_time),
        event_name: cut(&decision.event_name),
        account: texts(&decision.account),
        region: texts(&decision.region),
        resource: decision.resource.as_ref().map(|resource| Resource {
            kind: resource.kind,
            name: texts(&resource.name),
            arn: arns(&resource.arn),
        }),
        principal: decision.principal.as_ref().map(|principal| PrincipalReport {
            arn: arns(&principal.arn),
            kind: texts(&principal.kind),
            tags: policy_tags(&principal.tags, policy),
            tags_from: principal.tags_from,
            tags_as_of: principal.tags_as_of.clone(),
        }),
        verdict: decision.verdict,
        reason: texts(&decision.reason),
        findings: decision.findings.iter().map(finding).collect(),
        actions: decision.actions.iter().take(MAX_LISTED).map(action).collect(),
    }
}

/// The principal's tags that the policy mentions.
fn policy_tags(tags: &Tags, policy: &Policy) -> Tags {
    let is_known = |key: &str| policy.abac.keys().any(|known| known.eq_ignore_ascii_case(key));
    tags.iter().filter(|(key, _)| is_known(key)).map(|(key, value)| (key, cut(value))).collect()
}

fn finding(finding: &Finding) -> Finding {
    Finding {
        path: cut(&finding.path),
        actual: finding.actual.as_deref().map(cut),
        expected: cut(&finding.expected),
        message: cut(&finding.message),
        fix: cut(&finding.fix),
        ..finding.clone()
    }
}

fn action(action: &PlannedAction) -> PlannedAction {
    let because = action.because.iter().take(MAX_LISTED).copied().collect();
    PlannedAction { resource: cut_arn(&action.resource), because, ..action.clone() }
}

/// The results of actions with bounded texts.
pub(super) fn brief_results(results: &[ActionResult]) -> Vec<ActionResult> {
    let brief = |result: &ActionResult| ActionResult { result: cut(&result.result), ..result.clone() };
    results.iter().take(MAX_LISTED).map(brief).collect()
}

/// The beginning of a text.
pub(super) fn cut(text: &str) -> String {
    cut_at(MAX_TEXT, text)
}

fn cut_arn(arn: &str) -> String {
    cut_at(MAX_ARN, arn)
}

fn cut_at(length: usize, text: &str) -> String {
    beginning(length, text).map_or_else(|| text.to_owned(), |beginning| format!("{beginning}…"))
}

/// The first characters of a longer text.
pub(super) fn beginning(length: usize, text: &str) -> Option<&str> {
    text.get(..text.char_indices().nth(length)?.0)
}
