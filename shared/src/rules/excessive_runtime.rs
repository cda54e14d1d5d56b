//! The job may run for too long.

use super::prelude::*;

/// `excessive-runtime`
pub const RULE: Rule = Rule {
    id: "excessive-runtime",
    fails_when: "the longest run time is above `max-hours`, or it is absent and the API's default exceeds that",
    why: "A job that hangs keeps running, and costing, until its longest run time is over. SageMaker allows up to 28 \
        days.",
    fix: "set the longest run time, such as `StoppingCondition.MaxRuntimeInSeconds`, to what the job needs",
    action: Action::Stop,
    severity: Severity::Medium,
    concern: Concern::Cost,
    options: &[MAX_HOURS],
    governs: &[Field::MaxRuntime],
    prevention: Prevention::Partly("not AutoML, compilation, optimization and recommendation jobs"),
    example: r#"{"trainingJobName": "churn", "stoppingCondition": {"maxRuntimeInSeconds": 2419200}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

const MAX_HOURS: Spec =
    Spec { name: "max-hours", meaning: "the longest run time, in hours", kind: Kind::Positive, default: DefaultValue::Required, example: "12" };

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let max_hours = settings.number(&MAX_HOURS).unwrap_or_default();
    let max_seconds = max_hours * 3600.0;
    let expected = || format!("at most {max_hours} hours ({max_seconds} seconds)");
    let mut findings = Findings::default();
    for (slot, found) in facts.slots(Field::MaxRuntime) {
        match (findings.read(found.count()), slot.default) {
            (None, _) => {}
            (Some(Some(seconds)), _) => {
                findings.fail_if(seconds as f64 > max_seconds, || {
                    let message = format!("the job may run for {} hours", hours(seconds));
                    Violation::new(found.at, message, expected()).actual(seconds)
                });
            }
            (Some(None), Some(default)) => {
                findings.fail_if(default as f64 > max_seconds, || {
                    let message = format!("no longest run time is set, and the default is {} hours", hours(default));
                    Violation::new(found.at, message, expected())
                });
            }
            (Some(None), None) => {}
        }
    }
    Ok(findings.outcome("the request sets no run time"))
}

/// Seconds as hours, to one decimal.
fn hours(seconds: u64) -> f64 {
    (seconds as f64 / 360.0).round() / 10.0
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    const KEY: &str = "sagemaker:MaxRuntimeInSeconds";
    let max_seconds = settings.number(&MAX_HOURS).unwrap_or_default() * 3600.0;
    // Requests count whole seconds.
    let limit = max_seconds.floor() as u64;
    let default = |operation: &Operation| operation.slots().filter_map(|slot| slot.default).max();
    let (too_long_by_default, others): (Vec<_>, Vec<_>) =
        operations.iter().copied().partition(|operation| default(operation).is_some_and(|default| default as f64 > max_seconds));
    let mut denials = deny_lacking(&too_long_by_default, Field::MaxRuntime, KEY, Test::above_or_unset(KEY, limit));
    denials.push(deny(&carrying(&others, &[Field::MaxRuntime], KEY), Test::above(KEY, limit)));
    denials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_means_the_default_of_a_day() {
        for (request, policy, expected) in [
            (r#"{"stoppingCondition":{"maxRuntimeInSeconds":43200}}"#, "max-hours = 12", "pass"),
            (r#"{"stoppingCondition":{"maxRuntimeInSeconds":43201}}"#, "max-hours = 12", "fail stoppingCondition.maxRuntimeInSeconds"),
            (r#"{"stoppingCondition":{"maxRuntimeInSeconds":1800}}"#, "max-hours = 0.5", "pass"),
            (r#"{"stoppingCondition":{"maxRuntimeInSeconds":0}}"#, "max-hours = 12", "fail stoppingCondition.maxRuntimeInSeconds"),
            (r#"{"x":1}"#, "max-hours = 12", "fail stoppingCondition.maxRuntimeInSeconds"),
            (r#"{"x":1}"#, "max-hours = 24", "pass"),
            (r#"{"stoppingCondition":7}"#, "max-hours = 24", "unknown stoppingCondition.maxRuntimeInSeconds"),
        ] {
            assert_eq!(Case::training(request).policy(policy).says(&RULE), expected, "{request}");
        }
        assert_eq!(Case::endpoint_config("{}").policy("max-hours = 1").says(&RULE), "skip");
    }

    #[test]
    fn each_slot_has_its_own_default() {
        let automl = |problem: &str| {
            let request = format!(r#"{{"autoMLProblemTypeConfig":{{"{problem}":{{"completionCriteria":{{"maxCandidates":2}}}}}}}}"#);
            Case::of("CreateAutoMLJobV2", &request).policy("max-hours = 24").says(&RULE)
        };
        assert_eq!(automl("tabularJobConfig"), "skip");
        let path = "autoMLProblemTypeConfig.textGenerationJobConfig.completionCriteria.maxRuntimePerTrainingJobInSeconds";
        assert_eq!(automl("textGenerationJobConfig"), format!("fail {path}"));
        assert_eq!(Case::of("CreateProcessingJob", r#"{"x":1}"#).policy("max-hours = 1").says(&RULE), "skip");
        let tuning = Case::of("CreateHyperParameterTuningJob", r#"{"trainingJobDefinitions":[{"roleArn":"r"}]}"#);
        let path = "trainingJobDefinitions[0].stoppingCondition.maxRuntimeInSeconds";
        assert_eq!(tuning.policy("max-hours = 12").says(&RULE), format!("fail {path}"));
    }
}
