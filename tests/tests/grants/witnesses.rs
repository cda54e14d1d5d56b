//! Every request that a finding names is one that the simulator allows. If there is no finding, it allows none of its class.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};
use tagwarden::decide::{Finding, decide_record, decide_role};
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

/// A class of requests that a rule finds: its name in findings, and a random request of it.
struct Class {
    found: &'static str,
    request: fn(&mut Rng) -> (String, String, Option<&'static str>),
}

fn pick<'t>(rng: &mut Rng, from: &[&'t str]) -> &'t str {
    from[rng.usize(..from.len())]
}

/// A name that no policy of AWS names.
fn name(rng: &mut Rng) -> String {
    (0..rng.usize(3..9)).map(|_| rng.lowercase()).collect()
}

const CLASSES: [Class; 5] = [
    Class {
        found: "the role may reach S3 objects",
        request: |rng| {
            let action = pick(rng, &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]);
            (action.to_owned(), format!("arn:aws:s3:::{}/{}", name(rng), name(rng)), None)
        },
    },
    Class {
        found: "the role may reach secrets",
        request: |rng| {
            let action = pick(rng, &["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]);
            (
                action.to_owned(),
                format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}-AbCdEf", name(rng)),
                None,
            )
        },
    },
    Class {
        found: "the role may reach parameters",
        request: |rng| {
            let action = pick(rng, &["ssm:GetParameter", "ssm:PutParameter"]);
            (action.to_owned(), format!("arn:aws:ssm:eu-west-1:111122223333:parameter/{}", name(rng)), None)
        },
    },
    Class {
        found: "the role may pass any role",
        request: |rng| {
            let role = format!("arn:aws:iam::111122223333:role/{}", name(rng));
            ("iam:PassRole".to_owned(), role, Some("sagemaker.amazonaws.com"))
        },
    },
    Class {
        found: "the role may assume any role",
        request: |rng| ("sts:AssumeRole".to_owned(), format!("arn:aws:iam::111122223333:role/{}", name(rng)), None),
    },
];

/// Of the policies of AWS, alone and within a boundary: if a rule does not find a class of requests, none of a thousand random ones
/// is allowed.
#[test]
fn what_is_not_found_is_not_allowed() {
    const REQUESTS: usize = 1_000;
    let roles = std::env::var("CASES").map_or(6, |text| text.parse::<usize>().expect("a number") / 1_000);
    // Those that are about these classes.
    let actions = ["\"s3:", "\"secretsmanager:", "\"ssm:Get", "\"iam:Pass", "\"sts:Assume"];
    let is_about = |document: &Value| {
        let text = document.to_string();
        actions.iter().filter(|action| text.contains(*action)).count() > 1
    };
    let documents: Vec<_> = policies().into_values().filter(is_about).collect();
    let policy = Policy::parse(POLICY).expect("a policy");
    let mut rng = Rng::with_seed(2);
    let (mut cases, mut classes) = (Vec::new(), 0);
    for _ in 0..roles {
        let policies =
            [documents[rng.usize(..documents.len())].clone(), documents[rng.usize(..documents.len())].clone()];
        let tags = BTreeMap::from([("Project".to_owned(), "atlas".to_owned())]);
        let evidence = evidence(&policies, None, &tags);
        let decision = decide_role(ROLE, &["eu-west-1"], None, &policy, &evidence);
        for class in &CLASSES {
            if decision.findings.iter().any(|finding| finding.message.starts_with(class.found)) {
                continue;
            }
            classes += 1;
            cases.extend((0..REQUESTS).map(|_| {
                let (action, resource, service) = (class.request)(&mut rng);
                let to = service.map(|service| ("iam:PassedToService".to_owned(), vec![service.to_owned()]));
                let known = [
                    ("aws:SecureTransport", "true"),
                    ("aws:ViaAWSService", "false"),
                    ("aws:RequestedRegion", "eu-west-1"),
                ];
                let known = known.map(|(key, value)| (key.to_owned(), vec![value.to_owned()]));
                let (policies, tags) = (policies.to_vec(), tags.clone());
                Case {
                    policies,
                    boundary: None,
                    tags,
                    action,
                    resource,
                    context: known.into_iter().chain(to).collect(),
                }
            }));
        }
    }
    let allowed: Vec<_> = simulated(&cases)
        .into_iter()
        .zip(&cases)
        .filter(|(answer, _)| answer["allowed"] == true)
        .map(|(_, case)| format!("`{}` on `{}`", case.action, case.resource))
        .collect();
    println!("{classes} classes of {roles} roles without a finding, {} requests", cases.len());
    assert!(classes > roles && classes < roles * CLASSES.len(), "too few classes, or nothing was found");
    assert!(allowed.is_empty(), "{} are allowed, such as {:?}", allowed.len(), allowed.first());
}
