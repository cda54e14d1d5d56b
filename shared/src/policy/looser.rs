//! What a change of the policy file lets through that the file did not let through before, or does less about.
//!
//! A change that cannot be compared counts as looser: somebody has to look at it.

use super::model::{Exemption, Override, Policy, Setup, When};
use crate::rules::Rule;
use crate::settings::{Abac, Kind, Settings, Spec, TagRequirement};
use crate::terms::{Pattern, quoted};

impl Policy {
    /// What is looser in this policy than in `old`, each in a line.
    pub fn looser_than(&self, old: &Self) -> Vec<String> {
        let mut found = of_abac(&old.abac, &self.abac);
        if self.on_unknown < old.on_unknown {
            found.push(is_now("`on-unknown`", self.on_unknown.as_str(), old.on_unknown.as_str()));
        }
        match (old.stops_per_hour, self.stops_per_hour) {
            (None, Some(now)) => found.push(format!("`stops-per-hour` is {now}, and was not limited")),
            (Some(before), Some(now)) if now < before => {
                found.push(format!("`stops-per-hour` is {now} instead of {before}"));
            }
            _ => {}
        }
        for tag in &old.abac.tags {
            let now = self.abac.tags.iter().find(|now| now.key.eq_ignore_ascii_case(&tag.key));
            let what = now.map_or_else(|| vec!["its table is gone".to_owned()], |now| of_tag(tag, now));
            found.extend(what.iter().map(|what| format!("the tag `{}`: {what}", tag.key)));
        }
        for Setup { rule, .. } in &old.rules {
            let what = match (old.settings(rule), self.settings(rule)) {
                (Some(before), Some(now)) => of_rule(rule, &before, &now),
                _ => vec!["it is off".to_owned()],
            };
            found.extend(what.iter().map(|what| format!("`{}`: {what}", rule.id)));
        }
        found.extend(self.personas_that_may_more(old));
        found.extend(self.overrides_that_loosen(old));
        found.extend(self.exemptions_that_are_new(old));
        found
    }

    fn personas_that_may_more<'p>(&'p self, old: &'p Self) -> impl Iterator<Item = String> + 'p {
        self.personas.iter().filter_map(|persona| {
            let before = old.personas.iter().find(|before| before.name == persona.name);
            let before = before.map_or(&[][..], |before| before.operations.as_slice());
            let added = quoted(persona.operations.iter().filter(|name| !before.contains(name)));
            (!added.is_empty()).then(|| format!("the persona `{}` may also call {added}", persona.name))
        })
    }

    /// Overrides that are looser than the rule's own settings and were not there, and those that were stricter and are gone.
    fn overrides_that_loosen(&self, old: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |of: &Self, others: &Self, says: &str, is_new: bool| {
            for one in of.overrides.iter().filter(|one| !others.overrides.iter().any(|other| other.is_same(one))) {
                let setup = of.rules.iter().find(|setup| setup.rule.id == one.rule);
                let Some(setup) = setup.filter(|setup| others.settings(setup.rule).is_some()) else { continue };
                let (own, overridden) = (of.settings_of(setup, &[]), of.settings_of(setup, &[one]));
                let (before, now) = if is_new { (own, overridden) } else { (overridden, own) };
                let what = of_rule(setup.rule, &before, &now);
                found.extend(what.iter().map(|what| format!("`{}`, {says} {}: {what}", one.rule, callers(&one.when))));
            }
        };
        compare(self, old, "by an override for", true);
        compare(old, self, "as an override is gone for", false);
        found
    }

    fn exemptions_that_are_new<'p>(&'p self, old: &'p Self) -> impl Iterator<Item = String> + 'p {
        self.exemptions.iter().filter_map(move |exemption| {
            let is_new = |id: &&&str| {
                let is_on = Rule::named(id).is_some_and(|rule| old.settings(rule).is_some());
                is_on && !old.exemptions.iter().any(|before| before.covers(exemption, id))
            };
            let rules = quoted(exemption.rules.iter().filter(is_new));
            let who = quoted(&exemption.principals);
            (!rules.is_empty()).then(|| format!("{who} is exempt from {rules} until {}", exemption.until))
        })
    }
}

