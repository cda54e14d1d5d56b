//! The request can start more instances than allowed.

use super::prelude::*;

/// `excessive-instance-count`
pub const RULE: Rule = Rule {
    id: "excessive-instance-count",
    fails_when: "the request can start more than `max` instances in all",
    why: "A typo in a count costs as much as the wrong instance type. Instance groups and variants add up. Managed \
        scaling counts with its maximum, and a tuning job with all jobs that run at the same time.",
    fix: "ask for fewer instances, or for an override of `max` for this project",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Cost,
    options: &[MAX],
    governs: &[Field::InstanceCount],
    prevention: Prevention::None("no condition key exists"),
    example: r#"{"trainingJobName": "churn", "resourceConfig": {"instanceType": "ml.m5.xlarge", "instanceCount": 64}}"#,
    check,
    ..Rule::DEFAULTS
};

const MAX: Spec =
    Spec { name: "max", meaning: "the most instances that one request may start", kind: Kind::Count, default: DefaultValue::Required, example: "8" };

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let max = settings.number(&MAX).unwrap_or_default();
    let Some((at, count)) = facts.instance_count()? else {
        let compute = if facts.operation.has(Field::Compute) { facts.compute()? } else { Vec::new() };
        return match compute.iter().find(|compute| compute.serverless.is_none()) {
            Some(compute) => Err(Unread::new(compute.at, "the instance count is missing")),
            None => Ok(Outcome::Skip("the request sets no instance count".to_owned())),
        };
    };
    if count as f64 <= max {
        return Ok(Outcome::Pass);
    }
    let violation = Violation::new(at, format!("the request can start {count} instances"), format!("at most {max}"));
    Ok(Outcome::Fail(vec![violation.actual(count)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_adds_up() {
        for (request, expected) in [
            (r#"{"resourceConfig":{"instanceCount":4,"instanceType":"t"}}"#, "pass"),
            (r#"{"resourceConfig":{"instanceCount":5,"instanceType":"t"}}"#, "fail resourceConfig.instanceCount"),
            (
                r#"{"resourceConfig":{"instanceCount":0,"instanceGroups":[{"instanceCount":2},{"instanceCount":3}]}}"#,
                "fail resourceConfig.instanceGroups[1].instanceCount",
            ),
            (r#"{"resourceConfig":{"instancePreferences":[{"instanceCount":4},{"instanceCount":2}]}}"#, "pass"),
            (r#"{"resourceConfig":{"instancePreferences":[{"instanceCount":5},{"instanceCount":2}]}}"#,
                "fail resourceConfig.instancePreferences[0].instanceCount"),
            (r#"{"resourceConfig":{"instanceCount":"many","instanceType":"t"}}"#, "unknown resourceConfig.instanceCount"),
            (r#"{"resourceConfig":{"instanceType":"t"}}"#, "unknown resourceConfig"),
            (r#"{"serverlessJobConfig":{"jobType":"FineTuning"}}"#, "skip"),
        ] {
            assert_eq!(Case::training(request).policy("max = 4").says(&RULE), expected, "{request}");
        }
    }

    #[test]
    fn tuning_jobs_run_several_at_a_time() {
        let job = |parallel: u8, counts: [u8; 2]| {
            let definition = |count| format!(r#"{{"resourceConfig":{{"instanceType":"t","instanceCount":{count}}}}}"#);
            let request = format!(
                r#"{{"hyperParameterTuningJobConfig":{{"resourceLimits":{{"maxParallelTrainingJobs":{parallel}}}}},
                "trainingJobDefinitions":[{},{}]}}"#,
                definition(counts[0]), definition(counts[1])
            );
            Case::of("CreateHyperParameterTuningJob", &request).policy("max = 4").says(&RULE)
        };
        assert_eq!(job(2, [1, 2]), "pass");
        assert_eq!(job(3, [1, 2]), "fail trainingJobDefinitions[1].resourceConfig.instanceCount");
        let optimization = Case::of("CreateOptimizationJob", r#"{"deploymentInstanceType":"ml.g5.xlarge"}"#);
        assert_eq!(optimization.policy("max = 4").says(&RULE), "skip");
    }

    #[test]
    fn managed_scaling_counts_with_its_ceiling() {
        let variant = |initial: u8, ceiling: u8| {
            format!(r#"{{"instanceType":"t","initialInstanceCount":{initial},"managedInstanceScaling":{{"maxInstanceCount":{ceiling}}}}}"#)
        };
        let says = |variants: &[String]| {
            let request = format!(r#"{{"productionVariants":[{}]}}"#, variants.join(","));
            Case::endpoint_config(&request).policy("max = 4").says(&RULE)
        };
        assert_eq!(says(&[variant(1, 0), variant(3, 2)]), "pass");
        assert_eq!(says(&[variant(1, 0), variant(1, 4)]), "fail productionVariants[1].initialInstanceCount");
    }
}
