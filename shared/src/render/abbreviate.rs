//! Lists of actions in fewer characters: `CreateModel*` for all that begin with `CreateModel`.

use crate::operations::{Field, OPERATION_NAMES, OTHER_ACTIONS, Operation};
use crate::statement::{Statement, Test, condition_keys};
use crate::terms::{Cuts, cover};

const SERVICE: &str = "sagemaker:";

/// The same statement, in fewer characters if it lists SageMaker's actions by name. Of SageMaker's other actions, its
/// patterns match only those to which its condition cannot apply, or for which it does no harm.
pub(super) fn abbreviated(statement: Statement) -> Statement {
    let Some(names) = statement.actions().iter().map(|action| action.strip_prefix(SERVICE)).collect::<Option<Vec<_>>>()
    else {
        return statement;
    };
    // A statement about all but some actions lists none.
    if names.is_empty() || names.iter().any(|name| name.contains('*')) {
        return statement;
    }
    let tests = statement.condition().tests();
    // If a test needs its key, the statement does not apply to calls that cannot carry it.
    let needed: Vec<&Test> = tests.iter().filter(|test| test.needs_key()).collect();
    let is_about_owner = tests.iter().any(|test| test.key().starts_with("aws:ResourceTag/"));
    let is_about_tags =
        needed.iter().any(|test| test.key() == "aws:TagKeys" || test.key().starts_with("aws:RequestTag/"));
    let is_harmful = |name: &&str| {
        needed.iter().all(|test| condition_keys::applies(test.key(), name))
            && !(is_about_owner && changes_what_exists(name) && !is_judged(name, Field::Subject))
            && !(is_about_tags && creates(name) && !is_judged(name, Field::Tags))
    };
    let others: Vec<_> = OPERATION_NAMES.iter().chain(OTHER_ACTIONS).copied().filter(is_harmful).collect();
    let patterns = cover(&names, &others, SERVICE, Cuts::Words);
    let patterns = patterns.iter().map(|pattern| format!("{SERVICE}{pattern}")).collect();
    statement.with_actions(patterns)
}

/// Whether rules judge an action by this fact. If a statement does not list it, an override or a setting let it pass.
fn is_judged(name: &str, field: Field) -> bool {
    Operation::named(name).is_some_and(|operation| operation.has(field))
}

/// Whether an action creates something. No request should give it a tag that a rule forbids, although no rule judges some of
/// what is created.
fn creates(name: &str) -> bool {
    ["Create", "Import", "Register"].iter().any(|verb| name.starts_with(verb))
}

/// Whether an action changes something that exists. Whose it is matters for each of them, although no rule judges some.
fn changes_what_exists(name: &str) -> bool {
    ["Delete", "Put", "Retry", "Send", "Start", "Stop", "Update"].iter().any(|verb| name.starts_with(verb))
}