impl Override {
    fn is_same(&self, other: &Self) -> bool {
        self.rule == other.rule && self.when == other.when && self.settings == other.settings
    }
}

impl Exemption {
    /// Whether it exempts all whom `other` exempts from this rule, as long as `other` does.
    fn covers(&self, other: &Self, rule: &str) -> bool {
        self.until >= other.until
            && self.rules.contains(&rule)
            && other.principals.iter().all(|principal| is_covered(principal, &self.principals))
    }
}

fn of_abac(old: &Abac, new: &Abac) -> Vec<String> {
    let mut found = Vec::new();
    for (what, before, now) in [("`tag`", &old.tag, &new.tag), ("`persona-tag`", &old.persona_tag, &new.persona_tag)] {
        if before != now {
            found.push(is_now(what, now, before));
        }
    }
    match (&old.projects, &new.projects) {
        (Some(_), None) => found.push("`projects` is not set any more: any project is known".to_owned()),
        (Some(before), Some(now)) => found.extend(has_more("`projects`", before, now)),
        (None, _) => {}
    }
    if new.session_tags < old.session_tags {
        found.push(is_now("`session-tags`", new.session_tags.as_str(), old.session_tags.as_str()));
    }
    found.extend(has_more("`shared`", &old.shared, &new.shared));
    found.extend(added("`administrators`", &old.administrators, &new.administrators));
    found
}

fn of_tag(old: &TagRequirement, new: &TagRequirement) -> Vec<String> {
    let mut found = Vec::new();
    if old.key != new.key {
        found.push(format!("its key is `{}`", new.key));
    }
    if old.required && !new.required {
        found.push("it is not required any more".to_owned());
    }
    if old.matches_principal && !new.matches_principal {
        found.push("it need not be the caller's any more".to_owned());
    }
    match (&old.values, &new.values) {
        (Some(_), None) => found.push("`values` is not set any more: any value is allowed".to_owned()),
        (Some(before), Some(now)) => found.extend(added("`values`", before, now)),
        (None, _) => {}
    }
    let is_left_out = |name: &&String| !new.applies_to(name);
    let left_out = match old.operations.as_slice() {
        [] if new.operations.is_empty() => String::new(),
        [] => "all others".to_owned(),
        before => quoted(before.iter().filter(is_left_out)),
    };
    if !left_out.is_empty() {
        found.push(format!("`operations` leaves out {left_out}"));
    }
    found
}

/// How the settings of a rule are looser.
fn of_rule(rule: &'static Rule, old: &Settings, new: &Settings) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_less = |what: &str, is_less: bool, before: &str, now: &str| {
        if is_less {
            found.push(is_now(what, now, before));
        }
    };
    let (action, mode) = ((old.action(), new.action()), (old.mode(), new.mode()));
    let (severity, prevent) = ((old.severity(), new.severity()), (old.prevent(), new.prevent()));
    is_less("`action`", action.1 < action.0, action.0.as_str(), action.1.as_str());
    is_less("`severity`", severity.1 < severity.0, severity.0.as_str(), severity.1.as_str());
    is_less("`mode`", mode.1 < mode.0, mode.0.as_str(), mode.1.as_str());
    is_less("`prevent`", prevent.1 < prevent.0, prevent.0.as_str(), prevent.1.as_str());
    let grace = [old, new].map(|settings| settings.grace_minutes().unwrap_or_default());
    if grace[1] > grace[0] {
        found.push(format!("`grace-minutes` is {} instead of {}", grace[1], grace[0]));
    }
    found.extend(rule.options.iter().filter_map(|option| of_option(option, old, new)));
    found
}

