//! The policy: what the organisation wants, as values that cannot be invalid.

mod cells;
mod diagnostic;
mod pattern;
mod read;
mod settings;

use jiff::civil::Date;

pub use cells::Cell;
pub use diagnostic::{Diagnostic, Level};
pub use pattern::Pattern;
pub use read::nearest;
pub use settings::{DefaultValue, Kind, Setting, Setup, Spec, rule_specs};

use crate::call::Call;
use crate::caller::Caller;
use crate::gather::Need;
use crate::rules::Rule;

/// The default policy file, which also serves as the example.
pub const DEFAULT: &str = include_str!("../../../policy.toml");

/// An organisation's rules for SageMaker.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The tags that keep projects and personas apart.
    pub abac: Abac,
    /// What happens where a fact that a rule needs could not be read.
    pub on_unknown: OnUnknown,
    /// What each persona may do, by the persona's name.
    pub personas: Vec<Persona>,
    /// Nothing is changed, whatever the rules' modes say.
    pub observe_only: bool,
    rules: Vec<Setup>,
    overrides: Vec<Override>,
    exemptions: Vec<Exemption>,
}

/// The `[abac]` table.
#[derive(Clone, Debug)]
pub struct Abac {
    /// Key of the tag that must be the same on the principal and on what it creates.
    pub tag: String,
    /// Key of the principal tag that names the persona.
    pub persona_tag: String,
    /// The projects that exist; `None`: any value.
    pub projects: Option<Vec<String>>,
    /// Whether sessions carry the tag.
    pub session_tags: SessionTags,
}

/// A `[personas.NAME]` table.
#[derive(Clone, Debug)]
pub struct Persona {
    /// The value of the persona tag.
    pub name: String,
    /// The SageMaker operations that it may call.
    pub operations: Vec<String>,
}

/// Declares an enumeration of policy values with the names that the policy file gives them.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All names, in ascending order.
            pub const NAMES: &'static [&'static str] = &[$($text,)*];

            /// The name in the policy file and in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value of this name, if there is one.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

named! {
    /// What a failed rule asks for, from the weakest to the strongest.
    Action {
        /// Tell the security team.
        Alert = "alert",
        /// Set a tag on the resource, and tell.
        Tag = "tag",
        /// Stop or delete the resource, and tell.
        Stop = "stop",
    }
}

named! {
    /// How bad a violation is.
    Severity {
        /// Worth knowing.
        Low = "low",
        /// To be put right.
        Medium = "medium",
        /// A guardrail was passed.
        High = "high",
        /// Somebody else's data or money is at stake now.
        Critical = "critical",
    }
}

named! {
    /// Whether decisions are carried out.
    Mode {
        /// Decide and alert, change nothing.
        Observe = "observe",
        /// Carry out what was decided.
        Enforce = "enforce",
    }
}

named! {
    /// What to do about a fact that could not be read.
    OnUnknown {
        /// Tell the security team.
        Alert = "alert",
        /// Treat it as a violation that asks to stop.
        Stop = "stop",
    }
}

named! {
    /// Whether sessions carry the ABAC tag.
    SessionTags {
        /// They do not: the role's tag decides.
        None = "none",
        /// Some do: the role's tag decides where no tagged session is known.
        Optional = "optional",
        /// They all do: a session whose tags were not seen is unknown.
        Required = "required",
    }
}

/// An `[[overrides]]` table: other settings for some callers, accounts or operations.
#[derive(Clone, Debug)]
struct Override {
    when: When,
    settings: Vec<(&'static str, Setting)>,
    rule: &'static str,
}

/// When an override applies: every list that is not empty must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// Values of the caller's ABAC tag.
    pub projects: Vec<String>,
    /// Values of the caller's persona tag.
    pub personas: Vec<String>,
    /// Accounts in which the call is made.
    pub accounts: Vec<String>,
    /// The caller's role or user.
    pub principals: Vec<Pattern<'static>>,
    /// The operations called.
    pub operations: Vec<String>,
}

/// An `[[exemptions]]` table: whose violations of which rules do not count, until when, why, and who answers for it.
#[derive(Clone, Debug)]
pub struct Exemption {
    /// Whose violations do not count.
    pub principals: Vec<Pattern<'static>>,
    rules: Vec<&'static str>,
    /// The last day, in UTC, that it holds.
    pub until: Date,
    /// Why it was granted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (policy, problems) = read::read(text, None);
        let errors: Vec<_> = problems.into_iter().filter(|problem| problem.level == Level::Error).collect();
        policy.filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// Everything that is wrong with a policy file, and everything in it that can never have an effect. `today` tells which
    /// exemptions are over.
    pub fn diagnose(text: &str, today: Date) -> Vec<Diagnostic> {
        read::read(text, Some(today)).1
    }

