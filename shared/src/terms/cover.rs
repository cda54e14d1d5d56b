//! Many names in a few patterns.

use std::collections::BTreeSet;

/// What a name costs in a JSON list besides its letters: quotes and a comma.
const AROUND: usize = 3;

/// Where a pattern may cut a name.
#[derive(Clone, Copy, Debug)]
pub enum Cuts {
    /// After the first word at the earliest, and before a word: `Create*Job`.
    Words,
    /// After any letter: `c*d`.
    Letters,
}

impl Cuts {
    /// How many letters the beginning of a pattern has at least.
    fn shortest(self, name: &str) -> usize {
        let word = name.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase());
        match self {
            Self::Words => word.map_or(name.len(), |(at, _)| at),
            Self::Letters => 1,
        }
    }

    /// The ends of a text before which it may be cut, and the empty one.
    fn ends(self, text: &str) -> impl Iterator<Item = &str> {
        let begins = move |c: char| matches!(self, Self::Letters) || c.is_ascii_uppercase();
        let cut = text.char_indices().filter(move |(_, c)| begins(*c)).filter_map(|(at, _)| text.get(at..));
        cut.chain([""])
    }
}

/// Patterns, each a beginning, `*`, and perhaps an end, that together match all of `wanted` and nothing of `others`. A name
/// that shares no pattern with another one stands for itself. `prefix` goes before each of them when they are written.
///
/// The result is the same for the same names, in the order of the names.
pub fn cover(wanted: &[&str], others: &[&str], prefix: &str, cuts: Cuts) -> Vec<String> {
    let mut names: Vec<(&str, bool)> = wanted.iter().map(|name| (*name, true)).collect();
    names.extend(others.iter().filter(|name| !wanted.contains(name)).map(|name| (*name, false)));
    names.sort_unstable();
    names.dedup();
    let candidates = candidates(&names, cuts);
    let cost = |text: &str| prefix.len() + text.len() + AROUND;
    let mut left: BTreeSet<&str> = wanted.iter().copied().collect();
    let mut chosen: Vec<(&str, String)> = Vec::new();
    loop {
        let saving = |candidate: &Candidate| {
            let covered: usize =
                candidate.matched.iter().filter(|name| left.contains(**name)).map(|name| cost(name)).sum();
            covered.saturating_sub(cost(&candidate.pattern))
        };
        let best = candidates.iter().map(|candidate| (saving(candidate), candidate));
        // Of equal ones the first, which is the one that says most.
        let best =
            best.filter(|(saving, _)| *saving > 0).reduce(|one, other| if other.0 > one.0 { other } else { one });
        let Some((_, Candidate { pattern, matched })) = best else { break };
        let first = matched.iter().find(|name| left.contains(**name)).copied().unwrap_or_default();
        chosen.push((first, pattern.clone()));
        for name in matched {
            left.remove(name);
        }
    }
    chosen.extend(left.into_iter().map(|name| (name, name.to_owned())));
    chosen.sort();
    chosen.into_iter().map(|(_, pattern)| pattern).collect()
}

/// A pattern that matches several of the wanted names, and nothing else.
struct Candidate<'n> {
    pattern: String,
    matched: Vec<&'n str>,
}

fn candidates<'n>(names: &[(&'n str, bool)], cuts: Cuts) -> Vec<Candidate<'n>> {
    let mut seen = BTreeSet::new();
    let mut candidates = Vec::new();
    for (name, _) in names.iter().filter(|(_, is_wanted)| *is_wanted) {
        for (beginning, rest) in (cuts.shortest(name)..name.len()).rev().filter_map(|at| name.split_at_checked(at)) {
            let from = names.partition_point(|(other, _)| *other < beginning);
            let alike = || names.iter().skip(from).take_while(|(other, _)| other.starts_with(beginning));
            for end in cuts.ends(rest) {
                let pattern = format!("{beginning}*{end}");
                if !seen.insert(pattern.clone()) {
                    continue;
                }
                let matched: Vec<_> =
                    alike().filter(|(other, _)| other.len() >= pattern.len() - 1 && other.ends_with(end)).collect();
                if matched.len() > 1 && matched.iter().all(|(_, is_wanted)| *is_wanted) {
                    candidates
                        .push(Candidate { pattern, matched: matched.into_iter().map(|(name, _)| *name).collect() });
                }
            }
        }
    }
    candidates
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::terms::Pattern;

    #[test]
    fn a_pattern_stands_for_names_that_begin_or_end_alike() {
        let words = |wanted: &[&str], others: &[&str]| cover(wanted, others, "", Cuts::Words);
        let names = ["CreateModelBiasJobDefinition", "CreateModelQualityJobDefinition", "CreateTrainingJob"];
        let others = ["CreateModel", "CreateModelCard"];
        assert_eq!(words(&names, &others), ["Create*Definition", "CreateTrainingJob"]);
        assert_eq!(words(&names, &[]), ["Create*"]);
        assert_eq!(words(&["CreateSpace"], &[]), ["CreateSpace"], "it shares a pattern with nothing");
        assert_eq!(words(&["CreateSpace", "CreateSpice"], &["CreateSpoon"]), ["CreateSpace", "CreateSpice"]);
        assert_eq!(cover(&["c5d.", "c6gd."], &["c5."], "", Cuts::Letters), ["c*d."]);
    }

    proptest! {
        #[test]
        fn what_is_wanted_is_matched_and_nothing_else(
            wanted in prop::collection::vec("(Create|Update)[A-C]{0,2}(Job|Config)?", 0..20),
            others in prop::collection::vec("(Create|Update)[A-C]{0,2}(Job|Config)?", 0..20),
            letters: bool,
        ) {
            let [wanted, others] =
                [&wanted, &others].map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
            let patterns = cover(&wanted, &others, "sagemaker:", if letters { Cuts::Letters } else { Cuts::Words });
            let is_matched = |name: &str| patterns.iter().any(|pattern| Pattern::new(pattern.as_str()).matches(name));
            for name in &wanted {
                prop_assert!(is_matched(name), "{} is not matched", name);
            }
            for name in others.iter().filter(|name| !wanted.contains(name)) {
                prop_assert!(!is_matched(name), "{} is matched", name);
            }
            prop_assert!(patterns.len() <= wanted.len());
        }
    }
}
