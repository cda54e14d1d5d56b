//! A role that is judged: one that a request passes, or one by itself.

use jiff::Timestamp;

use super::outcome::{Findings, Outcome};
use crate::evidence::{Evidence, Named};
use crate::facts::Facts;
use crate::grants::{Grants, PolicyDocument, trusts_service};
use crate::operations::Field;
use crate::record::json::{Read, Unread};
use crate::settings::Settings;

/// The service that assumes execution roles.
pub(super) const SAGEMAKER: &str = "sagemaker.amazonaws.com";

/// Judges a role, and adds to what was found.
pub type CheckRole = fn(&JudgedRole, &Settings, &mut Findings);

/// A role that is judged, with where and when it acts.
#[derive(Clone, Debug)]
pub struct JudgedRole<'a> {
    /// Where a request names it, or IAM's data.
    pub path: String,
    /// Its ARN.
    pub arn: &'a str,
    /// The region of its requests.
    pub region: &'a str,
    /// The time of its requests.
    pub time: Option<Timestamp>,
    /// Whether SageMaker runs something as it, or may. Other roles call SageMaker.
    pub is_execution_role: bool,
    /// What was looked up.
    pub evidence: &'a Evidence,
}

impl<'a> JudgedRole<'a> {
    /// A role by itself, as IAM's data names it. It is an execution role if its trust policy names SageMaker, or is not known.
    pub fn alone(arn: &'a str, region: &'a str, time: Option<Timestamp>, evidence: &'a Evidence) -> Self {
        let role = Self { path: "Arn".to_owned(), arn, region, time, is_execution_role: true, evidence };
        let is_execution_role = role.trust_policy().map_or(true, |trust| trusts_service(trust, SAGEMAKER));
        Self { is_execution_role, ..role }
    }

    /// Its policies.
    ///
    /// # Errors
    /// If it is not known what grants it permissions.
    pub fn grants(&self) -> Read<Grants<'a>> {
        self.read(self.evidence.grants(self.arn, self.time))
    }

    /// Its trust policy.
    ///
    /// # Errors
    /// If it is not known.
    pub fn trust_policy(&self) -> Read<&'a PolicyDocument> {
        let role = self.evidence.role(self.arn, self.time);
        self.read(role.and_then(|role| role.trust_policy.as_ref().map_err(Clone::clone)))
    }

    /// The value of its tag `key`; `None` if it has no such tag, or one with an empty value.
    ///
    /// # Errors
    /// If the value is not known.
    pub fn tag(&self, key: &str) -> Read<Option<&'a str>> {
        let tags = self.evidence.tags(Named { arn: self.arn, id: None }, self.time);
        Ok(self.read(tags.and_then(|tags| tags.get(key)))?.filter(|value| !value.is_empty()))
    }

    fn read<T>(&self, looked_up: Result<T, String>) -> Read<T> {
        looked_up.map_err(|why| Unread::new(&self.path, why))
    }
}

/// Judges each role that a request passes as one of `fields`.
pub(super) fn each_passed(facts: &Facts, settings: &Settings, fields: &[Field], check: CheckRole) -> Read<Outcome> {
    let mut findings = Findings::default();
    let (region, time) = (facts.call.region.unwrap_or_default(), facts.call.time());
    let evidence = facts.evidence;
    for (at, arn) in facts.roles(fields)? {
        let role = JudgedRole { path: at.to_string(), arn, region, time, is_execution_role: true, evidence };
        check(&role, settings, &mut findings);
    }
    Ok(findings.outcome("the request passes no such role"))
}
