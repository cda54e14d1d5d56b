//! The request asks for an instance type that is not approved.

use super::prelude::*;
use crate::instance_types;
use crate::terms::Pattern;
use crate::statement::condition_keys;

/// `unapproved-instance-type`
pub const RULE: Rule = Rule {
    id: "unapproved-instance-type",
    fails_when: "an instance type anywhere in the request is outside `allow`",
    why: "Instance types decide what an hour costs, by a factor of a thousand. Types are set in more places than \
        `resourceConfig.instanceType`: instance groups, fallback preferences, debugger rules, shadow variants, the \
        defaults of a domain's apps.",
    fix: "use an approved instance type, or ask for an override of `allow` for this project",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Cost,
    options: &[ALLOW, SERVERLESS],
    governs: &[Field::InstanceType],
    prevention: Prevention::Partly("not inference components, optimization jobs and recommendation jobs"),
    example: r#"{"trainingJobName": "churn", "resourceConfig": {"instanceType": "ml.p5.48xlarge", "instanceCount": 1}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "the approved instance types, such as `ml.m5.*`",
    kind: Kind::Patterns(matches_no_type),
    default: DefaultValue::Required,
    example: "['ml.t3.*', 'ml.m5.*', 'ml.m6i.*', 'ml.g5.*']",
};

const SERVERLESS: Spec = Spec {
    name: "serverless",
    meaning: "whether compute without an instance type is approved",
    kind: Kind::Choice(&["allow", "deny"]),
    default: DefaultValue::Choice("allow"),
    example: "'allow'",
};

fn matches_no_type(pattern: &str) -> Option<Doubt> {
    let pattern = Pattern::new(pattern);
    let known = instance_types::all().any(|instance_type| pattern.matches(&instance_type));
    let why = "no SageMaker instance type matches it; types look like `ml.m5.xlarge`";
    (!known).then(|| Doubt::NeverMatches(why.to_owned()))
}

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    let mut findings = Findings::default();
    findings.each_text(facts.all(Field::InstanceType), |found, instance_type| {
        let approved = instance_types::NO_INSTANCES.contains(&instance_type)
            || allow.iter().any(|pattern| pattern.matches(instance_type));
        (!approved).then(|| {
            let message = format!("instance type `{instance_type}` is not approved");
            Violation::new(found.at, message, super::outcome::one_of(allow)).actual(instance_type)
        })
    });
    for compute in findings.read(facts.compute()).unwrap_or_default() {
        if let Some(at) = compute.serverless {
            let denied = settings.choice(&SERVERLESS) == Some("deny");
            findings.fail_if(denied, || {
                let expected = "an approved instance type";
                Violation::new(at, "serverless compute is not approved", expected).actual("serverless")
            });
        }
    }
    Ok(findings.outcome("the request launches no instances"))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let mut allow = settings.patterns(&ALLOW).unwrap_or_default().to_vec();
    allow.extend(instance_types::NO_INSTANCES.map(Pattern::new));
    let mut denials = vec![deny(operations, any_instance_type_outside(&allow))];
    if settings.choice(&SERVERLESS) != Some("deny") {
        return denials;
    }
    let (with_key, without_key): (Vec<_>, Vec<_>) = operations
        .iter()
        .copied()
        .filter(|operation| operation.has(Field::Serverless))
        .partition(|operation| condition_keys::applies(SERVERLESS_MEMORY, operation.name));
    denials.push(deny(&with_key, Test::is_set(SERVERLESS_MEMORY)));
    denials.push(deny(&without_key, Test::none_has_text("sagemaker:InstanceTypes")));
    denials
}

const SERVERLESS_MEMORY: &str = "sagemaker:ServerlessMemorySize";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_counts() {
        for (request, expected) in [
            (r#"{"resourceConfig":{"instanceType":"ml.m5.xlarge"}}"#, "pass"),
            (r#"{"resourceConfig":{"instanceType":"ml.p5.48xlarge"}}"#, "fail resourceConfig.instanceType"),
            (
                r#"{"resourceConfig":{"instanceGroups":[{"instanceType":"ml.m5.large"},{"instanceType":"ml.p5.48xlarge"}]}}"#,
                "fail resourceConfig.instanceGroups[1].instanceType",
            ),
            (
                r#"{"resourceConfig":{"instancePreferences":[{"instanceType":"ml.p5.48xlarge"}]}}"#,
                "fail resourceConfig.instancePreferences[0].instanceType",
            ),
            (
                r#"{"resourceConfig":{"instanceType":"ml.m5.large"},"debugRuleConfigurations":[{"instanceType":"ml.p3.2xlarge"}]}"#,
                "fail debugRuleConfigurations[0].instanceType",
            ),
            (r#"{"resourceConfig":{"instanceType":""},"debugRuleConfigurations":[{"instanceType":"ml.m5.large"}]}"#, "unknown resourceConfig"),
            (r#"{"resourceConfig":{"instanceType":7,"instanceGroups":[{"instanceType":"ml.p5.48xlarge"}]}}"#,
                "fail resourceConfig.instanceGroups[0].instanceType"),
            (r#"{"resourceConfig":{"instanceType":7}}"#, "unknown resourceConfig.instanceType"),
            (r#"{"x":1}"#, "unknown resourceConfig"),
            (r#"{"serverlessJobConfig":{"jobType":"FineTuning"}}"#, "pass"),
        ] {
            assert_eq!(Case::training(request).policy("allow = ['ml.m5.*']").says(&RULE), expected, "{request}");
        }
    }

    #[test]
    fn the_system_of_studio_is_no_instance() {
        for (instance_type, expected) in [("system", "pass"), ("ml.p5.48xlarge", "fail resourceSpec.instanceType")] {
            let app = format!(r#"{{"resourceSpec":{{"instanceType":"{instance_type}"}}}}"#);
            assert_eq!(Case::of("CreateApp", &app).policy("allow = ['ml.m5.*']").says(&RULE), expected);
        }
        let unchanged = Case::of("UpdateNotebookInstance", r#"{"instanceType":""}"#);
        assert_eq!(unchanged.policy("allow = ['ml.m5.*']").says(&RULE), "skip");
    }

    #[test]
    fn variants_pools_shadows_and_serverless() {
        for (request, expected) in [
            (r#"{"productionVariants":[{"instanceType":"ml.m5.xlarge"},{"serverlessConfig":{"memorySizeInMB":1024}}]}"#,
                "fail productionVariants[1].serverlessConfig"),
            (r#"{"productionVariants":[{"instancePools":[{"instanceType":"ml.g5.xlarge"}]}]}"#,
                "fail productionVariants[0].instancePools[0].instanceType"),
            (r#"{"productionVariants":[{"instanceType":"ml.m5.xlarge"}],"shadowProductionVariants":[{"instanceType":"ml.g5.xlarge"}]}"#,
                "fail shadowProductionVariants[0].instanceType"),
            (r#"{"productionVariants":[{"instanceType":"ml.m5.xlarge"},{"variantName":"b"}]}"#, "unknown productionVariants[1]"),
            (r#"{"productionVariants":[]}"#, "unknown productionVariants[]"),
        ] {
            let case = Case::endpoint_config(request).policy("allow = ['ml.m5.*']\nserverless = 'deny'");
            assert_eq!(case.says(&RULE), expected, "{request}");
        }
    }
}
