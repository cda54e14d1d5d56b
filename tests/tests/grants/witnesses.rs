//! Every request that a finding names is one that the simulator allows.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};
use tagwarden::decide::{Finding, decide_record};
use tagwarden::policy::Policy;

use crate::compare::{Case, ROLE, evidence, simulated};
use crate::managed::policies;

const POLICY: &str = "version = 1
    [rules.overprivileged-execution-role]
    [rules.unbounded-data-access]
    [rules.escalating-execution-role]
    [rules.launching-execution-role]
    [rules.unapproved-bucket]
    allow = ['atlas-data']";

/// The case that a finding's message names.
fn witness(finding: &Finding, policies: &[Value], boundary: Option<&Value>) -> Case {
    let (_, request) = finding.message.split_once("may call ").expect(&finding.message);
    let mut names = request.split('`').skip(1).step_by(2);
    let mut next = || names.next().expect(&finding.message).to_owned();
    let (action, resource) = (next(), next());
    let with = request.contains(" with `").then(|| (next(), vec![next()]));
    // What the rules know of any request, apart from the region, which the simulator takes from the resource.
    let known =
        [("aws:SecureTransport", "true"), ("aws:ViaAWSService", "false"), ("aws:ResourceAccount", "111122223333")];
    let known = known.map(|(key, value)| (key.to_owned(), vec![value.to_owned()]));
    let owner = action.starts_with("s3:").then(|| ("s3:ResourceAccount".to_owned(), vec!["111122223333".to_owned()]));
    let region = ("aws:RequestedRegion".to_owned(), vec!["eu-west-1".to_owned()]);
    Case {
        policies: policies.to_vec(),
        boundary: boundary.cloned(),
        tags: BTreeMap::from([("Project".to_owned(), "atlas".to_owned())]),
        action,
        resource,
        context: known.into_iter().chain([region]).chain(owner).chain(with).collect(),
    }
}

#[test]
fn every_witness_is_allowed() {
    let count = std::env::var("CASES").map_or(300, |text| text.parse().expect("a number"));
    let documents: Vec<_> = policies().into_values().collect();
    let policy = Policy::parse(POLICY).expect("a policy");
    let record = json!({
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "eventTime": "2026-03-02T09:00:00Z",
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/eve"},
        "requestParameters": {"trainingJobName": "churn", "roleArn": ROLE},
    });
    let mut rng = Rng::with_seed(1);
    let mut cases = Vec::new();
    for _ in 0..count {
        let mut pick = || documents[rng.usize(..documents.len())].clone();
        let (policies, boundary) = ([pick(), pick()], pick());
        let boundary = Some(&boundary).filter(|_| rng.f64() < 0.3);
        let tags = BTreeMap::from([("Project".to_owned(), "atlas".to_owned())]);
        let decision = decide_record(&record.to_string(), &policy, &evidence(&policies, boundary, &tags));
        let findings = decision.expect("a decision").findings.into_iter();
        let shown = findings.filter(|finding| finding.message.contains("may call"));
        cases.extend(shown.map(|finding| witness(&finding, &policies, boundary)));
    }
    println!("{} witnesses", cases.len());
    assert!(cases.len() > count / 10, "too few witnesses");
    let wrong: Vec<_> = simulated(&cases)
        .into_iter()
        .zip(&cases)
        .filter(|(answer, _)| answer["allowed"] != true)
        .map(|(answer, case)| format!("`{}` on `{}`: {answer}", case.action, case.resource))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
