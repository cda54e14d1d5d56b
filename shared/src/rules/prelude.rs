//! What a rule's file needs.

pub(super) use super::denial::*;
pub(super) use super::judged_role::{JudgedRole, each_passed};
pub(super) use super::outcome::{ADMINISTRATOR, Findings, Outcome, SERVICE_LINKED_ROLE, Violation};
pub(super) use super::rule::{Concern, Need, Rule};
#[cfg(test)]
pub(super) use super::testing::Case;
pub(super) use crate::facts::{Facts, NAMING, NamedResource, Network};
pub(super) use crate::operations::{Absence, Field, Operation, Untagged};
pub(super) use crate::record::arn;
pub(super) use crate::record::json::Unread;
pub(super) use crate::settings::{Abac, DefaultValue, Doubt, Kind, Settings, Spec, TagRequirement};
pub(super) use crate::statement::slot_keys::*;
pub(super) use crate::statement::{Condition, Test};
pub(super) use crate::terms::{Action, Severity};

/// What a rule's `check` returns.
pub(super) type Checked = Result<Outcome, Unread>;
