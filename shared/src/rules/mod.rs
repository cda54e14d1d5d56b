//! The rules. One file each: what it is and why, what it checks, how to put it right.

mod denial;
mod matrix;
mod outcome;
#[cfg(test)]
mod testing;

use crate::facts::Facts;
use crate::gather::Need;
use crate::json::Unread;
use crate::operations::{Fact, Operation};
use crate::policy::{Action, Settings, Severity, Spec};

pub use denial::{Denial, Difference};
pub use matrix::{Column, columns};
pub use outcome::{Findings, Outcome, Violation};

/// Something that a policy can forbid.
#[derive(Debug)]
pub struct Rule {
    /// Its name: the wrong that it finds.
    pub id: &'static str,
    /// When it fails, as the end of a sentence.
    pub fails_when: &'static str,
    /// Why an organisation would want it.
    pub why: &'static str,
    /// How to put a violation right.
    pub fix: &'static str,
    /// What is done about a violation, where the policy does not say.
    pub action: Action,
    /// How bad a violation is, where the policy does not say.
    pub severity: Severity,
    /// What the policy can set beside action, severity and mode.
    pub options: &'static [Spec],
    /// The facts that it is about: it applies to the operations that tell any of them.
    pub governs: &'static [Fact],
    /// What has to be looked up for it, beside the caller's tags.
    pub needs: &'static [Need],
    /// Whether IAM can deny the same request before it is carried out.
    pub prevention: Prevention,
    /// `requestParameters` of an operation that creates something, of which the resource's name tells which, or of AddTags, that
    /// violate it; or the part that matters.
    pub example: &'static str,
    /// The detective half. Whoever judges calls [`Rule::judge`] instead.
    pub check: fn(&Facts, &Settings) -> Result<Outcome, Unread>,
    /// The preventive half: what IAM is to deny of the given operations. Whoever renders calls [`Rule::denials`] instead.
    pub prevent: fn(&Settings, &[&'static Operation]) -> Vec<Denial>,
}

/// Whether IAM has condition keys to deny what a rule finds (source: Service Authorization Reference, Amazon SageMaker).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prevention {
    /// It does.
    Iam,
    /// It does for some of it.
    Partly(&'static str),
    /// It has none.
    None(&'static str),
}

impl Rule {
    /// The rule with this id.
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.iter().copied().find(|rule| rule.id == id)
    }

    /// Whether the rule has anything to say about calls of an operation.
    pub fn applies_to(&self, operation: &Operation) -> bool {
        self.governs.iter().any(|fact| operation.tells(*fact))
    }

    /// What the rule says about a call.
    pub fn judge(&self, facts: &Facts, settings: &Settings) -> Outcome {
        if !self.applies_to(facts.operation) {
            return Outcome::Skip(format!("`{}` does not apply to {}", self.id, facts.operation.name));
        }
        (self.check)(facts, settings).unwrap_or_else(Outcome::Unknown)
    }

    /// The operations that the rule has anything to say about.
    pub fn operations(&self) -> Vec<&'static Operation> {
        Operation::all().filter(|operation| self.applies_to(operation)).collect()
    }

    /// What IAM is to deny so that requests that violate the rule are not carried out.
    pub fn denials(&self, settings: &Settings) -> Vec<Denial> {
        (self.prevent)(settings, &self.operations())
    }
}

/// Declares the rules' modules and the list of them, in the order of reports.
macro_rules! rules {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// Every rule.
        pub static RULES: &[&Rule] = &[$(&$module::RULE,)*];
    };
}

rules! {
    missing_project_tag,
    foreign_project_tag,
    untagged_principal,
    ambiguous_project_tag,
    unknown_project,
    foreign_execution_role,
    unapproved_instance_type,
    excessive_instance_count,
    excessive_runtime,
    on_demand_training,
    unencrypted_volume,
    unencrypted_output,
    unapproved_kms_key,
    unencrypted_traffic,
    network_isolation_off,
    missing_vpc,
    unapproved_subnet,
    unapproved_security_group,
    unapproved_region,
    persona_overreach,
    overprivileged_execution_role,
    confused_deputy_trust,
    unapproved_image,
    unapproved_bucket,
    remote_shell,
    notebook_root_access,
    notebook_internet_access,
    changed_project_tag,
    noncompliant_endpoint_config,
}

/// What a rule's file needs.
mod prelude {
    pub(super) use super::denial::*;
    #[cfg(test)]
    pub(super) use super::testing::Case;
    pub(super) use super::{Findings, Outcome, Prevention, Rule, Violation};
    pub(super) use crate::facts::{Facts, Network};
    pub(super) use crate::gather::Need;
    pub(super) use crate::json::Unread;
    pub(super) use crate::operations::{Absence, Fact, Operation};
    pub(super) use crate::policy::{Action, DefaultValue, Kind, Settings, Severity, Spec};
    pub(super) use crate::statement::slot_keys::*;
    pub(super) use crate::statement::{Condition, Test};

    /// What a rule's `check` returns.
    pub(super) type Checked = Result<Outcome, Unread>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{DefaultValue, Kind};

    #[test]
    fn the_list_is_sound() {
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len(), "an id stands twice");
        for rule in RULES {
            let id = rule.id;
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{id}");
            for text in [rule.fails_when, rule.why, rule.fix] {
                assert!(text.len() > 20, "{id}: `{text}` says too little");
            }
            for text in [rule.fails_when, rule.fix] {
                assert!(
                    text.starts_with(|c: char| c.is_lowercase() || c == '`') && !text.ends_with('.'),
                    "{id}: {text}"
                );
            }
            serde_json::from_str::<serde_json::Value>(rule.example).expect(id);
            for option in rule.options {
                assert!(!["action", "severity", "mode"].contains(&option.name), "{id}: {}", option.name);
                match (option.kind, option.default) {
                    (_, DefaultValue::Required | DefaultValue::Unset)
                    | (Kind::Patterns(_), DefaultValue::Patterns(_)) => {}
                    (Kind::Choice(names), DefaultValue::Choice(name)) => assert!(names.contains(&name), "{id}"),
                    _ => panic!("{id}: the default of `{}` is of another kind", option.name),
                }
            }
            if rule.action == Action::Stop {
                assert!(rule.severity >= Severity::Medium, "{id} stops people's work for something of low severity");
            }
        }
    }
}
