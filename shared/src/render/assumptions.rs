//! What the statements take for granted: that AWS fills a condition key wherever its documentation lists it. A statement that
//! denies calls *without* a key would otherwise deny calls that are as they should be.

use std::collections::{BTreeMap, BTreeSet};

use crate::operations::{Operation, Slot};
use crate::statement::{Statement, Test, slot_keys};
use crate::terms::quoted;

/// AWS fills a condition key from what calls say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The condition key, or the old and the new name of one.
    pub keys: BTreeSet<String>,
    /// Where requests say what it holds.
    pub members: BTreeSet<String>,
    /// The actions that would be denied.
    pub actions: BTreeSet<String>,
    /// The names of the statements.
    pub sids: BTreeSet<String>,
}

/// What these statements assume, by condition key.
pub(super) fn assumptions<'s>(statements: impl IntoIterator<Item = &'s Statement>) -> Vec<Assumption> {
    let mut found: BTreeMap<BTreeSet<String>, Assumption> = BTreeMap::new();
    for statement in statements {
        for key in taken_for_granted(statement) {
            let keys = names(key);
            let assumption = found.entry(keys.clone()).or_insert_with(|| Assumption {
                keys,
                members: BTreeSet::new(),
                actions: BTreeSet::new(),
                sids: BTreeSet::new(),
            });
            assumption.sids.insert(statement.sid.clone());
            for action in statement.actions().iter().filter_map(|action| action.strip_prefix("sagemaker:")) {
                assumption.actions.insert(action.to_owned());
                assumption.members.extend(members(action, key));
            }
        }
    }
    found.into_values().collect()
}

/// SageMaker's condition keys without which a statement denies. If another test needs the key, or any other one that AWS does not
/// fill, everything passes, and the functions catch it.
fn taken_for_granted(statement: &Statement) -> impl Iterator<Item = &str> {
    let tests = statement.condition().tests();
    let is_needed = |key: &str| tests.iter().any(|test| test.key() == key && test.needs_key());
    // That tags come with a creation is documented ("Provide permissions for tagging", SageMaker Developer Guide).
    let is_promised = |key: &str| !key.starts_with("sagemaker:") || key == "sagemaker:TaggingAction";
    tests.iter().map(Test::key).filter(move |key| !is_promised(key) && !is_needed(key))
}

/// The names of a key: AWS replaced some, and does not say which name requests carry.
fn names(key: &str) -> BTreeSet<String> {
    let old_and_new = slot_keys::KMS_KEYS.iter().find(|names| names.contains(&key));
    old_and_new.map_or_else(|| [key.to_owned()].into(), |names| names.map(str::to_owned).into())
}

/// Where requests of an action say what a condition key holds.
fn members(action: &str, key: &str) -> Vec<String> {
    let Some(operation) = Operation::named(action) else { return Vec::new() };
    let is_held = |slot: &&Slot| slot_keys::condition_key(operation, slot).is_some_and(|names| names.contains(&key));
    operation.slots().filter(is_held).map(|slot| slot.path.replace('?', "")).collect()
}

/// The assumptions for people, with a way to try each.
pub(super) fn markdown(assumptions: &[Assumption]) -> String {
    let mut text = "# What the policies assume\n\nGenerated together with the policies. These statements deny calls in which a \
        condition key is absent, or says the wrong thing. They assume that AWS fills the key whenever the request says what it \
        holds. AWS lists these keys for these actions, but promises no more. If an assumption is wrong, calls are denied \
        although nothing is wrong with them.\n\nTry it in a sandbox account to which the policies are attached, before you attach them \
        elsewhere. Nothing is created: give a role and a bucket that do not exist. `ValidationException` means that the call \
        passed the policies. `AccessDeniedException` means that the assumption is wrong: leave the rule out with `--except`, or \
        set `prevent = \"off\"`, and the functions report what they find.\n"
        .to_owned();
    for Assumption { keys, members, actions, sids } in assumptions {
        let command = actions.iter().next().map(|action| command_name(action)).unwrap_or_default();
        let names: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
        text.push_str(&format!(
            "\n## {}\n\nAWS fills it from {}. If it does not, every call of {} is denied, by {}.\n\n```sh\n\
            aws sagemaker {command} --generate-cli-skeleton >request.json\n\
            # Fill in what the call needs, and the members above.\n\
            aws sagemaker {command} --cli-input-json file://request.json\n```\n",
            names.join(" or "),
            quoted(members),
            quoted(actions),
            quoted(sids),
        ));
    }
    text
}

/// The name of an action's command in the AWS CLI: `CreateAutoMLJobV2` is `create-auto-ml-job-v2`.
fn command_name(action: &str) -> String {
    let letters: Vec<char> = action.chars().collect();
    let mut name = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| letters.get(index));
        let begins_word = before.is_some_and(|before| !before.is_ascii_uppercase());
        let ends_acronym = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && before.is_some() && (begins_word || ends_acronym) {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_denies_without_its_key_assumes_something() {
        let training = ["sagemaker:CreateTrainingJob"];
        let deny = |test| Statement::deny("S", training, [test]).unwrap();
        let statements =
            [deny(Test::none_has_text("sagemaker:VpcSubnets")), deny(Test::is_true("sagemaker:EnableRemoteDebug"))];
        let found = assumptions(&statements);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].keys, names("sagemaker:VpcSubnets"));
        assert!(found[0].members.contains("vpcConfig.subnets[]"), "{found:?}");
        assert!(markdown(&found).contains("aws sagemaker create-training-job --cli-input-json"));
        assert!(
            assumptions(&[deny(Test::lacks_text("aws:RequestTag/Project"))]).is_empty(),
            "documented for every action"
        );
    }

    #[test]
    fn commands_are_named_as_the_cli_names_them() {
        for (action, expected) in [
            ("CreateTrainingJob", "create-training-job"),
            ("CreateAutoMLJobV2", "create-auto-ml-job-v2"),
            ("AddTags", "add-tags"),
        ] {
            assert_eq!(command_name(action), expected);
        }
    }
}
