//! A policy's settings for one rule. The same description reads the policy file, words its errors and explains the
//! rule.

pub mod tables;
mod tags;

use jiff::civil::Date;

pub use tags::{TagDefault, TagRequirement};

use crate::terms::{Action, Mode, OnUnknown, Pattern, Prevent, SessionTags, Severity};

/// The `[abac]` table, and the `[tags]` tables.
#[derive(Clone, Debug)]
pub struct Abac {
    /// Key of the tag that must have the same value on the principal and on the resources that it creates.
    pub tag: String,
    /// Key of the principal tag that names the persona.
    pub persona_tag: String,
    /// The projects that exist; `None`: any value.
    pub projects: Option<Vec<String>>,
    /// Whether sessions carry the tag.
    pub session_tags: SessionTags,
    /// Projects whose resources everybody may use, but not change.
    pub shared: Vec<String>,
    /// The roles and users that work for all projects: they may create resources for any project, change the ABAC tag of
    /// resources, and remove Tagwarden's mark.
    pub administrators: Vec<Pattern<'static>>,
    /// What the policy says of further tags.
    pub tags: Vec<TagRequirement>,
}

impl Abac {
    /// Whether the role or user `arn` works for all projects.
    pub fn is_administrator(&self, arn: Option<&str>) -> bool {
        arn.is_some_and(|arn| self.administrators.iter().any(|pattern| pattern.matches(arn)))
    }
}

/// A `[personas.NAME]` table.
#[derive(Clone, Debug)]
pub struct Persona {
    /// The value of the persona tag.
    pub name: String,
    /// The SageMaker operations that it may call.
    pub operations: Vec<String>,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// Of [`Kind::Patterns`], [`Kind::Exceptions`] or [`Kind::Forbidden`].
    Patterns(Vec<Pattern<'static>>),
    /// Of [`Kind::Count`], [`Kind::Limit`], [`Kind::Positive`] or [`Kind::Minutes`].
    Number(f64),
    /// Of [`Kind::Choice`].
    Choice(&'static str),
    /// Of [`Kind::Flag`].
    Flag(bool),
    /// Of [`Kind::Text`].
    Text(String),
    /// Of a kind that is a list of texts.
    Texts(Vec<String>),
    /// Of [`Kind::Lists`].
    Lists(Vec<(String, Vec<String>)>),
    /// Of [`Kind::Date`].
    Date(Date),
}

/// Settings that have a value, by name.
pub type Values = Vec<(&'static str, Setting)>;

/// Describes a setting.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its key in the rule's table.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// What applies if the policy does not set it.
    pub default: DefaultValue,
    /// A value, as the policy file writes it.
    pub example: &'static str,
}

/// The values that a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A list of patterns of what is approved. Without it, anything is. The function says what is doubtful about a pattern,
    /// for a warning.
    Patterns(fn(&str) -> Option<Doubt>),
    /// The same of what is excepted. Without it, nothing is.
    Exceptions(fn(&str) -> Option<Doubt>),
    /// The same of what is forbidden.
    Forbidden(fn(&str) -> Option<Doubt>),
    /// A whole number from 1.
    Count,
    /// A whole number from 0.
    Limit,
    /// A number above 0.
    Positive,
    /// A whole number of minutes, up to a day.
    Minutes,
    /// One of these names, of which each asks for more than those before it.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of at least one text.
    SomeTexts,
    /// A list of projects, whose names have no `*`.
    Projects,
    /// A list of account ids.
    Accounts,
    /// A list of SageMaker operations.
    Operations,
    /// A list of ARNs of IAM roles and users, or of patterns of them.
    Principals,
    /// A list of at least one rule.
    Rules,
    /// A table of lists of texts, by the key of a tag.
    Lists,
    /// A date.
    Date,
}

/// What is doubtful about a pattern, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It can never match.
    NeverMatches(String),
    /// It matches names that people outside the organisation can register.
    MatchesStrangers(String),
}

