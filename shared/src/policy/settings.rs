//! What may be set for a rule: the same description reads the policy file, words its errors and explains the rule.

use std::ops::Range;

use super::{Action, Mode, Pattern, Severity};
use crate::rules::Rule;

/// A rule that is on, with its settings.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The rule.
    pub rule: &'static Rule,
    /// All settings that have a value, by name.
    pub settings: Vec<(&'static str, Setting)>,
    /// The bytes of the policy file that hold the name of its table.
    pub span: Range<usize>,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// Of [`Kind::Patterns`].
    Patterns(Vec<Pattern<'static>>),
    /// Of [`Kind::Count`] or [`Kind::Hours`].
    Number(f64),
    /// Of [`Kind::Choice`].
    Choice(&'static str),
}

/// Describes a setting.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its key in the rule's table.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// What applies where the policy does not set it.
    pub default: DefaultValue,
}

/// The values that a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A list of patterns. The function says why one can never match, for a warning.
    Patterns(fn(&str) -> Option<String>),
    /// A whole number from one up.
    Count,
    /// A number of hours above zero.
    Hours,
    /// One of these names.
    Choice(&'static [&'static str]),
}

/// What applies where a setting is not set.
#[derive(Clone, Copy, Debug)]
pub enum DefaultValue {
    /// The policy must set it.
    Required,
    /// Nothing: the rule does without.
    Unset,
    /// These patterns.
    Patterns(&'static [&'static str]),
    /// This name.
    Choice(&'static str),
    /// What the rule, or the policy as a whole, says.
    Inherited,
}

/// Settings that every rule has.
pub const COMMON: [Spec; 3] = [ACTION, SEVERITY, MODE];

/// `action`
pub const ACTION: Spec = Spec {
    name: "action",
    meaning: "what to do when the rule fails",
    kind: Kind::Choice(Action::NAMES),
    default: DefaultValue::Inherited,
};

/// `severity`
pub const SEVERITY: Spec = Spec {
    name: "severity",
    meaning: "how bad a violation is",
    kind: Kind::Choice(Severity::NAMES),
    default: DefaultValue::Inherited,
};

/// `mode`
pub const MODE: Spec = Spec {
    name: "mode",
    meaning: "`observe` decides and alerts, and changes nothing: to stage a roll-out",
    kind: Kind::Choice(Mode::NAMES),
    default: DefaultValue::Inherited,
};

/// All settings of a rule: its own options, then those that every rule has.
pub fn rule_specs(rule: &'static Rule) -> impl Iterator<Item = &'static Spec> {
    rule.options.iter().chain(&COMMON)
}

impl DefaultValue {
    /// The setting that this default stands for, if it is one.
    pub fn setting(self) -> Option<Setting> {
        match self {
            Self::Required | Self::Unset | Self::Inherited => None,
            Self::Patterns(patterns) => Some(Setting::Patterns(patterns.iter().copied().map(Pattern::new).collect())),
            Self::Choice(choice) => Some(Setting::Choice(choice)),
        }
    }
}