    /// The rules that are on, each with the settings that apply to this call, in the order of the rule list.
    pub fn rules<'p>(&'p self, call: &Call, caller: &Caller) -> impl Iterator<Item = (&'static Rule, Settings<'p>)> {
        let matching: Vec<&Override> =
            self.overrides.iter().filter(|candidate| candidate.when.matches(call, caller, &self.abac)).collect();
        self.rules.iter().map(move |setup| {
            let overrides = matching.iter().copied().filter(|found| found.rule == setup.rule.id).collect();
            (setup.rule, Settings { policy: self, setup, overrides })
        })
    }

    /// The settings of a rule without overrides, if the rule is on.
    pub fn settings(&self, rule: &Rule) -> Option<Settings<'_>> {
        let setup = self.rules.iter().find(|setup| setup.rule.id == rule.id)?;
        Some(Settings { policy: self, setup, overrides: Vec::new() })
    }

    /// Whether it can depend on who calls what a rule asks for, beside what the rule itself reads of the caller: an override or
    /// an exemption may be for some callers only.
    pub fn depends_on_caller(&self, rule: &Rule) -> bool {
        let of_callers =
            |when: &When| !(when.projects.is_empty() && when.personas.is_empty() && when.principals.is_empty());
        // A configuration is judged by all the other rules.
        let is_about = |id: &str| id == rule.id || rule.needs.contains(&Need::EndpointConfigs);
        self.overrides.iter().any(|one| is_about(one.rule) && of_callers(&one.when))
            || self.exemptions.iter().any(|exemption| exemption.rules.iter().any(|id| is_about(id)))
    }

    /// The exemptions from a rule.
    pub fn exemptions(&self, rule: &Rule) -> impl Iterator<Item = &Exemption> {
        self.exemptions.iter().filter(|exemption| exemption.rules.contains(&rule.id))
    }

    /// The exemption that lets this caller violate `rule` at the time of the call, if there is one.
    pub fn exemption(&self, rule: &Rule, call: &Call, caller: &Caller) -> Option<&Exemption> {
        let arn = caller.arn.as_deref()?;
        let day = call.time()?.to_zoned(jiff::tz::TimeZone::UTC).date();
        self.exemptions(rule)
            .find(|exemption| exemption.until >= day && exemption.principals.iter().any(|pattern| pattern.matches(arn)))
    }
}

impl When {
    fn matches(&self, call: &Call, caller: &Caller, abac: &Abac) -> bool {
        let tag_in = |names: &[String], key: &str| {
            names.is_empty()
                || matches!(caller.tag(key), Ok(Some((value, _))) if names.iter().any(|name| name == value))
        };
        let text_in = |names: &[String], text: Option<&str>| {
            names.is_empty() || names.iter().any(|name| Some(name.as_str()) == text)
        };
        text_in(&self.operations, Some(call.event_name))
            && text_in(&self.accounts, call.account)
            && (self.principals.is_empty()
                || caller.arn.as_deref().is_some_and(|arn| self.principals.iter().any(|pattern| pattern.matches(arn))))
            && tag_in(&self.projects, &abac.tag)
            && tag_in(&self.personas, &abac.persona_tag)
    }

    /// Whether this applies wherever `other` does.
    fn covers(&self, other: &Self) -> bool {
        fn within<T: PartialEq>(wide: &[T], narrow: &[T]) -> bool {
            wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|value| wide.contains(value)))
        }
        within(&self.projects, &other.projects)
            && within(&self.personas, &other.personas)
            && within(&self.accounts, &other.accounts)
            && within(&self.operations, &other.operations)
            && (self.principals.is_empty()
                || (!other.principals.is_empty()
                    && other
                        .principals
                        .iter()
                        .all(|narrow| self.principals.iter().any(|wide| wide.matches(narrow.as_str())))))
    }
}

/// A rule's settings as they apply to one call.
#[derive(Clone, Debug)]
pub struct Settings<'p> {
    /// The policy that they belong to.
    pub policy: &'p Policy,
    setup: &'p Setup,
    overrides: Vec<&'p Override>,
}

impl<'p> Settings<'p> {
    fn get(&self, name: &str) -> Option<&'p Setting> {
        let own = |settings: &'p [(&'static str, Setting)]| {
            settings.iter().find(|(known, _)| *known == name).map(|(_, setting)| setting)
        };
        self.overrides.iter().find_map(|found| own(&found.settings)).or_else(|| own(&self.setup.settings))
    }

    /// The patterns of an option of [`Kind::Patterns`], if it is set.
    pub fn patterns(&self, option: &Spec) -> Option<&'p [Pattern<'static>]> {
        match self.get(option.name)? {
            Setting::Patterns(patterns) => Some(patterns),
            _ => None,
        }
    }

    /// The value of an option of [`Kind::Count`] or [`Kind::Hours`], if it is set.
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
        self.choice(&settings::ACTION).and_then(Action::named).unwrap_or(self.setup.rule.action)
    }

    /// How bad it is when the rule fails.
    pub fn severity(&self) -> Severity {
        self.choice(&settings::SEVERITY).and_then(Severity::named).unwrap_or(self.setup.rule.severity)
    }

    /// Whether the rule's action is carried out.
    pub fn mode(&self) -> Mode {
        if self.policy.observe_only {
            return Mode::Observe;
        }
        self.choice(&settings::MODE).and_then(Mode::named).unwrap_or(Mode::Enforce)
    }
}
