//! The rules. Each has one file: what it is and why, what it checks, and how to correct a violation.

mod denial;
mod judged_role;
mod matrix;
mod outcome;
mod permissions;
mod prelude;
mod rule;
mod tagged;
#[cfg(test)]
pub(crate) mod testing;

pub use denial::{Denial, Difference, Prevention};
pub use judged_role::JudgedRole;
pub use matrix::{Column, columns};
pub use outcome::{Findings, Outcome, Violation};
pub use rule::{Concern, CorrectingTags, Need, Rule, WithoutEffect};

// Rules with their own way of rendering.
pub use foreign_execution_role::RULE as FOREIGN_EXECUTION_ROLE;
pub use missing_vpc::RULE as MISSING_VPC;
pub use persona_overreach::RULE as PERSONA_OVERREACH;
pub use unapproved_kms_key::{ALLOW as APPROVED_KMS_KEYS, RULE as UNAPPROVED_KMS_KEY};
pub use unapproved_region::{ALLOW as APPROVED_REGIONS, RULE as UNAPPROVED_REGION};

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
    missing_tag,
    foreign_tag,
    unapproved_tag_value,
    foreign_execution_role,
    foreign_resource,
    unapproved_instance_type,
    excessive_instance_count,
    excessive_runtime,
    excessive_cost,
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
    secret_in_request,
    overprivileged_execution_role,
    unbounded_data_access,
    escalating_execution_role,
    launching_execution_role,
    caller_as_execution_role,
    confused_deputy_trust,
    unapproved_image,
    unapproved_bucket,
    remote_shell,
    notebook_root_access,
    notebook_internet_access,
    changed_project_tag,
    noncompliant_endpoint_config,
}

impl Rule {
    /// The rule with this id.
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.iter().copied().find(|rule| rule.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{COMMON, DefaultValue, Kind};
    use crate::terms::{Action, Severity};

    #[test]
    fn the_list_is_sound() {
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len(), "two rules share an id");
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
                assert!(COMMON.iter().all(|common| common.name != option.name), "{id}: {}", option.name);
                match (option.kind, option.default) {
                    (_, DefaultValue::Required | DefaultValue::Unset)
                    | (Kind::Forbidden(_), DefaultValue::Patterns(_)) => {}
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
