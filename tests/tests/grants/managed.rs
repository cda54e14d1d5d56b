//! The policies of AWS, as the emulator knows them, on requests of interest.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use tagwarden_tests::emulator::python;

use crate::compare::{Case, compare, simulated};

/// Requests that the rules ask about.
const REQUESTS: [(&str, &str); 14] = [
    ("s3:GetObject", "arn:aws:s3:::any/any"),
    ("s3:PutObject", "arn:aws:s3:::any-sagemaker-any/any"),
    ("s3:DeleteObject", "arn:aws:s3:::any/any"),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:any"),
    ("ssm:GetParameter", "arn:aws:ssm:eu-west-1:111122223333:parameter/any"),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/any"),
    ("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/any"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/any"),
    ("iam:CreateUser", "arn:aws:iam::111122223333:user/any"),
    ("sts:AssumeRole", "arn:aws:iam::111122223333:role/any"),
    ("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:any"),
    ("ssm:SendCommand", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0"),
    ("sagemaker:CreateTrainingJob", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/any"),
    ("ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0"),
];

/// All policies of AWS, by name.
pub fn policies() -> BTreeMap<String, Value> {
    let script = "from moto.iam.aws_managed_policies import aws_managed_policies_data as data; print(data)";
    let ran = Command::new(python()).args(["-c", script]).output().expect("Python starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let policies: BTreeMap<String, Value> = serde_json::from_slice(&ran.stdout).expect("JSON");
    policies.into_iter().map(|(name, mut policy)| (name, policy["Document"].take())).collect()
}

/// With `CASES`, all of them; otherwise every seventh, and those about SageMaker.
#[test]
fn policies_of_aws_mean_what_the_simulator_says() {
    let all = std::env::var_os("CASES").is_some();
    let policies = policies().into_iter().enumerate();
    let tried = policies.filter(|(index, (name, _))| all || index % 7 == 0 || name.contains("SageMaker"));
    let cases: Vec<_> = tried
        .flat_map(|(_, (_, document))| {
            REQUESTS.map(|(action, resource)| {
                let to_sagemaker = ("iam:PassedToService".to_owned(), vec!["sagemaker.amazonaws.com".to_owned()]);
                Case {
                    policies: vec![document.clone()],
                    boundary: None,
                    tags: BTreeMap::new(),
                    action: action.to_owned(),
                    resource: resource.to_owned(),
                    context: Some(to_sagemaker).filter(|_| action == "iam:PassRole").into_iter().collect(),
                }
            })
        })
        .collect();
    let tally = compare(&cases, &simulated(&cases));
    println!(
        "{} allowed, {} denied, {} perhaps, {} skipped",
        tally.allowed, tally.denied, tally.perhaps, tally.skipped
    );
    assert!(tally.disagreements.is_empty(), "{} disagreements, {}", tally.disagreements.len(), tally.disagreements[0]);
    assert!(tally.skipped < cases.len() / 20, "{tally:?}");
}
