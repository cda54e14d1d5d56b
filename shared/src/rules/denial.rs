//! What the preventive halves of the rules are made of.

use crate::operations::{Fact, Operation};
use crate::policy::{Pattern, Settings};
use crate::statement::{Condition, Test};

/// Requests that IAM is to deny for a rule: calls of some operations that meet a condition.
#[derive(Clone, Debug)]
pub struct Denial {
    /// The operations. Those whose requests do not carry the condition's keys are left out when it is rendered, and reported.
    pub operations: Vec<&'static Operation>,
    /// What a request must meet to be denied.
    pub condition: Condition,
    /// How what is denied differs from what the rule finds, if it does.
    pub difference: Option<Difference>,
}

/// How a denial differs from the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It denies requests that the rule lets pass: these.
    Stricter(&'static str),
    /// It lets requests pass that the rule finds: these.
    Looser(&'static str),
}

impl Denial {
    /// Notes a difference from the rule.
    #[must_use]
    pub fn but(mut self, difference: Difference) -> Self {
        self.difference = Some(difference);
        self
    }
}

/// For a rule that IAM has no condition key for.
pub(super) fn prevents_nothing(_: &Settings, _: &[&'static Operation]) -> Vec<Denial> {
    Vec::new()
}

/// Denies calls of these operations that meet the condition.
pub(super) fn deny(operations: &[&'static Operation], condition: impl Into<Condition>) -> Denial {
    Denial { operations: operations.to_vec(), condition: condition.into(), difference: None }
}

/// Denies calls of the operations that tell `fact`.
pub(super) fn deny_telling(operations: &[&'static Operation], fact: Fact, condition: impl Into<Condition>) -> Denial {
    let telling: Vec<_> = operations.iter().copied().filter(|operation| operation.tells(fact)).collect();
    deny(&telling, condition)
}

/// Denies calls by the network settings in the request, where it is these that compute runs with: a classic endpoint
/// configuration takes its models', which no condition key tells.
pub(super) fn deny_by_network(operations: &[&'static Operation], fact: Fact, test: &Test) -> Vec<Denial> {
    let (of_models, of_request): (Vec<_>, Vec<_>) = operations
        .iter()
        .copied()
        .filter(|operation| operation.tells(fact))
        .partition(|operation| operation.tells(Fact::Model));
    let names_no_model = Test::is_unset("sagemaker:ModelArn");
    vec![
        deny(&of_request, test.clone()),
        deny(&of_models, [test.clone(), names_no_model])
            .but(Difference::Looser("what a configuration takes from its models is seen when a model is created")),
    ]
}

/// Both names of the condition key of a KMS key, the deprecated and the current one: which of them a request carries is not
/// documented, so each has to do.
pub(super) const VOLUME_KEYS: [&str; 2] = ["sagemaker:VolumeKmsKey", "sagemaker:VolumeKmsKeyArn"];

/// The same for the key of a job's output.
pub(super) const OUTPUT_KEYS: [&str; 2] = ["sagemaker:OutputKmsKey", "sagemaker:OutputKmsKeyArn"];

/// Of the instance types that the request names, one matches none of these.
pub(super) fn any_instance_type_outside(patterns: &[Pattern]) -> Test {
    Test::any_not_like("sagemaker:InstanceTypes", patterns)
}

/// The condition key of the request's tag `key`.
pub(super) fn request_tag(key: &str) -> String {
    format!("aws:RequestTag/{key}")
}

/// The condition key of the caller's tag `key`: the session's, else the role's or user's.
pub(super) fn principal_tag(key: &str) -> String {
    format!("aws:PrincipalTag/{key}")
}
