//! `tagwarden roles`: what roles may do, what they did, and what they need.

mod given;
mod report;

use std::collections::BTreeSet;

use tagwarden::grants::trusts_service;
use tagwarden::record::arn;
use tagwarden::rules::{APPROVED_REGIONS, UNAPPROVED_REGION};
use tagwarden::terms::Pattern;
use tagwarden::{Evidence, Policy, RoleDecision, decide_role};
use tagwarden_roles::{Kind, RoleReport};

use crate::args::{Format, RolesArgs};
use crate::exit::{CliError, Exit, RunResult};
use crate::output::{self, Output};
use crate::{iam, policy};

use given::Baseline;
use report::Verdicts;

const SAGEMAKER: &str = "sagemaker.amazonaws.com";

pub fn run(args: &RolesArgs, output: &mut Output) -> RunResult {
    let policy = policy::load(args.judge.policy.as_deref())?.policy;
    let (mut evidence, mut problems) = iam::load(&args.judge.iam)?;
    let baseline = args.baseline.as_deref().map(|file| Baseline::read(file, args)).transpose()?;
    let judged: BTreeSet<String> = if args.paths.is_empty() {
        if args.judge.iam.iam.is_empty() {
            return Err(CliError::Message(NOTHING.to_owned()));
        }
        evidence.roles().into_iter().filter(|arn| is_judged(arn, &args.role, &evidence)).map(str::to_owned).collect()
    } else {
        given::read(&args.paths, args.account.as_deref(), &mut evidence, &mut problems)
    };
    problems.lines(String::clone).iter().for_each(|line| output::complain(line));
    let mut verdicts = Verdicts::new(problems.count());
    for arn in &judged {
        let asked = Asked { regions: regions(arn, args, &policy, &evidence), policy: &policy, evidence: &evidence };
        let mut report =
            RoleReport::new(asked.decide(arn, &evidence), Kind::of(trusts_sagemaker(arn, &evidence), false));
        if let Some(baseline) = &baseline {
            report = baseline.compare(report, judged.len() == 1, &asked);
        }
        verdicts.count(&report);
        match args.format {
            Format::Json => output.line(&crate::report::json(&report))?,
            Format::Text => report::text(&report, output)?,
        }
    }
    if args.format == Format::Text {
        verdicts.print(baseline.is_some(), output)?;
    }
    Ok(match verdicts.exit() {
        Exit::Violation | Exit::Unknown if args.exit_zero => Exit::Ok,
        exit => exit,
    })
}

/// What roles are asked about, and by what they are judged.
struct Asked<'a> {
    regions: Vec<String>,
    policy: &'a Policy,
    evidence: &'a Evidence,
}

impl Asked<'_> {
    /// The decision about a role, by this evidence.
    fn decide(&self, arn: &str, evidence: &Evidence) -> RoleDecision {
        let regions: Vec<_> = self.regions.iter().map(String::as_str).collect();
        decide_role(arn, &regions, evidence.as_of, self.policy, evidence)
    }
}

const NOTHING: &str = "there are no roles to judge: give the output of `aws iam get-account-authorization-details` with `--iam`, or \
    name plans of Terraform or policy documents";

/// Whether a role of IAM's data is judged: it has one of these names, or it trusts SageMaker.
fn is_judged(arn: &str, patterns: &[String], evidence: &Evidence) -> bool {
    if patterns.is_empty() {
        return trusts_sagemaker(arn, evidence);
    }
    let name = arn::name(arn).unwrap_or_default();
    patterns.iter().map(|pattern| Pattern::new(pattern.as_str())).any(|one| one.matches(arn) || one.matches(name))
}

fn trusts_sagemaker(arn: &str, evidence: &Evidence) -> bool {
    let role = evidence.role(arn, evidence.as_of).ok();
    role.and_then(|role| role.trust_policy.as_ref().ok()).is_some_and(|trust| trusts_service(trust, SAGEMAKER))
}

/// The regions of the requests that a role is asked about.
fn regions(arn: &str, args: &RolesArgs, policy: &Policy, evidence: &Evidence) -> Vec<String> {
    if !args.region.is_empty() {
        return args.region.clone();
    }
    let approved = policy.settings(&UNAPPROVED_REGION).and_then(|settings| settings.patterns(&APPROVED_REGIONS));
    let approved = approved.unwrap_or_default().iter().filter(|pattern| pattern.is_exact());
    let mut regions: Vec<_> = approved.map(|region| region.as_str().to_owned()).collect();
    let named = evidence.grants(arn, evidence.as_of).map(|grants| grants.regions()).unwrap_or_default();
    let is_new = |region: &String| !regions.contains(region);
    let named: Vec<_> = named.into_iter().filter(is_new).collect();
    regions.extend(named);
    if regions.is_empty() {
        regions.push("us-east-1".to_owned());
    }
    regions
}
