//! A decision about one record, in the form of reports and logs.

use serde::Serialize;

use super::plan::PlannedAction;
use crate::evidence::Tags;
use crate::terms::Severity;

/// The result for a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The policy does not cover it.
    #[default]
    Skipped,
    /// No rule fails.
    Compliant,
    /// No rule fails, but some could not be judged.
    Unknown,
    /// A rule fails.
    Violation,
}

impl Verdict {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Compliant => "compliant",
            Self::Unknown => "unknown",
            Self::Violation => "violation",
        }
    }
}

/// A decision about one record.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Decision {
    /// `eventID`
    pub event_id: Option<String>,
    /// `eventTime`
    pub event_time: Option<String>,
    /// `eventName`, or the detail type of an event that is not an API call.
    pub event_name: String,
    /// The account of the call.
    pub account: Option<String>,
    /// The region of the call.
    pub region: Option<String>,
    /// The resource that the call created or is about.
    pub resource: Option<Resource>,
    /// Who called.
    pub principal: Option<PrincipalReport>,
    /// The result.
    pub verdict: Verdict,
    /// Why the record was skipped, or is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is wrong, in the order of the rules.
    pub findings: Vec<Finding>,
    /// What to do about it, the strongest action first.
    pub actions: Vec<PlannedAction>,
}

impl Decision {
    /// The `event_name` of a decision about a role by itself, which no call passed.
    pub const ROLE: &str = "IAM role";

    /// Whether a rule fails for a principal that is exempt from it.
    pub fn is_exempted(&self) -> bool {
        self.findings.iter().any(|finding| finding.outcome == FindingOutcome::Exempted)
    }
}

/// The resource that a call created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// IAM's name of the resource type, such as `training-job`.
    pub kind: &'static str,
    /// Its name.
    pub name: Option<String>,
    /// Its ARN, if the record has it.
    pub arn: Option<String>,
}

/// The caller in a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrincipalReport {
    /// ARN of the IAM role or user.
    pub arn: Option<String>,
    /// `userIdentity.type`
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its tags, as far as they are known.
    pub tags: Tags,
    /// Where the ABAC tag came from: `session`, `role`, `user`, `none` or `unknown`.
    pub tags_from: &'static str,
    /// The time of the IAM data that says so, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags_as_of: Option<String>,
}

/// What a rule found in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// Whether the rule failed, could not be judged, or failed for an exempted caller.
    pub outcome: FindingOutcome,
    /// How bad it is.
    pub severity: Severity,
    /// Where, as a JSON path in the record.
    pub path: String,
    /// What is there.
    pub actual: Option<String>,
    /// What should be there.
    pub expected: String,
    /// What is wrong.
    pub message: String,
    /// How to correct it.
    pub fix: String,
}

/// The outcome of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingOutcome {
    /// The rule failed.
    Fail,
    /// It could not be judged.
    Unknown,
    /// It failed, but the caller is exempted.
    Exempted,
}

impl FindingOutcome {
    /// As reports write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Exempted => "exempted",
        }
    }
}
