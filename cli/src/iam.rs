//! IAM's data on roles and users, from files given for it.

use std::path::Path;

use tagwarden::documents::{self, Item};
use tagwarden::evidence::Evidence;

use crate::exit::Failure;
use crate::input;

/// Ends the message about whatever IAM's data would tell.
pub const HINT: &str = ": give the output of `aws iam get-account-authorization-details` with `--iam`";

/// Adds what the file at `path` tells. Returns what could not be read of it.
pub fn load(path: &Path, evidence: &mut Evidence) -> Result<Vec<String>, Failure> {
    let mut is_iam = false;
    let (text, mut problems) = input::read(path);
    if let Some(text) = text {
        documents::split(&text, &mut |item| match item {
            Ok(Item::AuthorizationDetails(details)) => {
                is_iam = true;
                let unread = evidence.add_authorization_details(&details).into_iter();
                problems.extend(unread.map(|problem| format!("{}: {problem}", input::name(path))));
            }
            Ok(_) => {}
            Err(problem) => problems.push(format!("{}:{}: {}", input::name(path), problem.line, problem.message)),
        });
    }
    if is_iam || !problems.is_empty() {
        return Ok(problems);
    }
    let expected = "no output of `aws iam get-account-authorization-details`";
    Err(Failure::Message(format!("{}: {expected}", input::name(path))))
}
