//! `tagwarden render`: the policy as IAM policies, written, printed, or compared with existing files.

use std::io::ErrorKind;
use std::path::Path;

use clap::Parser;
use serde::{Deserialize, Serialize};
use tagwarden::policy::Policy;
use tagwarden::render::{
    Boundary, DataAccount, ExecutionRole, File, Format, Guardrail, GuardrailContext, IdentityPolicy, PersonaPolicy,
    Purpose, Readers, Registry, Rendered, Scp, SizeLimits, Style, tag_policy,
};
use tagwarden::rules::Rule;
use tagwarden::terms::Pattern;

use crate::args::{
    Args, Command, DEFAULT_ROLE_PATH, DataAccountArgs, Language, OutArgs, PlaceArgs, RegistryArgs, RenderArgs,
    RenderTarget, RolePathArgs, RolePurpose, ScpArgs,
};
use crate::exit::{CliError, Exit, RunResult};
use crate::output::{self, Output};
use crate::policy;
use crate::report::plural;
use crate::rules::rule_named;

/// The file in a folder that records how its other files were rendered.
const MANIFEST: &str = "rendered.json";

pub fn run(args: &RenderArgs, output: &mut Output) -> RunResult {
    match (&args.target, &args.check) {
        (Some(target), _) => run_target(target, output),
        (None, Some(folder)) => check_all(folder, output),
        (None, None) => {
            Err(CliError::Message("name a target to render, or a folder to compare with `--check DIR`".to_owned()))
        }
    }
}

fn run_target(target: &RenderTarget, output: &mut Output) -> RunResult {
    let args = target.output();
    let files = target.files()?;
    match (&args.out, &args.check) {
        (Some(folder), _) => write(target, &files, folder, output),
        (None, Some(folder)) => {
            let stale = stale(&files, folder, output)?;
            verdict(stale, files.len(), folder, output)
        }
        (None, None) => print(&files, output),
    }
}

impl RenderTarget {
    /// The name on the command line.
    fn name(&self) -> String {
        match self {
            Self::Scp(_) => "scp".to_owned(),
            Self::Identity(_) => "identity".to_owned(),
            Self::Boundary(_) => "boundary".to_owned(),
            Self::ExecutionRole(_) => "execution-role".to_owned(),
            Self::Persona(args) => format!("persona-{}", args.name),
            Self::BucketPolicy(_) => "bucket-policy".to_owned(),
            Self::KeyPolicy(_) => "key-policy".to_owned(),
            Self::ModelPackageGroupPolicy(_) => "model-package-group-policy".to_owned(),
            Self::RepositoryPolicy(_) => "repository-policy".to_owned(),
            Self::TagPolicy(_) => "tag-policy".to_owned(),
        }
    }

    fn output(&self) -> &OutArgs {
        match self {
            Self::Scp(args) => &args.output,
            Self::Identity(args) => &args.output,
            Self::Boundary(args) => &args.output,
            Self::ExecutionRole(args) => &args.output,
            Self::Persona(args) => &args.output,
            Self::BucketPolicy(args) | Self::KeyPolicy(args) => &args.output,
            Self::ModelPackageGroupPolicy(args) => &args.registry.output,
            Self::RepositoryPolicy(args) => &args.registry.output,
            Self::TagPolicy(args) => &args.output,
        }
    }

    fn files(&self) -> Result<Vec<File>, CliError> {
        let args = self.output();
        let policy = policy::load(args.policy.as_deref())?.policy;
        let format = match args.format {
            Language::Json => Format::Json,
            Language::Cloudformation => Format::CloudFormation,
            Language::Terraform => Format::Terraform,
        };
        self.rendered(&policy)?.files(&self.name(), format).map_err(CliError::Message)
    }