fn of_option(option: &Spec, old: &Settings, new: &Settings) -> Option<String> {
    let name = format!("`{}`", option.name);
    let (before, now) = (old.patterns(option), new.patterns(option));
    match option.kind {
        Kind::Patterns(_) => match (before, now) {
            (Some(_), None) => Some(format!("{name} is not set any more")),
            (before, now) => added(&name, before?, now?),
        },
        Kind::Exceptions(_) => added(&name, before.unwrap_or_default(), now?),
        Kind::Forbidden(_) => {
            let missing = quoted(before?.iter().filter(|pattern| !is_covered(pattern, now.unwrap_or_default())));
            (!missing.is_empty()).then(|| format!("{name} lacks {missing}"))
        }
        Kind::Choice(names) => {
            let (before, now) = (old.choice(option)?, new.choice(option)?);
            // The names are in the order of how much they ask for.
            let place = |name: &str| names.iter().position(|known| *known == name);
            (place(now) < place(before)).then(|| is_now(&name, now, before))
        }
        _ => {
            let (before, now) = (old.number(option)?, new.number(option)?);
            (now > before).then(|| format!("{name} is {now} instead of {before}"))
        }
    }
}

fn is_now(what: &str, now: &str, before: &str) -> String {
    format!("{what} is `{now}` instead of `{before}`")
}

/// Which patterns match something that none of the earlier ones matched, as far as can be told.
fn added(what: &str, before: &[Pattern], now: &[Pattern]) -> Option<String> {
    let added = quoted(now.iter().filter(|pattern| !is_covered(pattern, before)));
    (!added.is_empty()).then(|| format!("{what} also has {added}"))
}

fn has_more(what: &str, before: &[String], now: &[String]) -> Option<String> {
    let added = quoted(now.iter().filter(|name| !before.contains(name)));
    (!added.is_empty()).then(|| format!("{what} also has {added}"))
}

fn is_covered(pattern: &Pattern, by: &[Pattern]) -> bool {
    by.iter().any(|wide| wide.matches(pattern.as_str()))
}

