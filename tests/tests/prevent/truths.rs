//! What is known of IAM, and what the rendered policies rely on, as examples.

use serde_json::{Value, json};
use tagwarden_tests::simulator::Simulator;

use crate::cases;
use crate::compare::define;

/// Makes a request deserve to be denied.
type Violate = fn(&mut Value);

/// Five conditions that each must hold, in one statement: the mistake of most published policies.
#[test]
fn five_conditions_in_one_statement_let_almost_everything_through() {
    // What is denied, and how a request comes to deserve it.
    let violations: [(&str, &str, &str, Violate); 5] = [
        ("Bool", "sagemaker:NetworkIsolation", "false", |request| request["enableNetworkIsolation"] = json!(false)),
        ("Bool", "sagemaker:InterContainerTrafficEncryption", "false", |request| {
            request["enableInterContainerTrafficEncryption"] = json!(false);
        }),
        ("Null", "sagemaker:VolumeKmsKeyArn", "true", |request| {
            request["resourceConfig"]["volumeKmsKeyId"] = json!("")
        }),
        ("Null", "sagemaker:OutputKmsKeyArn", "true", |request| request["outputDataConfig"]["kmsKeyId"] = json!("")),
        ("Null", "sagemaker:VpcSubnets", "true", |request| request["vpcConfig"] = Value::Null),
    ];
    let mut condition = json!({});
    let mut apart = Vec::new();
    for (index, (operator, key, value, _)) in violations.iter().enumerate() {
        condition[*operator][*key] = json!(value);
        apart.push(deny(&format!("S{index}"), json!({*operator: {*key: value}})));
    }
    let mut simulator = Simulator::start();
    simulator.ask(&[define("one", &[deny("All", condition)]), define("apart", &apart)]);
    let mut passed = (0, 0);
    for combination in 1..1_u32 << violations.len() {
        let mut request = json!({
            "trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/ml/atlas/train",
            "enableNetworkIsolation": true, "enableInterContainerTrafficEncryption": true,
            "resourceConfig": {"instanceType": "ml.m5.xlarge", "volumeKmsKeyId": "k"},
            "outputDataConfig": {"s3OutputPath": "s3://atlas/out", "kmsKeyId": "k"},
            "vpcConfig": {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
        });
        for (index, (.., violate)) in violations.iter().enumerate() {
            if combination & 1 << index != 0 {
                violate(&mut request);
            }
        }
        let question = |policies: &str| {
            json!({"id": 0, "policies": policies, "principal": {"arn": "arn:aws:iam::111122223333:role/R"},
                "variant": {"kms": "new"}, "record": cases::record("CreateTrainingJob", &request)})
        };
        let answers = simulator.ask(&[question("one"), question("apart")]);
        passed.0 += u32::from(answers[0]["allowed"] == true);
        passed.1 += u32::from(answers[1]["allowed"] == true);
    }
    assert_eq!(passed, (30, 0), "of 31 violating requests");
}

fn deny(sid: &str, condition: Value) -> Value {
    json!({"Sid": sid, "Effect": "Deny", "Action": "sagemaker:CreateTrainingJob", "Resource": "*", "Condition": condition})
}
