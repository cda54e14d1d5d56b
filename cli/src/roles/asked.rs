//! A role, and what it is asked about.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tagwarden::grants::trusts_service;
use tagwarden::rules::{APPROVED_REGIONS, UNAPPROVED_REGION};
use tagwarden::{Evidence, Policy, RoleDecision, decide_role};
use tagwarden_roles::{Kind, RoleInQuestion, RoleReport};

use super::records::Archive;
use crate::args::RolesArgs;

pub const SAGEMAKER: &str = "sagemaker.amazonaws.com";

/// A role to judge, with the policy and the evidence that it is judged by.
pub struct Asked<'a> {
    pub arn: &'a str,
    pub regions: BTreeSet<String>,
    pub time: Option<Timestamp>,
    policy: &'a Policy,
    pub evidence: &'a Evidence,
}

impl<'a> Asked<'a> {
    pub fn new(
        arn: &'a str,
        args: &RolesArgs,
        policy: &'a Policy,
        evidence: &'a Evidence,
        archive: Option<&Archive>,
    ) -> Self {
        // IAM's data is of after all records, if it does not say.
        let time = evidence.as_of.or_else(|| archive.and_then(|archive| archive.end));
        let regions = match args.region.as_slice() {
            [] => regions(arn, time, policy, evidence, archive),
            regions => regions.iter().cloned().collect(),
        };
        Self { arn, regions, time, policy, evidence }
    }

    /// The decision about a role, by this evidence.
    pub fn decide(&self, arn: &str, evidence: &Evidence) -> RoleDecision {
        let regions: Vec<_> = self.regions.iter().map(String::as_str).collect();
        decide_role(arn, &regions, self.time, self.policy, evidence)
    }

    pub fn report(&self, archive: Option<&Archive>) -> RoleReport {
        let records = archive.map(|archive| &archive.records);
        let calls = records.is_some_and(|records| records.has_called(self.arn, SAGEMAKER));
        let runs = trusts_sagemaker(self.arn, self.evidence)
            || records.is_some_and(|records| records.launches().of(self.arn).is_some());
        let report = RoleReport::new(self.decide(self.arn, self.evidence), Kind::of(runs, calls));
        match (records, self.evidence.grants(self.arn, self.time)) {
            (Some(records), Ok(grants)) => {
                let role = self.evidence.role(self.arn, self.time).ok();
                let created = role.and_then(|role| role.created).map(|time| time.to_zoned(TimeZone::UTC).date());
                let role = RoleInQuestion { arn: self.arn, created, regions: &self.regions };
                RoleReport { usage: records.usage(role, &grants), ..report }
            }
            _ => report,
        }
    }
}

/// Whether the trust policy of a role names SageMaker.
pub fn trusts_sagemaker(arn: &str, evidence: &Evidence) -> bool {
    let role = evidence.role(arn, evidence.as_of).ok();
    role.and_then(|role| role.trust_policy.as_ref().ok()).is_some_and(|trust| trusts_service(trust, SAGEMAKER))
}

/// The regions in which a role works: those that the policy approves and that the role's policies name, else those of the archive.
fn regions(
    arn: &str,
    time: Option<Timestamp>,
    policy: &Policy,
    evidence: &Evidence,
    archive: Option<&Archive>,
) -> BTreeSet<String> {
    let approved = policy.settings(&UNAPPROVED_REGION).and_then(|settings| settings.patterns(&APPROVED_REGIONS));
    let approved = approved.unwrap_or_default().iter().filter(|pattern| pattern.is_exact());
    let mut regions = evidence.grants(arn, time).map(|grants| grants.regions()).unwrap_or_default();
    regions.extend(approved.map(|region| region.as_str().to_owned()));
    if regions.is_empty() {
        regions.extend(archive.into_iter().flat_map(|archive| archive.regions.iter().cloned()));
    }
    if regions.is_empty() {
        regions.insert("us-east-1".to_owned());
    }
    regions
}
