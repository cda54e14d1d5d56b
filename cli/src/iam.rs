//! IAM's data on roles and users, and the tags of resources, from the files of `--iam`.

use std::path::Path;

use tagwarden::evidence::Evidence;
use tagwarden_audit::iam::{self, Learned};

use crate::args::IamArgs;
use crate::exit::CliError;
use crate::input;

/// The end of a message about missing IAM data.
const HINT: &str = ": give the output of `aws iam get-account-authorization-details` with `--iam`";

/// What the files of `--iam` hold, and what could not be read of them.
pub fn load(args: &IamArgs) -> Result<(Evidence, Vec<String>), CliError> {
    let mut evidence = Evidence::new(HINT);
    evidence.as_of = args.iam_as_of;
    let problems = args.iam.iter().map(|path| add(path, &mut evidence)).collect::<Result<Vec<_>, _>>()?;
    Ok((evidence, problems.concat()))
}

/// Adds the roles, users and resources in the file at `path`. Returns what could not be read of it.
fn add(path: &Path, evidence: &mut Evidence) -> Result<Vec<String>, CliError> {
    let (name, mut bytes) = (input::name(path), Vec::new());
    if let Err(problem) = input::load(path, &mut bytes) {
        return Ok(vec![format!("{name}: {problem}")]);
    }
    let Learned { is_iam, problems } = iam::learn(&bytes, evidence);
    if is_iam || !problems.is_empty() {
        return Ok(problems.iter().map(|problem| format!("{name}:{problem}")).collect());
    }
    Err(CliError::Message(format!(
        "{name}: not the output of `aws iam get-account-authorization-details` or `aws resourcegroupstaggingapi get-resources`"
    )))
}
