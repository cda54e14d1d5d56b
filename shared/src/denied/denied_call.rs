//! One denied call, explained.

use serde::Serialize;

use super::policy_type::PolicyType;

/// A denied call, and why it was denied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeniedCall {
    /// `eventID`, if there is a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// `eventTime`, if there is a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_time: Option<String>,
    /// `eventName`, or the operation that the message names.
    pub event_name: String,
    /// The action that was denied.
    pub action: String,
    /// ARN of the IAM role or user, or of the session if that is all that is known.
    pub principal: Option<String>,
    /// The kind of policy that denied the call.
    pub denied_by: PolicyType,
    /// ARN of that policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// Whether the message, or a rule, says why the call was denied.
    pub explained: bool,
    /// What is wrong with the request by the rules or, if only the message is known, which rules can deny it. Those that
    /// deny come first.
    pub rules: Vec<DenyingRule>,
    /// How to put it right, and whom to ask.
    pub advice: Vec<String>,
}

/// What a rule has to do with a denied call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DenyingRule {
    /// The rule's id.
    pub rule: &'static str,
    /// Whether its statements deny the call.
    pub effect: Effect,
    /// The names of its statements that are about the action.
    pub statements: Vec<String>,
    /// Where in the record.
    pub path: String,
    /// What is there.
    pub actual: Option<String>,
    /// What should be there.
    pub expected: Option<String>,
    /// What is wrong, or when the rule fails.
    pub message: String,
    /// How to correct it.
    pub fix: String,
}

/// Whether the statements of a rule deny a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The request violates the rule, and the rule's statements deny such requests.
    Denies,
    /// The rule's statements are about the action, but what they test is not known.
    MayDeny,
    /// The request violates the rule, but no statement of the rule denies it. The rule would report the call.
    Reports,
}
