//! The policy, as values that are always valid.

use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::facts::Caller;
use crate::operations::Operation;
use crate::record::Call;
use crate::rules::{Need, Rule};
use crate::settings::{Abac, Persona, Settings, Values};
use crate::terms::{OnUnknown, Pattern, quoted};

/// An organisation's rules for SageMaker.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The tags that keep projects and personas apart.
    pub abac: Abac,
    /// What happens if a fact that a rule needs could not be read.
    pub on_unknown: OnUnknown,
    /// How many resources may be stopped in an hour, in an account and region. Beyond it, Tagwarden only alerts. `None`: any
    /// number.
    pub stops_per_hour: Option<u64>,
    /// What each persona may do, by the persona's name.
    pub personas: Vec<Persona>,
    /// Tagwarden changes nothing, regardless of the rules' modes.
    pub observe_only: bool,
    pub(super) rules: Vec<Setup>,
    pub(super) overrides: Vec<Override>,
    pub(super) exemptions: Vec<Exemption>,
}

/// A rule that is on, with its settings.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    /// The rule.
    pub rule: &'static Rule,
    /// All settings that have a value, by name.
    pub settings: Values,
    /// The range of bytes in the policy file that holds the name of its table.
    pub span: Range<usize>,
}

/// An `[[overrides]]` table: other settings for some callers, accounts or operations.
#[derive(Clone, Debug)]
pub(super) struct Override {
    pub when: When,
    pub settings: Values,
    pub rule: &'static str,
}

/// When an override applies: every list that is not empty must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// Values of the caller's ABAC tag.
    pub projects: Vec<String>,
    /// Values of the caller's persona tag.
    pub personas: Vec<String>,
    /// Values of other tags of the caller, by key.
    pub tags: Vec<(String, Vec<String>)>,
    /// Accounts in which the call is made.
    pub accounts: Vec<String>,
    /// The caller's role or user.
    pub principals: Vec<Pattern<'static>>,
    /// The operations called.
    pub operations: Vec<String>,
}

/// An `[[exemptions]]` table: which principals are exempt from which rules, until when, why, and who is responsible for
/// it.
#[derive(Clone, Debug)]
pub struct Exemption {
    /// The principals that are exempt.
    pub principals: Vec<Pattern<'static>>,
    pub(super) rules: Vec<&'static str>,
    /// Its last day, in UTC.
    pub until: Date,
    /// Why it was granted.
    pub reason: String,
    /// Who is responsible for it.
    pub owner: String,
}