/// What applies if a setting is not set.
#[derive(Clone, Copy, Debug)]
pub enum DefaultValue {
    /// The policy must set it.
    Required,
    /// Nothing: the rule works without it.
    Unset,
    /// These patterns.
    Patterns(&'static [&'static str]),
    /// This name.
    Choice(&'static str),
    /// This text.
    Text(&'static str),
    /// The value of the rule, or of `[defaults]`.
    Inherited,
}

/// Settings that every rule has.
pub const COMMON: [Spec; 5] = [ACTION, SEVERITY, MODE, PREVENT, GRACE];

/// `action`
pub const ACTION: Spec = Spec {
    name: "action",
    meaning: "what to do when the rule fails",
    kind: Kind::Choice(Action::NAMES),
    default: DefaultValue::Inherited,
    example: "'alert'",
};

/// `severity`
pub const SEVERITY: Spec = Spec {
    name: "severity",
    meaning: "how severe a violation is",
    kind: Kind::Choice(Severity::NAMES),
    default: DefaultValue::Inherited,
    example: "'high'",
};

/// `mode`
pub const MODE: Spec = Spec {
    name: "mode",
    meaning: "`observe` decides and alerts, but changes nothing: use it to stage a roll-out",
    kind: Kind::Choice(Mode::NAMES),
    default: DefaultValue::Inherited,
    example: "'observe'",
};

/// `prevent`
pub const PREVENT: Spec = Spec {
    name: "prevent",
    meaning: "whether `render scp` denies beforehand what the rule finds",
    kind: Kind::Choice(Prevent::NAMES),
    default: DefaultValue::Inherited,
    example: "'deny'",
};

/// The longest grace, in minutes: a day.
pub const LONGEST_GRACE: u16 = 1440;

/// `grace-minutes`
pub const GRACE: Spec = Spec {
    name: "grace-minutes",
    meaning: "how long a stop waits after the alert, for somebody to mend what is wrong",
    kind: Kind::Minutes,
    default: DefaultValue::Unset,
    example: "30",
};

impl DefaultValue {
    /// The setting that this default stands for, if it is one.
    pub fn setting(self) -> Option<Setting> {
        match self {
            Self::Required | Self::Unset | Self::Inherited => None,
            Self::Patterns(patterns) => Some(Setting::Patterns(patterns.iter().copied().map(Pattern::new).collect())),
            Self::Choice(choice) => Some(Setting::Choice(choice)),
            Self::Text(text) => Some(Setting::Text(text.to_owned())),
        }
    }
}

/// What a rule says about the settings that every rule has.
#[derive(Clone, Copy, Debug)]
pub struct Inherited {
    /// What to do when it fails.
    pub action: Action,
    /// How severe that is.
    pub severity: Severity,
    /// ABAC does not hold without its preventive half.
    pub abac_relies_on_it: bool,
}

/// A rule's settings as they apply to one call.
#[derive(Clone, Debug)]
pub struct Settings<'p> {
    /// The `[abac]` table.
    pub abac: &'p Abac,
    /// The `[personas]` tables.
    pub personas: &'p [Persona],
    /// What happens if a fact that the rule needs cannot be read.
    pub on_unknown: OnUnknown,
    /// Nothing is changed, even if the rule's mode is `enforce`.
    pub observe_only: bool,
    /// What the rule says where the policy does not.
    pub inherited: Inherited,
    /// The values of the rule's own table.
    pub own: &'p Values,
    /// The settings of the rule that it consults, if that one is on.
    pub consulted: Option<Box<Self>>,
    /// The values of the overrides that apply, in file order. The first one wins, and all of them override the rule's
    /// own.
    pub overrides: Vec<&'p Values>,
}

impl<'p> Settings<'p> {
    fn get(&self, name: &str) -> Option<&'p Setting> {
        let mut values = self.overrides.iter().copied().chain([self.own]).flatten();
        values.find(|(known, _)| *known == name).map(|(_, setting)| setting)
    }

    /// The patterns of an option that is a list of them, if it is set.
    pub fn patterns(&self, option: &Spec) -> Option<&'p [Pattern<'static>]> {
        match self.get(option.name)? {
            Setting::Patterns(patterns) => Some(patterns),
            _ => None,
        }
    }

    /// The value of a setting that is a number, if it is set.
    pub fn number(&self, option: &Spec) -> Option<f64> {
        match self.get(option.name)? {
            Setting::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The value of an option of [`Kind::Choice`], if it is set.
    pub fn choice(&self, option: &Spec) -> Option<&'static str> {
        match self.get(option.name)? {
            Setting::Choice(choice) => Some(choice),
            _ => None,
        }
    }

    /// What to do when the rule fails.
    pub fn action(&self) -> Action {
        self.choice(&ACTION).and_then(Action::named).unwrap_or(self.inherited.action)
    }

    /// How many minutes a stop waits after the alert, if it waits.
    pub fn grace_minutes(&self) -> Option<u16> {
        self.number(&GRACE).map(|minutes| minutes as u16)
    }

    /// How severe it is when the rule fails.
    pub fn severity(&self) -> Severity {
        self.choice(&SEVERITY).and_then(Severity::named).unwrap_or(self.inherited.severity)
    }

    /// Whether what the rule finds is denied beforehand: by default if the rule stops or tags, or if ABAC relies on it. A
    /// rule that only alerts is for people to judge.
    pub fn prevent(&self) -> Prevent {
        let is_denied = self.action() > Action::Alert || self.inherited.abac_relies_on_it;
        let default = if is_denied { Prevent::Deny } else { Prevent::Off };
        self.choice(&PREVENT).and_then(Prevent::named).unwrap_or(default)
    }

    /// Whether statements deny what the rule finds. In `observe` mode, nothing is changed or denied.
    pub fn is_prevented(&self) -> bool {
        self.mode() == Mode::Enforce && self.prevent() == Prevent::Deny
    }

    /// Whether the rule's action is carried out.
    pub fn mode(&self) -> Mode {
        if self.observe_only {
            return Mode::Observe;
        }
        self.choice(&MODE).and_then(Mode::named).unwrap_or(Mode::Enforce)
    }
}
