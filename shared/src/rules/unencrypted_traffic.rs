//! Traffic between a job's instances is not encrypted.

use super::prelude::*;

/// `unencrypted-traffic`
pub const RULE: Rule = Rule {
    id: "unencrypted-traffic",
    fails_when: "inter-container traffic encryption is off, and the job has several instances or the service chooses \
        how many",
    why: "Distributed training sends gradients and data between instances in the clear unless encryption is on.",
    fix: "set `EnableInterContainerTrafficEncryption`; expect longer training, especially with many instances",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Protection,
    governs: &[Field::TrafficEncryption],
    prevention: Prevention::Partly("not by the number of instances, so it denies a job on a single instance as well"),
    example: r#"{"trainingJobName": "churn", "enableInterContainerTrafficEncryption": false,
 "resourceConfig": {"instanceType": "ml.m5.xlarge", "instanceCount": 2}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for found in facts.all(Field::TrafficEncryption) {
        if found.flag() == Ok(Some(true)) {
            findings.pass();
            continue;
        }
        if !facts.operation.has(Field::InstanceCount) {
            findings.require(found, "traffic between the instances is not encrypted");
            continue;
        }
        match facts.instance_count_around(&found.at)? {
            Some((_, 1)) => {}
            Some((_, count)) => {
                findings.require(found, &format!("traffic between {count} instances is not encrypted"));
            }
            None => {
                if let Some(compute) = facts.compute()?.iter().find(|compute| compute.serverless.is_none()) {
                    findings.unread(Unread::new(compute.at, "the instance count is missing"));
                }
            }
        }
    }
    Ok(findings.outcome("the job has a single instance"))
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    const KEY: &str = "sagemaker:InterContainerTrafficEncryption";
    let on_one = Difference::Stricter("jobs on a single instance: no condition key holds the number of instances");
    let denials = deny_lacking(operations, Field::TrafficEncryption, KEY, Test::is_not_true(KEY));
    denials.into_iter().map(|denial| denial.but(on_one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instance_has_nobody_to_talk_to() {
        for (request, expected) in [
            (r#"{"resourceConfig":{"instanceType":"t","instanceCount":1}}"#, "skip"),
            (r#"{"resourceConfig":{"instanceType":"t","instanceCount":2}}"#, "fail enableInterContainerTrafficEncryption"),
            (r#"{"resourceConfig":{"instanceType":"t","instanceCount":2},"enableInterContainerTrafficEncryption":true}"#, "pass"),
            (
                r#"{"resourceConfig":{"instanceGroups":[{"instanceCount":1},{"instanceCount":1}]},"enableInterContainerTrafficEncryption":false}"#,
                "fail enableInterContainerTrafficEncryption",
            ),
            (r#"{"resourceConfig":{"instanceType":"t"}}"#, "unknown resourceConfig"),
            (r#"{"serverlessJobConfig":{"jobType":"FineTuning"}}"#, "skip"),
        ] {
            assert_eq!(Case::training(request).says(&RULE), expected, "{request}");
        }
    }

    #[test]
    fn each_part_of_a_request_counts_its_own_instances() {
        let definition = |count: u8| {
            format!(r#"{{"enableInterContainerTrafficEncryption":false,"resourceConfig":{{"instanceType":"t","instanceCount":{count}}}}}"#)
        };
        let tuning = |counts: [u8; 2]| {
            let limits = r#""hyperParameterTuningJobConfig":{"resourceLimits":{"maxParallelTrainingJobs":9}}"#;
            let definitions = counts.map(definition).join(",");
            let request = format!(r#"{{{limits},"trainingJobDefinitions":[{definitions}]}}"#);
            Case::of("CreateHyperParameterTuningJob", &request).says(&RULE)
        };
        assert_eq!(tuning([1, 1]), "skip");
        assert_eq!(tuning([1, 2]), "fail trainingJobDefinitions[1].enableInterContainerTrafficEncryption");
        let automl = Case::of("CreateAutoMLJob", r#"{"autoMLJobName":"j"}"#);
        assert_eq!(automl.says(&RULE), "fail autoMLJobConfig.securityConfig.enableInterContainerTrafficEncryption");
    }
}
