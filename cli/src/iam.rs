//! IAM's data on roles and users, and the tags of resources, from the files of `--iam`.

use std::path::Path;

use tagwarden::evidence::Evidence;
use tagwarden_audit::iam::{self, Learned};
use tagwarden_audit::{AllProblems, Problems};

use crate::args::IamArgs;
use crate::exit::CliError;
use crate::input;

/// The end of a message about missing IAM data.
const HINT: &str = ": give the output of `aws iam get-account-authorization-details` with `--iam`";

/// What the files of `--iam` hold, and what could not be read of them.
pub fn load(args: &IamArgs) -> Result<(Evidence, AllProblems<String>), CliError> {
    let (mut evidence, mut problems) = (Evidence::new(HINT), AllProblems::default());
    evidence.as_of = args.iam_as_of;
    for path in &args.iam {
        problems.add(&input::name(path), &add(path, &mut evidence)?);
    }
    Ok((evidence, problems))
}

/// Adds the roles, users and resources in the file at `path`. Returns what could not be read of it.
fn add(path: &Path, evidence: &mut Evidence) -> Result<Problems, CliError> {
    let (mut bytes, mut unread) = (Vec::new(), Problems::default());
    if let Err(problem) = input::load(path, &mut bytes) {
        unread.add_of_file(problem);
        return Ok(unread);
    }
    let Learned { is_iam, problems, .. } = iam::learn(&bytes, evidence);
    if is_iam || !problems.is_empty() {
        return Ok(problems);
    }
    Err(CliError::Message(format!(
        "{}: not the output of `aws iam get-account-authorization-details` or `aws resourcegroupstaggingapi get-resources`",
        input::name(path)
    )))
}
