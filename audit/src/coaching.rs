//! Denied calls by the rules whose statements deny them: who would be helped by which advice.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tagwarden::denied::{DeniedCall, Effect};
use tagwarden::rules::Rule;

/// The calls that IAM denied, explained and counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coaching {
    /// How many calls to SageMaker were denied that would have changed something.
    pub calls: u64,
    /// How many of them each rule's statements deny. A call can be denied by several.
    pub by_rule: BTreeMap<&'static str, CoachedRule>,
    /// How many of them neither the rules nor the error message explain.
    pub unexplained: u64,
    #[serde(skip)]
    explained: u64,
}

/// The calls that a rule's statements deny.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CoachedRule {
    /// How many.
    pub calls: u64,
    /// How to correct such requests.
    pub fix: &'static str,
    /// The callers, each with the number of its calls.
    pub principals: BTreeMap<String, u64>,
}

impl Coaching {
    /// Counts a denied call.
    pub(crate) fn add(&mut self, denied: &DeniedCall) {
        self.explained += u64::from(denied.explained);
        let denying = denied.rules.iter().filter(|rule| rule.effect == Effect::Denies);
        // A rule can find several things in one call.
        let denying: BTreeSet<_> = denying.map(|rule| rule.rule).collect();
        for rule in denying {
            let of_rule = self.by_rule.entry(rule).or_default();
            of_rule.calls += 1;
            of_rule.fix = Rule::named(rule).map_or("", |rule| rule.fix);
            let principal = denied.principal.clone().unwrap_or_else(|| "(unknown)".to_owned());
            *of_rule.principals.entry(principal).or_default() += 1;
        }
    }

    /// Takes the number of all denied calls, with those to operations that Tagwarden does not cover.
    pub(crate) fn finish(&mut self, calls: u64) {
        self.calls = calls;
        self.unexplained = calls.saturating_sub(self.explained);
    }
}

impl CoachedRule {
    /// The callers with the most calls first.
    pub fn top_principals(&self) -> Vec<(&str, u64)> {
        let mut principals: Vec<_> = self.principals.iter().map(|(name, calls)| (name.as_str(), *calls)).collect();
        principals.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
        principals
    }
}