impl Policy {
    /// The rules that are on, each with the settings that apply to this call, in the order of the rule list.
    pub fn rules<'p>(&'p self, call: &Call, caller: &Caller) -> impl Iterator<Item = (&'static Rule, Settings<'p>)> {
        self.rules_where(|when| when.matches(Some(call.event_name), call.account, caller, &self.abac))
    }

    /// The rules that are on and judge roles, each with the settings that apply to a role of this account, which stands for its own
    /// caller. Overrides for some operations do not apply: nothing is called.
    pub fn rules_on_role<'p>(
        &'p self,
        account: Option<&str>,
        role: &Caller,
    ) -> impl Iterator<Item = (&'static Rule, Settings<'p>)> {
        let rules = self.rules_where(move |when| when.matches(None, account, role, &self.abac));
        rules.filter(|(rule, _)| rule.check_role.is_some())
    }

    /// Whether a rule that is on judges roles by themselves.
    pub fn judges_roles(&self) -> bool {
        self.rules.iter().any(|setup| setup.rule.check_role.is_some())
    }

    /// The rules that are on, each with the settings of the overrides that apply.
    fn rules_where<'p>(
        &'p self,
        applies: impl Fn(&When) -> bool,
    ) -> impl Iterator<Item = (&'static Rule, Settings<'p>)> {
        let matching: Vec<&Override> = self.overrides.iter().filter(|candidate| applies(&candidate.when)).collect();
        self.rules.iter().map(move |setup| (setup.rule, self.settings_of(setup, &matching)))
    }

    /// Whether the policy is about calls of the operation. Those that are judged only by whose resource they are about
    /// need a rule that judges that.
    pub fn covers(&self, operation: &Operation) -> bool {
        !operation.only_ownership || self.rules.iter().any(|setup| setup.rule.applies_to(operation))
    }

    /// The settings of a rule without overrides, if the rule is on.
    pub fn settings(&self, rule: &Rule) -> Option<Settings<'_>> {
        let setup = self.rules.iter().find(|setup| setup.rule.id == rule.id)?;
        Some(self.settings_of(setup, &[]))
    }

    /// The settings of a rule if these overrides apply. The first one that sets an option wins.
    pub(super) fn settings_of<'p>(&'p self, setup: &'p Setup, overrides: &[&'p Override]) -> Settings<'p> {
        let consulted = setup.rule.consults.and_then(|other| self.rules.iter().find(|setup| setup.rule.id == other.id));
        let own = overrides.iter().filter(|found| found.rule == setup.rule.id);
        Settings {
            abac: &self.abac,
            personas: &self.personas,
            on_unknown: self.on_unknown,
            observe_only: self.observe_only,
            inherited: setup.rule.inherited(),
            own: &setup.settings,
            consulted: consulted.map(|setup| Box::new(self.settings_of(setup, overrides))),
            overrides: own.map(|found| &found.settings).collect(),
        }
    }

    /// Whether the rule's settings can depend on the caller, apart from what the rule itself reads about the caller: an
    /// override or an exemption may apply to some callers only.
    pub fn depends_on_caller(&self, rule: &Rule) -> bool {
        let of_callers = |when: &When| {
            let has_tags = when.tags.iter().any(|(_, values)| !values.is_empty());
            has_tags || !(when.projects.is_empty() && when.personas.is_empty() && when.principals.is_empty())
        };
        // All other rules judge a configuration.
        let is_about = |id: &str| id == rule.id || rule.needs.contains(&Need::EndpointConfigs);
        self.overrides.iter().any(|one| is_about(one.rule) && of_callers(&one.when))
            || self.exemptions.iter().any(|exemption| exemption.rules.iter().any(|id| is_about(id)))
    }

    /// The exemptions from a rule.
    pub fn exemptions(&self, rule: &Rule) -> impl Iterator<Item = &Exemption> {
        self.exemptions.iter().filter(|exemption| exemption.rules.contains(&rule.id))
    }

    /// The exemptions that hold on `today` and end by `day`.
    pub fn exemptions_ending(&self, today: Date, day: Date) -> impl Iterator<Item = &Exemption> {
        self.exemptions.iter().filter(move |exemption| (today..=day).contains(&exemption.until))
    }

    /// The exemption that lets this caller violate `rule` at that time, if there is one.
    pub fn exemption(&self, rule: &Rule, time: Option<Timestamp>, caller: &Caller) -> Option<&Exemption> {
        let arn = caller.arn.as_deref()?;
        let day = time?.to_zoned(jiff::tz::TimeZone::UTC).date();
        self.exemptions(rule)
            .find(|exemption| exemption.until >= day && exemption.principals.iter().any(|pattern| pattern.matches(arn)))
    }
}

/// Who is exempt from what, until when, why, and who answers for it.
impl fmt::Display for Exemption {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let principals = quoted(&self.principals);
        let verb = if self.principals.len() == 1 { "is" } else { "are" };
        let (rules, Self { until, reason, owner, .. }) = (quoted(&self.rules), self);
        write!(f, "{principals} {verb} exempt from {rules} until {until}: {reason} ({owner})")
    }
}

impl When {
    fn matches(&self, operation: Option<&str>, account: Option<&str>, caller: &Caller, abac: &Abac) -> bool {
        let tag_in = |names: &[String], key: &str| {
            names.is_empty()
                || matches!(caller.tag(key), Ok(Some((value, _))) if names.iter().any(|name| name == value))
        };
        let text_in = |names: &[String], text: Option<&str>| {
            names.is_empty() || names.iter().any(|name| Some(name.as_str()) == text)
        };
        text_in(&self.operations, operation)
            && text_in(&self.accounts, account)
            && (self.principals.is_empty()
                || caller.arn.as_deref().is_some_and(|arn| self.principals.iter().any(|pattern| pattern.matches(arn))))
            && tag_in(&self.projects, &abac.tag)
            && tag_in(&self.personas, &abac.persona_tag)
            && self.tags.iter().all(|(key, values)| tag_in(values, key))
    }

    /// Whether this applies wherever `other` does.
    pub(super) fn covers(&self, other: &Self) -> bool {
        fn within<T: PartialEq>(wide: &[T], narrow: &[T]) -> bool {
            wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|value| wide.contains(value)))
        }
        let values_of = |key: &str| {
            let of_key = other.tags.iter().find(|(other, _)| other.eq_ignore_ascii_case(key));
            of_key.map_or(&[][..], |(_, values)| values.as_slice())
        };
        self.tags.iter().all(|(key, values)| within(values, values_of(key)))
            && within(&self.projects, &other.projects)
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