    fn rendered(&self, policy: &Policy) -> Result<Rendered, CliError> {
        let rendered = match self {
            Self::Scp(args) => scp(args)?.render(policy),
            Self::Identity(args) => {
                let profile_tag = args.profiles.profile_tag.clone();
                IdentityPolicy { profile_tag, role_path: args.roles.role_path.clone() }.render(policy)
            }
            Self::Boundary(args) => {
                Boundary { name: args.name.clone(), role_path: args.roles.role_path.clone() }.render(policy)
            }
            Self::ExecutionRole(args) => ExecutionRole {
                project: args.project.clone(),
                account: args.place.account.clone(),
                region: args.place.region.clone(),
                partition: args.place.partition.clone(),
                data: args.data.clone(),
                read_only: args.read_only.clone(),
                repositories: args.repository.clone(),
                keys: args.key.clone(),
                role_path: args.roles.role_path.clone(),
                purpose: match args.purpose {
                    RolePurpose::Jobs => Purpose::Jobs,
                    RolePurpose::Pipeline => Purpose::Pipeline,
                    RolePurpose::Studio => Purpose::Studio,
                },
                persona: args.persona.clone(),
                queues: args.queue.clone(),
                functions: args.function.clone(),
                profile_tag: args.profiles.profile_tag.clone(),
            }
            .render(policy),
            Self::Persona(args) => {
                let persona = PersonaPolicy {
                    name: args.name.clone(),
                    data: args.data.clone(),
                    keys: args.key.clone(),
                    registries: args.registry_account.clone(),
                    profile_tag: args.profiles.profile_tag.clone(),
                    role_path: args.roles.role_path.clone(),
                };
                persona.render(policy)
            }
            Self::BucketPolicy(args) => data_account(args).bucket_policy(policy),
            Self::KeyPolicy(args) => data_account(args).key_policy(policy),
            Self::ModelPackageGroupPolicy(args) => {
                registry(&args.registry).model_package_group_policy(&args.group, args.register, policy)
            }
            Self::RepositoryPolicy(args) => registry(&args.registry).repository_policy(&args.repository, policy),
            Self::TagPolicy(_) => tag_policy(policy),
        };
        rendered.map_err(CliError::Message)
    }
}

fn scp(args: &ScpArgs) -> Result<Scp, CliError> {
    let rules = |ids: &[String]| ids.iter().map(|id| rule_named(id)).collect::<Result<Vec<&'static Rule>, _>>();
    let guardrails = [
        (args.protect_tagwarden, Guardrail::Tagwarden),
        (args.protect_tags, Guardrail::Tags),
        (args.quarantine, Guardrail::Quarantine),
        (args.approved_regions, Guardrail::Regions),
        (args.protect_keys, Guardrail::Keys),
        (args.no_escalation, Guardrail::Escalation),
    ];
    Ok(Scp {
        only: rules(&args.only)?,
        except: rules(&args.except)?,
        guardrails: guardrails.into_iter().filter(|(wanted, _)| *wanted).map(|(_, guardrail)| guardrail).collect(),
        context: GuardrailContext {
            trusted: args.trusted.iter().cloned().map(Pattern::new).collect(),
            stack: args.stack.clone(),
            boundary: args.boundary.clone(),
            role_path: args.role_path.clone().unwrap_or_else(|| DEFAULT_ROLE_PATH.to_owned()),
            profile_tag: args.profiles.profile_tag.clone(),
        },
        role_path: args.role_path.clone(),
        together: args.together,
        named: !args.no_sids,
        limits: SizeLimits {
            max_chars: args.max_chars,
            max_documents: args.max_documents,
            style: if args.pretty { Style::Pretty } else { Style::Minified },
        },
    })
}

fn readers(accounts: &[String], project: &str, place: &PlaceArgs, roles: &RolePathArgs) -> Readers {
    Readers {
        accounts: accounts.to_vec(),
        project: project.to_owned(),
        partition: place.partition.clone(),
        role_path: roles.role_path.clone(),
    }
}

fn data_account(args: &DataAccountArgs) -> DataAccount {
    DataAccount {
        account: args.place.account.clone(),
        readers: readers(&args.reader, &args.project, &args.place, &args.roles),
        data: args.data.clone(),
        writable: args.writable,
        region: args.place.region.clone(),
    }
}

fn registry(args: &RegistryArgs) -> Registry {
    Registry {
        account: args.place.account.clone(),
        region: args.place.region.clone(),
        readers: readers(&args.reader, &args.project, &args.place, &args.roles),
    }
}

