//! What rules found, in the form of reports.

use super::decision::{Finding, FindingOutcome, Verdict};
use crate::policy::Exemption;
use crate::rules::{Outcome, Rule, Violation};
use crate::terms::Severity;

/// What to do about something that could not be read.
const FIND_OUT: &str = "find out why it could not be read; until then, `on-unknown` in the policy decides what happens";

/// The findings for an outcome other than a pass.
pub(super) fn findings(
    rule: &Rule,
    outcome: Outcome,
    severity: Severity,
    exemption: Option<&Exemption>,
) -> Vec<Finding> {
    let (outcome_of_failure, note) = match exemption {
        None => (FindingOutcome::Fail, String::new()),
        Some(Exemption { until, reason, owner, .. }) => {
            (FindingOutcome::Exempted, format!("; exempted until {until}: {reason} ({owner})"))
        }
    };
    match outcome {
        Outcome::Pass | Outcome::Skip(_) => Vec::new(),
        Outcome::Fail(violations) => {
            let finding = |violation: Violation| Finding {
                rule: rule.id,
                outcome: outcome_of_failure,
                severity,
                path: violation.path,
                actual: violation.actual,
                expected: violation.expected,
                message: violation.message + &note,
                fix: violation.fix.unwrap_or_else(|| rule.fix.to_owned()),
            };
            violations.into_iter().map(finding).collect()
        }
        Outcome::Unknown(unread) => vec![Finding {
            rule: rule.id,
            outcome: FindingOutcome::Unknown,
            severity,
            path: unread.path,
            actual: None,
            expected: "a readable value".to_owned(),
            message: unread.why,
            fix: unread.fix.unwrap_or(FIND_OUT).to_owned(),
        }],
    }
}

/// What they amount to.
pub(super) fn verdict(findings: &[Finding]) -> Verdict {
    let any = |outcome| findings.iter().any(|finding| finding.outcome == outcome);
    if any(FindingOutcome::Fail) {
        Verdict::Violation
    } else if any(FindingOutcome::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Compliant
    }
}

/// What could not be read, without repetition.
pub(super) fn reason(findings: &[Finding]) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.outcome == FindingOutcome::Unknown) {
        let reason = format!("`{}`: {}", finding.path, finding.message);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join("; ")
}
