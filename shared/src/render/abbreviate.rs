//! Lists of actions in fewer characters: `CreateModel*` for all that begin with `CreateModel`.

use crate::operations::{OPERATION_NAMES, OTHER_ACTIONS};

/// No pattern is shorter than a verb: `sagemaker:*` would say too little to a reader.
const SHORTEST: usize = "Put".len();

/// Names and patterns that match all of `wanted`. Of SageMaker's other actions, they match only those that are
/// harmless. The names are SageMaker's, in alphabetical order.
pub(super) fn abbreviate(wanted: &[&str], is_harmless: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut known: Vec<(&str, bool)> = OPERATION_NAMES
        .iter()
        .chain(OTHER_ACTIONS)
        .copied()
        .map(|name| (name, wanted.binary_search(&name).is_ok()))
        .filter(|(name, is_wanted)| *is_wanted || !is_harmless(name))
        .collect();
    known.sort_unstable();
    let mut names = Vec::new();
    cover(&known, 0, &mut names);
    names
}

/// Covers the wanted names in `known`, which have their first `shared` bytes in common.
fn cover(known: &[(&str, bool)], shared: usize, names: &mut Vec<String>) {
    let mut wanted = known.iter().filter(|(_, is_wanted)| *is_wanted).map(|(name, _)| *name);
    let Some(first) = wanted.next() else { return };
    let Some(last) = wanted.next_back() else { return names.push(first.to_owned()) };
    let common = first.bytes().zip(last.bytes()).take_while(|(one, other)| one == other).count();
    if common >= SHORTEST && known.iter().all(|(_, is_wanted)| *is_wanted) {
        return names.push(format!("{}*", first.get(..common).unwrap_or(first)));
    }
    let next = |(name, _): &(&str, bool)| name.as_bytes().get(shared).copied();
    for group in known.chunk_by(|one, other| next(one) == next(other)) {
        cover(group, shared + 1, names);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::terms::Pattern;

    #[test]
    fn a_star_stands_for_all_that_begin_so() {
        let all: Vec<_> = OPERATION_NAMES.iter().copied().filter(|name| name.starts_with("CreateModel")).collect();
        assert_eq!(abbreviate(&all, &|_| false), ["CreateModel*"]);
        let jobs = ["CreateTrainingJob", "CreateTransformJob", "StopTrainingJob"];
        assert_eq!(abbreviate(&jobs, &|_| false), jobs);
        assert_eq!(abbreviate(&jobs, &|_| true), ["CreateTra*", "StopTrainingJob"]);
    }

    #[test]
    fn patterns_stand_for_what_was_named_and_nothing_else() {
        let exactly = |actions: &[&str]| abbreviate(actions, &|_| false);
        assert_eq!(exactly(&["CreateTrainingJob"]), ["CreateTrainingJob"]);
        assert_eq!(
            exactly(&["CreateSpace", "CreateStudioLifecycleConfig"]),
            ["CreateSpace", "CreateStudioLifecycleConfig"]
        );
        assert_eq!(exactly(&["CreateModel", "CreateModelCard"]), ["CreateModel", "CreateModelCard"]);
        assert_eq!(
            exactly(&["CreateNotebookInstance", "CreateNotebookInstanceLifecycleConfig"]),
            ["CreateNotebookInstance*"]
        );
        for fewer in 1..7 {
            let actions: Vec<_> = OPERATION_NAMES.iter().copied().step_by(fewer).collect();
            let patterns = exactly(&actions);
            let matches = |name: &&str| patterns.iter().any(|pattern| Pattern::new(pattern.as_str()).matches(name));
            let matched: Vec<_> = OPERATION_NAMES.iter().chain(OTHER_ACTIONS).copied().filter(matches).collect();
            assert_eq!(matched, actions);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_matched_but_what_is_wanted_or_harmless(
            wanted in prop::sample::subsequence(OPERATION_NAMES, 0..=OPERATION_NAMES.len()),
            harmless in prop::sample::subsequence(OPERATION_NAMES, 0..=OPERATION_NAMES.len()),
        ) {
            let patterns = abbreviate(&wanted, &|name| harmless.contains(&name));
            for name in OPERATION_NAMES {
                let is_matched = patterns.iter().any(|pattern| Pattern::new(pattern.as_str()).matches(name));
                prop_assert!(is_matched || !wanted.contains(name), "{} is not matched", name);
                prop_assert!(!is_matched || wanted.contains(name) || harmless.contains(name), "{} is matched", name);
            }
            prop_assert!(patterns.len() <= wanted.len());
        }
    }
}
