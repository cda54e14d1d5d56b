//! The building blocks of the rules' preventive halves.

use crate::operations::{Absence, Field, Operation, Slot};
use crate::settings::Abac;
use crate::statement::slot_keys::condition_key;
use crate::statement::{Condition, Test};
use crate::terms::Pattern;

/// Whether IAM has condition keys to deny what a rule finds (source: Service Authorization Reference, Amazon
/// SageMaker).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prevention {
    /// It has them all.
    Iam,
    /// It has them for some of it. The text says what they do not cover.
    Partly(&'static str),
    /// It has none. The text says why.
    None(&'static str),
}

/// Requests that IAM is to deny for a rule: calls of some operations that meet a condition.
#[derive(Clone, Debug)]
pub struct Denial {
    /// The operations. Rendering leaves out and reports those whose requests do not carry the condition's keys.
    pub operations: Vec<&'static Operation>,
    /// The condition that a denied request meets.
    pub condition: Condition,
    /// The ARNs of the resources that the condition is about, as a pattern: IAM decides some actions on several. `None`: all.
    pub resources: Option<&'static str>,
    /// How the denied requests differ from those that the rule reports.
    pub differences: Vec<Difference>,
}

/// How a denial differs from the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It denies these requests, which the rule lets pass.
    Stricter(&'static str),
    /// It lets these requests pass, which the rule reports.
    Looser(&'static str),
}

impl Denial {
    /// Denies the calls only where IAM decides them on these resources.
    #[must_use]
    pub fn on(self, resources: &'static str) -> Self {
        Self { resources: Some(resources), ..self }
    }

    /// Notes a difference from the rule.
    #[must_use]
    pub fn but(mut self, difference: Difference) -> Self {
        self.differences.push(difference);
        self
    }

    /// Does not deny what administrators of the ABAC tag do.
    #[must_use]
    pub fn except_administrators(mut self, abac: &Abac) -> Self {
        if !abac.administrators.is_empty() {
            self.condition = self.condition.with(Test::not_like("aws:PrincipalArn", &abac.administrators));
        }
        self
    }
}

/// Denies calls of these operations that meet the condition.
pub(super) fn deny(operations: &[&'static Operation], condition: impl Into<Condition>) -> Denial {
    Denial { operations: operations.to_vec(), condition: condition.into(), resources: None, differences: Vec::new() }
}

/// The operations whose requests carry this condition key for one of the facts.
pub(super) fn carrying(operations: &[&'static Operation], fields: &[Field], key: &str) -> Vec<&'static Operation> {
    let carries = |operation: &Operation| fields.iter().any(|field| slots_in(operation, *field, key).next().is_some());
    operations.iter().copied().filter(|operation| carries(operation)).collect()
}

/// The slots of a fact that a condition key holds.
fn slots_in(operation: &Operation, field: Field, key: &str) -> impl Iterator<Item = &'static Slot> {
    let slots = operation.slots().filter(move |slot| slot.field == field);
    slots.filter(move |slot| condition_key(operation, slot).is_some_and(|names| names.contains(&key)))
}

/// The operations whose requests unset what they leave out: all but updates.
pub(super) fn where_absence_counts(operations: &[&'static Operation]) -> Vec<&'static Operation> {
    operations.iter().copied().filter(|operation| operation.absence == Absence::Unset).collect()
}

/// Denies calls of the operations whose `field` is in the condition key `key`, under a condition that also holds if the
/// request leaves the field out. An update may leave it out, and so may a request without the part that holds it: such
/// a request launches no instances itself.
pub(super) fn deny_lacking(
    operations: &[&'static Operation],
    field: Field,
    key: &str,
    condition: impl Into<Condition>,
) -> Vec<Denial> {
    let condition = condition.into();
    let carriers = carrying(&where_absence_counts(operations), &[field], key);
    let is_carried_once = |operation: &&Operation| {
        let mut slots = slots_in(operation, field, key);
        slots.next().is_some_and(|slot| !slot.path.contains("[]")) && slots.next().is_none()
    };
    let (once, repeatedly): (Vec<_>, Vec<_>) = carriers.into_iter().partition(is_carried_once);
    let is_always_carried =
        |operation: &&Operation| slots_in(operation, field, key).any(|slot| !slot.is_optional_part());
    let mut denials = Vec::new();
    for (operations, differences) in [(once, vec![]), (repeatedly, vec![ONE_OF_SEVERAL])] {
        let (always, in_parts): (Vec<_>, Vec<_>) = operations.into_iter().partition(is_always_carried);
        let only_parts = condition.clone().with(Test::is_set("sagemaker:InstanceTypes"));
        for (operations, condition) in [(always, condition.clone()), (in_parts, only_parts)] {
            if !operations.is_empty() {
                denials.push(Denial { differences: differences.clone(), ..deny(&operations, condition) });
            }
        }
    }
    denials
}

const ONE_OF_SEVERAL: Difference = Difference::Looser(
    "a request in which one of several parts lacks it: one condition key holds the values of all parts",
);

/// Denies calls by what the network settings of the request lack. Where models may hold the settings, a request lacks them
/// lawfully, and no AWS document promises that a condition key tells one from the other: these calls are not denied.
pub(super) fn deny_lacking_in_network(operations: &[&'static Operation], field: Field, test: &Test) -> Vec<Denial> {
    let [of_request, _] = by_network(operations);
    let denials = deny_lacking(&of_request, field, test.key(), test.clone());
    denials.into_iter().map(|denial| denial.but(OF_CONFIGURATIONS)).collect()
}

/// Denies calls by what the network settings of the request say.
pub(super) fn deny_in_network(operations: &[&'static Operation], field: Field, test: &Test) -> Vec<Denial> {
    let [of_request, of_models] = by_network(operations);
    vec![
        deny(&carrying(&of_request, &[field], test.key()), test.clone()),
        deny(&carrying(&of_models, &[field], test.key()), [test.clone(), names_no_model()]).but(MODELS),
    ]
}

/// Operations by the source of their network settings: the request, or models, whose settings are in no condition key.
fn by_network(operations: &[&'static Operation]) -> [Vec<&'static Operation>; 2] {
    let (of_models, of_request) = operations.iter().copied().partition(|operation| operation.has(Field::Model));
    [of_request, of_models]
}

fn names_no_model() -> Test {
    Test::is_unset("sagemaker:ModelArn")
}

const OF_CONFIGURATIONS: Difference = Difference::Looser(
    "endpoint configurations, and what takes its settings from models: those are checked when a model is created",
);

const MODELS: Difference =
    Difference::Looser("settings that a configuration takes from its models: they are checked when a model is created");

/// Denies calls that do not turn off what is on by default, and updates that turn it on.
pub(super) fn deny_unless_switched_off(operations: &[&'static Operation], key: &str, off: &str) -> Vec<Denial> {
    let is_on = || Test::not_equals(key, &[off]);
    let updates: Vec<_> =
        operations.iter().copied().filter(|operation| operation.absence == Absence::Unchanged).collect();
    vec![deny(&where_absence_counts(operations), is_on()), deny(&updates, [is_on(), Test::is_set(key)])]
}

/// At least one of the request's instance types matches none of these.
pub(super) fn any_instance_type_outside(patterns: &[Pattern]) -> Test {
    Test::any_not_like("sagemaker:InstanceTypes", patterns)
}

/// How far IAM can deny requests by their tags.
pub(super) const BY_REQUEST_TAGS: Prevention = Prevention::Partly(
    "not training sessions, inference routers and cluster extensions, for whose tags AWS has no condition keys",
);

/// Conditions that each hold if a tag's key differs from `key` only in case.
pub(super) fn almost(key: &str) -> Vec<Condition> {
    let alone = [Test::any_equals_ignoring_case("aws:TagKeys", &[key]), Test::none_equals("aws:TagKeys", key)];
    let other_cases: Vec<_> = [key.to_lowercase(), key.to_uppercase()].into_iter().filter(|case| case != key).collect();
    let beside = (!other_cases.is_empty()).then(|| Condition::from(Test::any_equals("aws:TagKeys", &other_cases)));
    [alone.into()].into_iter().chain(beside).collect()
}

/// What [`almost`] misses.
pub(super) const UNUSUAL_CASE: Difference = Difference::Looser("a key in an unusual case beside the exact one");

/// The condition key of the request's tag `key`.
pub(super) fn request_tag(key: &str) -> String {
    format!("aws:RequestTag/{key}")
}

/// The condition key of the caller's tag `key`: the session's, else the role's or user's.
pub(super) fn principal_tag(key: &str) -> String {
    format!("aws:PrincipalTag/{key}")
}
