//! The job may cost too much.

use super::prelude::*;
use crate::terms::Usd;

/// `excessive-cost`
pub const RULE: Rule = Rule {
    id: "excessive-cost",
    fails_when: "the instances of a job cost more than `max-usd` at list prices if it runs for as long as it may",
    why: "Neither the instance type, nor their number, nor the run time is wrong by itself: together they are. Four \
        large instances for five days cost more than a small team's month.",
    fix: "ask for fewer or cheaper instances, or for a shorter longest run time",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Cost,
    options: &[MAX_USD],
    governs: &[Field::Charge],
    prevention: Prevention::None("no condition key knows prices"),
    example: r#"{"trainingJobName": "churn", "resourceConfig": {"instanceType": "ml.p5.48xlarge", "instanceCount": 4},
        "stoppingCondition": {"maxRuntimeInSeconds": 432000}}"#,
    check,
    ..Rule::DEFAULTS
};

const MAX_USD: Spec = Spec {
    name: "max-usd",
    meaning: "the most that one request may cost, in US dollars",
    kind: Kind::Positive,
    default: DefaultValue::Required,
    example: "10000",
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let max = Usd::dollars(settings.number(&MAX_USD).unwrap_or_default());
    let Some(cost) = facts.cost()? else {
        return Ok(Outcome::Skip("the request starts no instances that are charged by the hour".to_owned()));
    };
    let Some(at_most) = cost.at_most() else {
        return Ok(Outcome::Skip("a job of this kind may run for any time".to_owned()));
    };
    let mut findings = Findings::default();
    findings.fail_if(at_most > max, || {
        let message = format!("{cost} = {at_most}, more than {max}");
        Violation::new(cost.at, message, format!("at most {max}")).actual(at_most)
    });
    Ok(findings.outcome(""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// List prices of training in the region of cases.
    fn priced(case: Case) -> Case {
        case.price("Train", "ml.p5.48xlarge", "98.32").price("Train", "ml.m5.large", "0.115")
    }

    fn training(request: &str) -> Case {
        priced(Case::training(request)).policy("max-usd = 10000")
    }

    fn message(case: Case) -> String {
        match case.outcome(&RULE) {
            Outcome::Fail(violations) => violations[0].message.clone(),
            Outcome::Unknown(unread) => unread.why,
            Outcome::Skip(why) => why,
            Outcome::Pass => "pass".to_owned(),
        }
    }

    const FOUR: &str = r#""resourceConfig":{"instanceType":"ml.p5.48xlarge","instanceCount":4}"#;

    #[test]
    fn instances_times_hours_times_price() {
        let case = |seconds: u32| training(&format!(r#"{{{FOUR},"stoppingCondition":{{"maxRuntimeInSeconds":{seconds}}}}}"#));
        assert_eq!(message(case(432_000)), "4 × ml.p5.48xlarge × 120 h × $98.32 = $47,193.60, more than $10,000");
        assert_eq!(case(432_000).says(&RULE), "fail stoppingCondition.maxRuntimeInSeconds");
        assert_eq!(case(3600).says(&RULE), "pass");
        assert_eq!(message(case(100_001)), "4 × ml.p5.48xlarge × 100001 s × $98.32 = $10,924.56, more than $10,000");
    }

    #[test]
    fn what_is_unset_is_at_its_default() {
        assert_eq!(message(training(&format!("{{{FOUR}}}"))), "pass");
        let case = training(&format!("{{{FOUR}}}")).policy("\n[[overrides]]\nwhen = { operations = ['CreateTrainingJob'] }\nrules.excessive-cost.max-usd = 9438.71");
        assert_eq!(message(case), "4 × ml.p5.48xlarge × 24 h × $98.32 = $9,438.72, more than $9,438.71");
        let processing = r#"{"processingResources":{"clusterConfig":{"instanceType":"ml.m5.large","instanceCount":100}}}"#;
        let processing = Case::of("CreateProcessingJob", processing).price("Processing", "ml.m5.large", "0.5");
        assert_eq!(
            message(processing.policy("max-usd = 10000")),
            "100 × ml.m5.large × 216 h × $0.50 = $10,800, more than $10,000"
        );
    }

    #[test]
    fn groups_and_warm_pools_add_up_and_of_choices_the_dearest_counts() {
        let groups = r#"{"resourceConfig":{"keepAlivePeriodInSeconds":3600,"instanceGroups":[
            {"instanceType":"ml.p5.48xlarge","instanceCount":4},{"instanceType":"ml.m5.large","instanceCount":2}]},
            "stoppingCondition":{"maxRuntimeInSeconds":356400}}"#;
        let sum = "4 × ml.p5.48xlarge × 100 h × $98.32 + 2 × ml.m5.large × 100 h × $0.115 = $39,351, more than $10,000";
        assert_eq!(message(training(groups)), sum);
        let choices = r#"{"resourceConfig":{"instancePreferences":[{"instanceType":"ml.m5.large","instanceCount":9},
            {"instanceType":"ml.p5.48xlarge","instanceCount":8}]}}"#;
        assert_eq!(message(training(choices)), "8 × ml.p5.48xlarge × 24 h × $98.32 = $18,877.44, more than $10,000");
    }

    #[test]
    fn tuning_jobs_are_bounded_by_jobs_or_by_time() {
        let tuning = |limits: &str| {
            let request = format!(
                r#"{{"hyperParameterTuningJobConfig":{{"resourceLimits":{{"maxParallelTrainingJobs":2{limits}}}}},"trainingJobDefinitions":[
                {{"resourceConfig":{{"instanceType":"ml.m5.large","instanceCount":1}}}},{{{FOUR},"stoppingCondition":{{"maxRuntimeInSeconds":7200}}}}]}}"#
            );
            message(priced(Case::of("CreateHyperParameterTuningJob", &request)).policy("max-usd = 100"))
        };
        let one = "4 × ml.p5.48xlarge";
        assert_eq!(tuning(r#","maxNumberOfTrainingJobs":20"#), format!("20 jobs × {one} × 2 h × $98.32 = $15,731.20, more than $100"));
        let limits = r#","maxNumberOfTrainingJobs":20,"maxRuntimeInSeconds":3600"#;
        assert_eq!(tuning(limits), format!("2 jobs × {one} × 1 h × $98.32 = $786.56, more than $100"));
        assert_eq!(tuning(""), format!("2 jobs × {one} × 720 h × $98.32 = $566,323.20, more than $100"));
    }

    #[test]
    fn what_is_not_known_is_unknown_and_what_does_not_end_is_skipped() {
        let request = r#"{"resourceConfig":{"instanceType":"ml.p9.48xlarge","instanceCount":1}}"#;
        assert_eq!(training(request).says(&RULE), "unknown resourceConfig.instanceType");
        assert_eq!(message(training(request)), "the list price of `ml.p9.48xlarge` for training jobs in eu-west-1 is not known");
        assert_eq!(message(Case::training(request).policy("max-usd = 1")), "no list prices are known");
        for (request, expected) in [
            (r#"{"resourceConfig":{"instanceType":"ml.m5.large"}}"#, "unknown resourceConfig.instanceType"),
            (r#"{"resourceConfig":{"instanceType":"ml.m5.large","instanceCount":"x"}}"#, "unknown resourceConfig.instanceCount"),
            (r#"{"resourceConfig":7}"#, "unknown resourceConfig.instanceType"),
            (r#"{"serverlessJobConfig":{"jobType":"FineTuning"}}"#, "skip"),
        ] {
            assert_eq!(training(request).says(&RULE), expected, "{request}");
        }
        let transform = r#"{"transformResources":{"instanceType":"ml.m5.large","instanceCount":9}}"#;
        let transform = Case::of("CreateTransformJob", transform).price("Tsform", "ml.m5.large", "1").policy("max-usd = 1");
        assert_eq!(transform.says(&RULE), "skip");
        assert_eq!(Case::endpoint_config("{}").policy("max-usd = 1").says(&RULE), "skip");
    }

    /// The cost of a training job with these groups, for so many seconds, in millionths of a dollar.
    fn cost(groups: &[(u64, u64)], seconds: u64) -> u64 {
        let each = |(index, (count, _)): (usize, &(u64, u64))| format!(r#"{{"instanceType":"ml.t{index}.x","instanceCount":{count}}}"#);
        let listed = groups.iter().enumerate().map(each).collect::<Vec<_>>().join(",");
        let request = format!(
            r#"{{"resourceConfig":{{"instanceGroups":[{listed}]}},"stoppingCondition":{{"maxRuntimeInSeconds":{seconds}}}}}"#
        );
        let mut case = Case::training(&request).policy("max-usd = 1");
        for (index, (_, price)) in groups.iter().enumerate() {
            case = case.price("Train", &format!("ml.t{index}.x"), &price.to_string());
        }
        case.with_facts(&RULE, |facts, _, _| facts.cost().unwrap().unwrap().at_most().unwrap().as_millionths())
    }

    proptest! {
        #[test]
        fn more_never_costs_less_and_groups_add_up(
            groups in prop::collection::vec((1..u64::MAX, 1..1_000_000_u64), 1..4), seconds in 1..u64::MAX / 2, more in 0..1000_u64, at in 0..4_usize,
        ) {
            let before = cost(&groups, seconds);
            prop_assert!(cost(&groups, seconds.saturating_add(more)) >= before);
            let mut larger = groups.clone();
            let at = at % larger.len();
            larger[at].0 = larger[at].0.saturating_add(more);
            prop_assert!(cost(&larger, seconds) >= before);
            larger[at].1 += more;
            prop_assert!(cost(&larger, seconds) >= before);
            let apart: u64 = groups.iter().map(|group| cost(&[*group], seconds)).fold(0, u64::saturating_add);
            // Each is rounded up to a cent.
            prop_assert!(before <= apart && apart.saturating_sub(before) < 10_000 * 4 || apart == u64::MAX);
        }
    }
}
