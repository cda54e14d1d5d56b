//! What is said about a role.

use serde::Serialize;
use tagwarden::RoleDecision;
use tagwarden::decide::{Finding, FindingOutcome, Verdict};

use crate::{NewAccess, Proposal, Usage};

/// What a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// SageMaker runs jobs, notebooks or endpoints as it.
    Execution,
    /// It calls SageMaker.
    Caller,
    /// Both.
    Both,
}

impl Kind {
    /// The kind of a role that SageMaker may assume, or that calls SageMaker.
    pub fn of(is_assumed_by_sagemaker: bool, calls_sagemaker: bool) -> Self {
        match (is_assumed_by_sagemaker, calls_sagemaker) {
            (true, true) => Self::Both,
            (true, false) => Self::Execution,
            (false, _) => Self::Caller,
        }
    }

    /// Its name in texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execution => "execution role",
            Self::Caller => "role that calls SageMaker",
            Self::Both => "execution role that calls SageMaker",
        }
    }
}

/// All that is said about a role.
#[derive(Clone, Debug, Serialize)]
pub struct RoleReport {
    /// What the rules say.
    #[serde(flatten)]
    pub decision: RoleDecision,
    /// What it is for.
    pub kind: Kind,
    /// What it used of what it may do; nothing without records.
    #[serde(flatten)]
    pub usage: Usage,
    /// What it needs of its policies, if that was asked for.
    pub proposal: Option<Proposal>,
    /// What it may do that old documents did not allow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub new_access: Vec<NewAccess>,
}

impl RoleReport {
    /// What the rules say about a role of this kind.
    pub fn new(decision: RoleDecision, kind: Kind) -> Self {
        Self { decision, kind, usage: Usage::default(), proposal: None, new_access: Vec::new() }
    }

    /// Only what is new: findings that were not there before, and requests that were not allowed before. What is unknown stays.
    #[must_use]
    pub fn since(self, before: Option<&RoleDecision>, new_access: Vec<NewAccess>) -> Self {
        // The statement that allows a request may have moved.
        let wrong = |finding: &Finding| finding.message.split(", by ").next().map(str::to_owned);
        let is_same = |one: &Finding, other: &Finding| one.rule == other.rule && wrong(one) == wrong(other);
        let was_found =
            |finding: &Finding| before.iter().flat_map(|before| &before.findings).any(|one| is_same(one, finding));
        let decision =
            self.decision.retain(|finding| finding.outcome == FindingOutcome::Unknown || !was_found(finding));
        let verdict = if new_access.is_empty() { decision.verdict } else { Verdict::Violation };
        Self { decision: RoleDecision { verdict, ..decision }, new_access, ..self }
    }
}
