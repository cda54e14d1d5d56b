//! `tagwarden roles`: what roles may do, what they did, and what they need.

mod asked;
mod given;
mod proposals;
mod records;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use tagwarden::Evidence;
use tagwarden::evidence::carrier;
use tagwarden::record::arn;
use tagwarden::terms::Pattern;
use tagwarden_audit::Written;
use tagwarden_roles::{Records, RolesPage};

use crate::args::{RolesArgs, RolesFormat};
use crate::exit::{CliError, RunResult};
use crate::output::{self, Output};
use crate::{iam, policy};

use asked::{Asked, SAGEMAKER, trusts_sagemaker};
use given::Baseline;
use proposals::Proposals;
use records::Archive;
use report::Verdicts;

pub fn run(args: &RolesArgs, output: &mut Output) -> RunResult {
    let policy = policy::load(args.judge.policy.as_deref())?.policy;
    let baseline = args.baseline.as_deref().map(|file| Baseline::read(file, args)).transpose()?;
    let proposals = Proposals::new(args)?;
    let html = args.html.as_deref().map(Written::create).transpose()?;
    let Input { roles, evidence, archive, unreadable } = Input::read(args)?;
    let is_text = args.format != RolesFormat::Json;

    let mut verdicts = Verdicts::new(unreadable, archive.as_ref().is_none_or(|archive| archive.is_complete));
    let mut page = RolesPage::new(archive.as_ref().map(Archive::period));
    if let Some(archive) = archive.as_ref().filter(|_| is_text) {
        output.line(&archive.period())?;
        output.line("")?;
    }
    for arn in &roles {
        let asked = Asked::new(arn, args, &policy, &evidence, archive.as_ref());
        let mut report = asked.report(archive.as_ref());
        if let Some(baseline) = &baseline {
            report = baseline.compare(report, roles.len() == 1, &asked);
        }
        if let (Some(proposals), Some(archive)) = (&proposals, &archive) {
            report = proposals.add(report, archive.records.launches().of(arn), &policy)?;
        }
        verdicts.count(&report);
        if html.is_some() {
            page.add(&report);
        }
        match is_text {
            true => report::text(&report, archive.is_some(), output)?,
            false => output.line(&crate::report::json(&report))?,
        }
    }
    if is_text {
        verdicts.print(baseline.is_some(), output)?;
    }
    html.map_or(Ok(()), |file| page.write(file))?;
    Ok(verdicts.exit().or_zero(args.exit_zero))
}

/// The roles to judge, and what is known of them.
struct Input {
    roles: BTreeSet<String>,
    evidence: Evidence,
    archive: Option<Archive>,
    /// How many inputs could not be read.
    unreadable: u64,
}

impl Input {
    /// Reads IAM's data, and then documents or an archive. Reports what could not be read.
    fn read(args: &RolesArgs) -> Result<Self, CliError> {
        let (mut evidence, mut problems) = iam::load(&args.judge.iam)?;
        let mut archive = None;
        let roles = if given::are_given(&args.paths) {
            given::read(&args.paths, args.account.as_deref(), &mut evidence, &mut problems)
        } else {
            if !args.paths.is_empty() {
                let read;
                (read, evidence) = records::read(args, evidence, &mut problems)?;
                archive = Some(read);
            } else if args.judge.iam.iam.is_empty() {
                return Err(CliError::Message(NOTHING.to_owned()));
            }
            chosen(&args.role, &evidence, archive.as_ref().map(|archive| &archive.records))
        };
        problems.lines(String::clone).iter().for_each(|line| output::complain(line));
        Ok(Self { roles, evidence, archive, unreadable: problems.count() })
    }
}

const NOTHING: &str = "there are no roles to judge: give the output of `aws iam get-account-authorization-details` with `--iam`, or \
    name plans of Terraform or policy documents";

/// The roles that are judged: those with one of these names, or those that trust SageMaker, were passed to it or called it.
fn chosen(patterns: &[String], evidence: &Evidence, records: Option<&Records>) -> BTreeSet<String> {
    let known = evidence.roles();
    let mut roles: BTreeMap<Option<String>, &str> = known.into_iter().map(|arn| (carrier(arn), arn)).collect();
    let passed = records.into_iter().flat_map(|records| records.launches().roles());
    let calling = records.into_iter().flat_map(|records| records.callers_of(SAGEMAKER));
    let calling = calling.filter(|arn| arn::is_of_iam(arn) && !arn::is_user(arn) && arn::name(arn).is_some());
    let of_records: Vec<_> = passed.chain(calling).collect();
    for arn in &of_records {
        roles.entry(carrier(arn)).or_insert(arn);
    }
    let of_records: BTreeSet<_> = of_records.into_iter().map(carrier).collect();
    let is_named = |arn: &str| {
        let name = arn::name(arn).unwrap_or_default();
        patterns.iter().map(|pattern| Pattern::new(pattern.as_str())).any(|one| one.matches(arn) || one.matches(name))
    };
    let is_chosen = |carrier: &Option<String>, arn: &str| match patterns {
        [] => of_records.contains(carrier) || trusts_sagemaker(arn, evidence),
        _ => is_named(arn),
    };
    roles.into_iter().filter(|(carrier, arn)| is_chosen(carrier, arn)).map(|(_, arn)| arn.to_owned()).collect()
}
