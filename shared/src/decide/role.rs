//! Judges a role by itself, without a call that passes it: by the rules that judge roles.

use jiff::Timestamp;
use serde::Serialize;

use super::decision::{Finding, Verdict};
use super::findings::{self, reason, verdict};
use crate::evidence::Evidence;
use crate::facts::Caller;
use crate::grants::trusted;
use crate::policy::Policy;
use crate::record::{Identity, arn};
use crate::rules::{JudgedRole, Outcome};
use crate::terms::SessionTags;

/// A decision about a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleDecision {
    /// Its ARN.
    pub arn: String,
    /// The value of its ABAC tag, if that is known.
    pub project: Option<String>,
    /// The value of its persona tag, if that is known.
    pub persona: Option<String>,
    /// Whom its trust policy lets assume it, as the policy names them. Conditions may limit that.
    pub trusts: Vec<String>,
    /// The result.
    pub verdict: Verdict,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is wrong, in the order of the rules.
    pub findings: Vec<Finding>,
}

impl RoleDecision {
    /// The decision with only those findings that `keep` says.
    #[must_use]
    pub fn retain(mut self, keep: impl FnMut(&Finding) -> bool) -> Self {
        self.findings.retain(keep);
        self.verdict = verdict(&self.findings);
        self.reason = (self.verdict == Verdict::Unknown).then(|| reason(&self.findings));
        self
    }
}

/// Judges the role `arn` as it is at that time, by requests that it could make in these regions. What a rule finds in one of them is
/// enough.
pub fn decide_role(
    arn: &str,
    regions: &[&str],
    time: Option<Timestamp>,
    policy: &Policy,
    evidence: &Evidence,
) -> RoleDecision {
    let identity = Identity { kind: Some("Role"), arn: Some(arn), ..Identity::default() };
    let role = Caller::with_identity(identity, time, evidence, SessionTags::None);
    let mut findings = Vec::new();
    for (rule, settings) in policy.rules_on_role(arn::account(arn), &role) {
        let in_region = |region: &&str| rule.judge_role(&JudgedRole::alone(arn, region, time, evidence), &settings);
        let exemption = policy.exemption(rule, time, &role);
        findings.extend(findings::findings(
            rule,
            first_failure(regions.iter().map(in_region)),
            settings.severity(),
            exemption,
        ));
    }
    let verdict = verdict(&findings);
    let tag = |key| role.tag(key).ok().flatten().map(|(value, _)| value.to_owned());
    let trust_policy = evidence.role(arn, time).ok().and_then(|role| role.trust_policy.as_ref().ok());
    let mut trusts: Vec<_> = trust_policy.into_iter().flat_map(trusted).map(|(who, _)| who.to_string()).collect();
    trusts.sort();
    trusts.dedup();
    RoleDecision {
        arn: arn.to_owned(),
        project: tag(&policy.abac.tag),
        persona: tag(&policy.abac.persona_tag),
        trusts,
        reason: (verdict == Verdict::Unknown).then(|| reason(&findings)),
        verdict,
        findings,
    }
}