/// The calls that a `when` is about.
fn callers(when: &When) -> String {
    let lists = [
        ("projects", &when.projects),
        ("personas", &when.personas),
        ("accounts", &when.accounts),
        ("operations", &when.operations),
    ];
    let tags = when.tags.iter().map(|(key, values)| (key.as_str(), values));
    let lists = lists.into_iter().chain(tags).filter(|(_, names)| !names.is_empty());
    let mut parts: Vec<_> = lists.map(|(name, names)| format!("{name} {}", quoted(names))).collect();
    if !when.principals.is_empty() {
        parts.push(format!("principals {}", quoted(&when.principals)));
    }
    if parts.is_empty() { "everybody".to_owned() } else { parts.join(" and ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "version = 1
[abac]
projects = ['atlas']
[rules.missing-vpc]
[rules.excessive-runtime]
max-hours = 24
[rules.unapproved-instance-type]
allow = ['ml.m5.*']
serverless = 'deny'
[rules.overprivileged-execution-role]
[tags.CostCenter]
required = true
match = 'principal'
values = ['CC-*']
[personas.lead]
operations = ['CreateModel']
";

    /// What is looser if this text of the policy is replaced, and `more` is added.
    fn looser(from: &str, to: &str, more: &str) -> Vec<String> {
        assert!(OLD.contains(from), "{from}");
        let policy = |text: &str| Policy::parse(text).unwrap_or_else(|errors| panic!("{errors:?}\\n{text}"));
        policy(&(OLD.replace(from, to) + more)).looser_than(&policy(OLD))
    }

    #[test]
    fn what_is_let_through_is_looser() {
        for (from, to, expected) in [
            ("", "", ""),
            ("['atlas']", "['atlas', 'nova']", "`projects` also has `nova`"),
            ("projects = ['atlas']", "", "`projects` is not set any more: any project is known"),
            ("[rules.missing-vpc]\n", "", "`missing-vpc`: it is off"),
            (
                "[rules.missing-vpc]\n",
                "[rules.missing-vpc]\naction = 'tag'\n",
                "`missing-vpc`: `action` is `tag` instead of `stop`",
            ),
            (
                "[rules.missing-vpc]\n",
                "[rules.missing-vpc]\nmode = 'observe'\n",
                "`missing-vpc`: `mode` is `observe` instead of `enforce`",
            ),
            ("[rules.missing-vpc]\n", "[rules.missing-vpc]\nseverity = 'critical'\n", ""),
            (
                "[rules.missing-vpc]\n",
                "[rules.missing-vpc]\ngrace-minutes = 30\n",
                "`missing-vpc`: `grace-minutes` is 30 instead of 0",
            ),
            ("= 24", "= 25", "`excessive-runtime`: `max-hours` is 25 instead of 24"),
            ("= 24", "= 23", ""),
            ("['ml.m5.*']", "['ml.m5.large']", ""),
            ("['ml.m5.*']", "['ml.m5.*', 'ml.p5.*']", "`unapproved-instance-type`: `allow` also has `ml.p5.*`"),
            ("'deny'", "'allow'", "`unapproved-instance-type`: `serverless` is `allow` instead of `deny`"),
            (
                "[rules.overprivileged-execution-role]\n",
                "[rules.overprivileged-execution-role]\ndeny-policies = ['AdministratorAccess', 'PowerUserAccess']\n",
                "`overprivileged-execution-role`: `deny-policies` lacks `AmazonSageMakerFullAccess`",
            ),
            ("required = true\n", "", "the tag `CostCenter`: it is not required any more"),
            ("match = 'principal'\n", "", "the tag `CostCenter`: it need not be the caller's any more"),
            ("['CC-*']", "['CC-*', 'x']", "the tag `CostCenter`: `values` also has `x`"),
            ("['CC-*']", "['CC-1']", ""),
            (
                "required = true\n",
                "required = true\noperations = ['CreateModel']\n",
                "the tag `CostCenter`: `operations` leaves out all others",
            ),
            ("['CreateModel']", "['CreateModel', 'CreateApp']", "the persona `lead` may also call `CreateApp`"),
        ] {
            assert_eq!(looser(from, to, "").join("\n"), expected, "{to}");
        }
    }

    #[test]
    fn what_some_callers_may_is_looser() {
        let exempt = |until: &str| {
            format!(
                "[[exemptions]]\nprincipals = ['arn:aws:iam::111122223333:role/A']\nrules = ['missing-vpc']\nuntil = {until}\n\
                reason = 'r'\nowner = 'o'\n"
            )
        };
        let hours = |hours: u8| {
            format!(
                "[[overrides]]\nwhen = {{ tags = {{ Stage = ['dev'] }} }}\nrules.excessive-runtime.max-hours = {hours}\n"
            )
        };
        let found = "`excessive-runtime`, by an override for Stage `dev`: `max-hours` is 48 instead of 24";
        assert_eq!(looser("", "", &hours(48)), [found]);
        assert_eq!(looser("", "", &hours(12)), [""; 0]);
        let found = "`arn:aws:iam::111122223333:role/A` is exempt from `missing-vpc` until 2027-01-31";
        assert_eq!(looser("", "", &exempt("2027-01-31")), [found]);
        let policy = |more: &str| Policy::parse(&format!("{OLD}{more}")).unwrap();
        assert_eq!(policy("").looser_than(&policy(&hours(12))).len(), 1, "it was stricter for some");
        let (longer, shorter) = (policy(&exempt("2027-01-31")), policy(&exempt("2027-01-01")));
        assert_eq!((longer.looser_than(&shorter).len(), shorter.looser_than(&longer).len()), (1, 0));
    }
}
