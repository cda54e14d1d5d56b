//! Whether the guards did with the model what they should.

use tagwarden::decide::Verb;

use crate::guard::{names_action, names_failure};
use crate::ports::Creation;

/// The operation that ends the model.
pub const DELETE: &str = "DeleteModel";

/// What there is to see of the model.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Whether it exists.
    pub exists: bool,
    /// What the ledger knows of its creation.
    pub creation: Option<Creation>,
}

/// What is not as it should be. `acts`: whether the functions act as the policy says, or only observe.
pub fn problem(seen: &Seen, acts: bool) -> Option<&'static str> {
    let Some(creation) = &seen.creation else {
        return Some("no guard has judged the call that created the model");
    };
    if !creation.is_processed {
        return Some("a guard judged the model, but an action or a report failed: see the log of the guard");
    }
    if !names_failure(&creation.reported) {
        return Some("no rule of the policy in force fails for a model without network isolation");
    }
    if acts && !names_action(&creation.reported, &Verb::Stop(DELETE)) {
        return Some("the policy in force does not delete a model without network isolation at once");
    }
    if acts && seen.exists {
        return Some("the model was to be deleted, and still exists: see the log of the guard");
    }
    None
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn seen(exists: bool, is_processed: bool, reported: &[&str]) -> Seen {
        let reported = reported.iter().map(|entry| (*entry).to_owned()).collect();
        let processed = Creation::processed(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let creation = Creation { is_processed, reported, ..processed };
        Seen { exists, creation: Some(creation) }
    }

    #[test]
    fn found_deleted_and_reported_is_asked_of_a_stack_that_acts() {
        let (fails, deletes) = ("fail network-isolation-off", "delete-model network-isolation-off");
        let all = [fails, deletes];
        for (seen, acts, expected) in [
            (seen(false, true, &all), true, None),
            (seen(true, true, &[fails]), false, None),
            (Seen { exists: true, creation: None }, true, Some("no guard has judged")),
            (Seen { exists: true, creation: None }, false, Some("no guard has judged")),
            (seen(false, false, &all), true, Some("an action or a report failed")),
            (seen(true, false, &[fails]), false, Some("an action or a report failed")),
            (seen(false, true, &[]), true, Some("no rule of the policy")),
            (seen(true, true, &["unknown network-isolation-off"]), false, Some("no rule of the policy")),
            (seen(false, true, &[fails]), true, Some("does not delete")),
            (seen(true, true, &all), true, Some("still exists")),
        ] {
            let problem = problem(&seen, acts);
            assert_eq!(problem.is_some(), expected.is_some(), "{seen:?}");
            assert!(problem.unwrap_or_default().contains(expected.unwrap_or_default()), "{seen:?}: {problem:?}");
        }
    }
}
