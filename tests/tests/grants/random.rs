//! Random policies, boundaries, tags and requests.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::compare::{Case, compare, simulated};

const ACTIONS: [&str; 4] = ["s3:GetObject", "s3:PutObject", "secretsmanager:GetSecretValue", "iam:PassRole"];
const RESOURCES: [&str; 4] = [
    "arn:aws:s3:::atlas-data/in/x.csv",
    "arn:aws:s3:::borealis-data/X",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:atlas/db-AbCdEf",
    "arn:aws:iam::111122223333:role/ml/atlas/train",
];
const ACTION_PATTERNS: [&str; 12] = [
    "*",
    "s3:*",
    "S3:getobject",
    "s3:Get*",
    "s3:???Object",
    "s3:*Object",
    "secretsmanager:*",
    "secretsmanager:GetSecretValue",
    "iam:Pass*",
    "iam:*",
    "ec2:*",
    "S3:PUT*",
];
const RESOURCE_PATTERNS: [&str; 13] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::atlas-*",
    "arn:aws:s3:::atlas-data/*",
    "arn:aws:s3:::Atlas-*",
    "arn:aws:s3:::*-data/?",
    "arn:aws:s3:::${aws:PrincipalTag/Project}-data/*",
    "arn:aws:s3:::${aws:PrincipalTag/Missing, 'atlas'}-*",
    "arn:aws:s3:::atlas${*}*",
    "arn:aws:secretsmanager:*:*:secret:*",
    "arn:aws:secretsmanager:*:${aws:PrincipalAccount}:secret:atlas/*",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::111122223333:role/ml/${aws:PrincipalTag/Project}/*",
];

/// Keys with operators and values that suit them.
const TESTS: [(&str, &[&str], &[&str]); 7] = [
    (
        "aws:PrincipalTag/Project",
        &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "Null"],
        &["atlas", "Atlas", "b*", "true", "false"],
    ),
    (
        "aws:SourceVpce",
        &["StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringNotEqualsIfExists", "Null"],
        &["vpce-1", "vpce-2", "true"],
    ),
    ("aws:SecureTransport", &["Bool", "BoolIfExists"], &["true", "false"]),
    (
        "aws:MultiFactorAuthAge",
        &["NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals", "NumericEqualsIfExists"],
        &["60", "3600"],
    ),
    ("aws:CurrentTime", &["DateGreaterThan", "DateLessThanEquals"], &["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
    ("aws:SourceIp", &["IpAddress", "NotIpAddress", "IpAddressIfExists"], &["10.0.0.0/8", "192.0.2.0/24", "10.1.2.3"]),
    (
        "aws:CalledVia",
        &[
            "ForAnyValue:StringEquals",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringLike",
            "ForAllValues:StringNotEquals",
            "ForAnyValue:StringNotEquals",
            "Null",
        ],
        &["athena.amazonaws.com", "*.amazonaws.com", "kms.amazonaws.com", "false"],
    ),
];

/// Values that requests carry. The simulator has its own for those that every request has.
const CARRIED: [(&str, &[&str]); 6] = [
    ("aws:SourceVpce", &["vpce-1", "vpce-3"]),
    ("aws:SecureTransport", &["true", "false"]),
    ("aws:MultiFactorAuthAge", &["60", "600"]),
    ("aws:CurrentTime", &["2026-03-02T09:00:00Z"]),
    ("aws:SourceIp", &["10.1.2.3", "198.51.100.7"]),
    ("aws:CalledVia", &["athena.amazonaws.com", "cloudformation.amazonaws.com"]),
];

fn pick<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(..all.len())]
}

fn some(rng: &mut Rng, all: &[&str]) -> Value {
    let values: Vec<_> = (0..=rng.usize(..2)).map(|_| pick(rng, all)).collect();
    if values.len() == 1 { json!(values[0]) } else { json!(values) }
}

fn statement(rng: &mut Rng, allows: f64) -> Value {
    let mut statement = Map::new();
    statement.insert("Effect".to_owned(), json!(if rng.f64() < allows { "Allow" } else { "Deny" }));
    let name = |rng: &mut Rng, name: &str| if rng.f64() < 0.2 { format!("Not{name}") } else { name.to_owned() };
    statement.insert(name(rng, "Action"), some(rng, &ACTION_PATTERNS));
    statement.insert(name(rng, "Resource"), some(rng, &RESOURCE_PATTERNS));
    if rng.f64() < 0.4 {
        let mut condition: BTreeMap<&str, BTreeMap<&str, Value>> = BTreeMap::new();
        for _ in 0..=rng.usize(..2) {
            let (key, operators, values) = pick(rng, &TESTS);
            let operator = pick(rng, operators);
            let flags = values.iter().copied().filter(|value| ["true", "false"].contains(value)).collect::<Vec<_>>();
            let others = values.iter().copied().filter(|value| !["true", "false"].contains(value)).collect::<Vec<_>>();
            let is_flag = operator == "Null" || operator.starts_with("Bool");
            let value = if is_flag { json!(pick(rng, &flags)) } else { some(rng, &others) };
            condition.entry(operator).or_default().insert(key, value);
        }
        statement.insert("Condition".to_owned(), json!(condition));
    }
    Value::Object(statement)
}

fn document(rng: &mut Rng, allows: f64) -> Value {
    let statements: Vec<_> = (0..=rng.usize(..4)).map(|_| statement(rng, allows)).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn case(rng: &mut Rng) -> Case {
    let policies = (0..=rng.usize(..2)).map(|_| document(rng, 0.75)).collect();
    let boundary = (rng.f64() < 0.3).then(|| document(rng, 0.9));
    let project = (rng.f64() < 0.95).then(|| ("Project".to_owned(), pick(rng, &["atlas", "borealis"]).to_owned()));
    let mut context = BTreeMap::new();
    for (key, values) in CARRIED {
        if rng.bool() || ["aws:SecureTransport", "aws:CurrentTime"].contains(&key) {
            let mut carried = vec![pick(rng, values).to_owned()];
            if key == "aws:CalledVia" && rng.bool() {
                carried.push("kms.amazonaws.com".to_owned());
            }
            context.insert(key.to_owned(), carried);
        }
    }
    let at = rng.usize(..ACTIONS.len());
    // A request for a secret is about a secret.
    let resource = if at == 0 { pick(rng, &RESOURCES[..2]) } else { RESOURCES[at] };
    let resource = if at == 1 { pick(rng, &RESOURCES[..2]) } else { resource };
    Case {
        policies,
        boundary,
        tags: project.into_iter().collect(),
        action: ACTIONS[at].to_owned(),
        resource: resource.to_owned(),
        context,
    }
}

/// Random cases: as many as `CASES` says, from the seed `SEED`.
pub fn cases(usual: usize) -> Vec<Case> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (seed, count) = (number("SEED").unwrap_or(1), number("CASES").unwrap_or(usual as u64));
    println!("SEED={seed} CASES={count}");
    let mut rng = Rng::with_seed(seed);
    (0..count).map(|_| case(&mut rng)).collect()
}

#[test]
fn random_policies_mean_what_the_simulator_says() {
    let cases = cases(3_000);
    let tally = compare(&cases, &simulated(&cases));
    println!(
        "{} allowed, {} denied, {} perhaps, {} skipped",
        tally.allowed, tally.denied, tally.perhaps, tally.skipped
    );
    assert!(
        tally.disagreements.is_empty(),
        "{} disagreements, {}",
        tally.disagreements.len(),
        tally.disagreements.join("\n\n")
    );
    assert!(tally.allowed > cases.len() / 20 && tally.denied > cases.len() / 4, "{tally:?}");
}