/// Writes the files, and records in the folder how they were rendered. Removes files of an earlier run that are not
/// rendered any more.
fn write(target: &RenderTarget, files: &[File], folder: &Path, output: &mut Output) -> RunResult {
    let failed = |path: &Path, error: std::io::Error| {
        CliError::Message(format!("{}: cannot be written: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let mut manifest = Manifest::read(folder)?;
    for stale in manifest.replace(target, files) {
        let path = folder.join(stale);
        if path.exists() {
            std::fs::remove_file(&path).map_err(|error| failed(&path, error))?;
        }
    }
    for file in files {
        let path = folder.join(&file.name);
        std::fs::write(&path, &file.text).map_err(|error| failed(&path, error))?;
        output.line(&format!("wrote {} ({} characters)", path.display(), file.text.trim_end().chars().count()))?;
    }
    let path = folder.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| failed(&path, error.into()))?;
    std::fs::write(&path, text + "\n").map_err(|error| failed(&path, error))?;
    Ok(Exit::Ok)
}

/// Prints the documents. A note for people goes to standard error.
fn print(files: &[File], output: &mut Output) -> RunResult {
    for file in files {
        match file.name.ends_with(".md") {
            true => {
                let what = match file.name.as_str() {
                    "ASSUMPTIONS.md" => "what the policies assume of AWS, and how to try it",
                    _ => "what the policies do not express",
                };
                output::note(&format!("use `--out` to also write {}: it lists {what}", file.name));
            }
            false => output.line(file.text.trim_end())?,
        }
    }
    Ok(Exit::Ok)
}

/// How many of the files in `folder` differ from what would be rendered now.
fn stale(files: &[File], folder: &Path, output: &mut Output) -> Result<usize, CliError> {
    let mut stale = 0;
    for file in files {
        let path = folder.join(&file.name);
        let problem = match std::fs::read_to_string(&path) {
            Ok(text) if text == file.text => continue,
            Ok(_) => "is stale".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        stale += 1;
        output.line(&format!("{} {problem}", path.display()))?;
    }
    Ok(stale)
}

fn verdict(stale: usize, count: usize, folder: &Path, output: &mut Output) -> RunResult {
    let folder = folder.display();
    match stale {
        0 => {
            output.line(&format!("{folder}: {count} {} up to date", plural(count, "file")))?;
            Ok(Exit::Ok)
        }
        _ => {
            output.line(&format!(
                "{folder}: {stale} of {count} {} stale: render again with `--out`",
                plural(count, "file")
            ))?;
            Ok(Exit::Violation)
        }
    }
}

/// Renders again everything in the folder's manifest, and compares.
fn check_all(folder: &Path, output: &mut Output) -> RunResult {
    let manifest = Manifest::read(folder)?;
    if manifest.0.is_empty() {
        let message = format!("{}: no `{MANIFEST}`: render into this folder with `--out` first", folder.display());
        return Err(CliError::Message(message));
    }
    let (mut stale_files, mut count) = (0, 0);
    for Entry { command, .. } in &manifest.0 {
        let words = std::iter::once("tagwarden").chain(command.iter().map(String::as_str));
        let target = match Args::try_parse_from(words) {
            Ok(Args { command: Command::Render(args) }) => args.target,
            _ => None,
        };
        let Some(target) = target else {
            let place = folder.join(MANIFEST);
            return Err(CliError::Message(format!(
                "{}: not a `render` command: `{}`",
                place.display(),
                command.join(" ")
            )));
        };
        let files = target.files()?;
        stale_files += stale(&files, folder, output)?;
        count += files.len();
    }
    verdict(stale_files, count, folder, output)
}

/// How the files of a folder were rendered.
#[derive(Default, Serialize, Deserialize)]
struct Manifest(Vec<Entry>);

#[derive(Serialize, Deserialize)]
struct Entry {
    target: String,
    /// The words after `tagwarden`, without `--out`. Paths among them are relative to the folder in which it was
    /// called.
    command: Vec<String>,
    files: Vec<String>,
}

impl Manifest {
    fn read(folder: &Path) -> Result<Self, CliError> {
        let path = folder.join(MANIFEST);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(CliError::Message(format!("{}: cannot be read: {error}", path.display()))),
            Ok(text) => serde_json::from_str(&text)
                .map_err(|error| CliError::Message(format!("{}:{}: {error}", path.display(), error.line()))),
        }
    }

    /// Replaces the entry of `target`, and returns the files of the old entry that are not rendered any more.
    fn replace(&mut self, target: &RenderTarget, files: &[File]) -> Vec<String> {
        let entry = Entry {
            target: target.name(),
            command: command_line(std::env::args().skip(1)),
            files: files.iter().map(|file| file.name.clone()).collect(),
        };
        let before = self.0.iter().position(|known| known.target == entry.target);
        let mut gone = before.map(|index| self.0.remove(index).files).unwrap_or_default();
        gone.retain(|name| !entry.files.contains(name) && !self.0.iter().any(|other| other.files.contains(name)));
        self.0.push(entry);
        self.0.sort_by(|one, other| one.target.cmp(&other.target));
        gone
    }
}

/// The words of the command line without `--out` and its value.
fn command_line(mut words: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--out" => drop(words.next()),
            other if other.starts_with("--out=") => {}
            _ => kept.push(word),
        }
    }
    kept
}
