//! Documents of roles that do not exist yet, and those of before.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tagwarden::Evidence;
use tagwarden::grants::{Context, Grants};
use tagwarden_audit::{AllProblems, Problems, encoding};
use tagwarden_roles::{RoleReport, given, new_access};

use super::asked::Asked;
use crate::args::RolesArgs;
use crate::exit::CliError;
use crate::iam;
use crate::input::{self, Source};

/// Whether the first of these paths is a plan or a policy document, not a part of an archive.
pub fn are_given(paths: &[PathBuf]) -> bool {
    paths.first().is_some_and(|path| path.is_file() && document(path).is_ok())
}

/// Adds the roles of plans and policy documents to the evidence. Returns their ARNs.
pub fn read(
    paths: &[PathBuf],
    account: Option<&str>,
    evidence: &mut Evidence,
    problems: &mut AllProblems<String>,
) -> BTreeSet<String> {
    let mut roles = BTreeSet::new();
    for source in input::sources(paths) {
        let path = match source {
            Source::Input(path) | Source::PassedOver(path, _) => path,
            Source::Problem(path, why) => {
                add(problems, &path, [why]);
                continue;
            }
        };
        match document(&path).and_then(|document| given::read(&document, &stem(&path), account, evidence)) {
            Ok(found) => {
                roles.extend(found.roles);
                add(problems, &input::name(&path), found.problems);
            }
            Err(why) => add(problems, &input::name(&path), [why]),
        }
    }
    roles
}

fn add(problems: &mut AllProblems<String>, file: &str, unread: impl IntoIterator<Item = String>) {
    let mut of_file = Problems::default();
    unread.into_iter().for_each(|why| of_file.add_of_file(why));
    problems.add(&file.to_owned(), &of_file);
}

/// The plan or policy document in a file.
fn document(path: &Path) -> Result<Value, String> {
    let text = input::inflated(path).and_then(|bytes| encoding::text(&bytes))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| format!("not JSON: {error}"))?;
    if given::is_given(&document) {
        return Ok(document);
    }
    Err("neither a plan of Terraform (`terraform show -json PLAN`) nor a policy document".to_owned())
}

/// The name of a file without its last extension.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().filter(|_| path.as_os_str() != "-");
    stem.map_or_else(|| "document".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// What the documents of before say.
pub struct Baseline {
    evidence: Evidence,
    roles: BTreeSet<String>,
}

impl Baseline {
    /// Reads the documents of before.
    pub fn read(file: &Path, args: &RolesArgs) -> Result<Self, CliError> {
        let (mut evidence, mut problems) = iam::load(&args.judge.iam)?;
        let roles = read(&[file.to_owned()], args.account.as_deref(), &mut evidence, &mut problems);
        match problems.lines(String::clone).into_iter().next() {
            Some(problem) => Err(CliError::Message(problem)),
            None => Ok(Self { evidence, roles }),
        }
    }

    /// What a report says that was not so before. `is_only` says whether it is about the only role.
    pub fn compare(&self, report: RoleReport, is_only: bool, asked: &Asked) -> RoleReport {
        let arn = report.decision.arn.clone();
        let old = match self.roles.get(&arn) {
            None if is_only && self.roles.len() == 1 => self.roles.first(),
            known => known,
        };
        let before = old.map(|old| asked.decide(old, &self.evidence));
        let nothing = || Ok(Grants { policies: Vec::new(), boundary: None, principal: Context::default() });
        let old = old.map_or_else(nothing, |old| self.evidence.grants(old, None));
        let new_access = match (asked.evidence.grants(&arn, None), old) {
            (Ok(new), Ok(old)) => new_access(&new, &old, &arn, asked.regions.first().map_or("", String::as_str)),
            _ => Vec::new(),
        };
        report.since(before.as_ref(), new_access)
    }
}