/// The first failure, or else what all of them say.
fn first_failure(mut outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    let mut all = Outcome::Skip(String::new());
    loop {
        match outcomes.next() {
            Some(fail @ Outcome::Fail(_)) => return fail,
            Some(outcome) => all = all.and(outcome),
            None => return all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{FindingOutcome, decide_record};

    const ROLE: &str = "arn:aws:iam::111122223333:role/ml/atlas/train";
    const POLICY: &str = "version = 1
        [rules.overprivileged-execution-role]
        [rules.unbounded-data-access]
        [rules.unapproved-bucket]
        allow = ['shared']
        [rules.escalating-execution-role]
        [rules.launching-execution-role]
        [rules.persona-overreach]
        [rules.confused-deputy-trust]
        [rules.missing-vpc]
        [personas.data-scientist]
        operations = ['CreateTrainingJob']
        [[overrides]]
        when = { projects = ['atlas'] }
        rules.unapproved-bucket.allow = ['atlas-data']
        [[overrides]]
        when = { operations = ['CreateTrainingJob'] }
        rules.unapproved-bucket.allow = ['*']
        [[exemptions]]
        principals = ['arn:aws:iam::111122223333:role/ml/atlas/train']
        rules = ['launching-execution-role']
        until = 2026-12-31
        reason = 'r'
        owner = 'o'";

    /// A role that may do this, with these tags.
    fn evidence(statements: &str, tags: &str) -> Evidence {
        let trust = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},
            "Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}},
            {"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}]}"#;
        let page = format!(
            r#"{{"RoleDetailList":[{{"Arn":"{ROLE}","Tags":[{tags}],"AssumeRolePolicyDocument":{trust},"RolePolicyList":[
            {{"PolicyName":"inline","PolicyDocument":{{"Version":"2012-10-17","Statement":[{statements}]}}}}]}}]}}"#
        );
        let mut evidence = Evidence::new("");
        evidence.add_page(&serde_json::from_str(&page).expect(&page));
        evidence
    }

    fn decide(evidence: &Evidence, regions: &[&str]) -> RoleDecision {
        let policy = Policy::parse(POLICY).expect("valid");
        decide_role(ROLE, regions, "2026-03-02T09:00:00Z".parse().ok(), &policy, evidence)
    }

    fn allow(action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    }

    const ATLAS: &str = r#"{"Key":"project","Value":"atlas"}"#;

    #[test]
    fn a_role_is_judged_as_where_a_request_passes_it() {
        for statement in [
            allow("*", "*"),
            allow("s3:*", "*"),
            allow("s3:GetObject", "arn:aws:s3:::shared/*"),
            allow("s3:GetObject", "arn:aws:s3:::atlas-data/*"),
            allow("iam:PassRole", "*"),
            allow("sagemaker:CreateTrainingJob", "*"),
        ] {
            let evidence = evidence(&statement, ATLAS);
            let alone = decide(&evidence, &["eu-west-1"]);
            let record = format!(
                r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"CreateProcessingJob","eventTime":"2026-03-02T09:00:00Z",
                "awsRegion":"eu-west-1","recipientAccountId":"111122223333",
                "userIdentity":{{"type":"Role","arn":"{ROLE}"}},"requestParameters":{{"roleArn":"{ROLE}"}}}}"#
            );
            let policy = Policy::parse(POLICY).expect("valid");
            let mut passed = decide_record(&record, &policy, &evidence).expect("a record").findings;
            passed.retain(|finding| finding.path == "requestParameters.roleArn");
            let says = |findings: &[Finding]| {
                findings.iter().map(|one| (one.rule, one.outcome, one.message.clone())).collect::<Vec<_>>()
            };
            assert_eq!(says(&alone.findings), says(&passed), "{statement}");
            assert!(alone.findings.iter().all(|finding| finding.path == "Arn"));
        }
    }

    #[test]
    fn the_role_stands_for_its_own_caller() {
        let buckets = |tags: &str| {
            let decision = decide(&evidence(&allow("s3:GetObject", "arn:aws:s3:::atlas-data/*"), tags), &["eu-west-1"]);
            (decision.project, decision.findings.iter().any(|finding| finding.rule == "unbounded-data-access"))
        };
        assert_eq!(buckets(ATLAS), (Some("atlas".to_owned()), false), "the override for its project");
        assert_eq!(buckets(""), (None, true));
        let launching = decide(&evidence(&allow("sagemaker:CreateTrainingJob", "*"), ""), &["eu-west-1"]);
        let found = launching.findings.iter().find(|finding| finding.rule == "launching-execution-role");
        assert_eq!(found.map(|finding| finding.outcome), Some(FindingOutcome::Exempted));
    }

    #[test]
    fn what_exceeds_a_persona_is_found() {
        let overreach = |action: &str, persona: &str| {
            let tags = format!(r#"{{"Key":"Persona","Value":"{persona}"}}"#);
            let decision = decide(&evidence(&allow(action, "*"), &tags), &["eu-west-1"]);
            assert_eq!(decision.persona.as_deref(), Some(persona).filter(|persona| !persona.is_empty()));
            let found = decision.findings.into_iter().find(|finding| finding.rule == "persona-overreach");
            found.map(|finding| finding.message).unwrap_or_default()
        };
        assert_eq!(overreach("sagemaker:CreateTrainingJob", "data-scientist"), "");
        assert_eq!(
            overreach("sagemaker:CreateEndpoint", "data-scientist"),
            "the role may do more than its persona `data-scientist`: it may call `sagemaker:CreateEndpoint` on \
             `arn:aws:sagemaker:eu-west-1:111122223333:endpoint/any`, by statement 1 of `inline`"
        );
        assert!(overreach("sagemaker:Create*", "data-scientist").contains("such operations in all"));
        assert_eq!(overreach("sagemaker:CreateEndpoint", "engineer"), "the policy has no persona `engineer`");
        assert_eq!(overreach("sagemaker:CreateEndpoint", ""), "", "a role for jobs has none");
    }

    #[test]
    fn roles_that_do_not_trust_sagemaker_are_no_execution_roles() {
        let page = r#"{"RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/Ana","AssumeRolePolicyDocument":{"Statement":
            {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}},"RolePolicyList":[{"PolicyName":"p",
            "PolicyDocument":{"Statement":{"Effect":"Allow","Action":["s3:*","sagemaker:Create*Job"],"Resource":"*"}}}]}]}"#;
        let mut evidence = Evidence::new("");
        evidence.add_page(&serde_json::from_str(page).unwrap());
        let policy = Policy::parse(POLICY).expect("valid");
        let decision = decide_role("arn:aws:iam::111122223333:role/Ana", &["eu-west-1"], None, &policy, &evidence);
        let rules: Vec<_> = decision.findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["unbounded-data-access"], "people launch, and SageMaker need not be let in");
    }

    #[test]
    fn one_region_is_enough() {
        let evidence = evidence(&allow("ssm:GetParameter", "arn:aws:ssm:us-east-1:*:parameter/*"), ATLAS);
        let found = |regions: &[&str]| {
            decide(&evidence, regions).findings.iter().filter(|finding| finding.rule == "unbounded-data-access").count()
        };
        assert_eq!((found(&["eu-west-1"]), found(&["eu-west-1", "us-east-1"])), (0, 1));
    }

    #[test]
    fn whom_it_trusts_and_what_is_not_known_is_reported() {
        let decision = decide(&evidence("", ATLAS), &["eu-west-1"]);
        assert_eq!(decision.trusts, ["444455556666", "sagemaker.amazonaws.com"]);
        assert_eq!(decision.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["confused-deputy-trust"]);
        let unknown = decide(&Evidence::new(": say what"), &["eu-west-1"]);
        assert_eq!(unknown.verdict, Verdict::Unknown);
        assert!(unknown.reason.is_some_and(|why| {
            why.contains("IAM's data on `arn:aws:iam::111122223333:role/ml/atlas/train` is missing: say what")
        }));
    }
}
