//! The request, or a model that it names, uses a security group that is not approved.

use super::prelude::*;

/// `unapproved-security-group`
pub const RULE: Rule = Rule {
    id: "unapproved-security-group",
    fails_when: "a security group is outside `allow`",
    why: "A security group decides what a container can reach. An open one defeats the purpose of the subnet.",
    fix: "use one of the approved security groups",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    options: &[ALLOW],
    governs: &[Field::SecurityGroup, Field::Model],
    needs: &[Need::Models],
    prevention: Prevention::Partly(
        "not settings that endpoint configurations, transform jobs and experiments take from models",
    ),
    example: r#"{"trainingJobName": "churn", "vpcConfig": {"securityGroupIds": ["sg-0bad"]}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "the approved security groups",
    kind: Kind::Patterns(|pattern| super::outcome::needs_prefix(pattern, "sg-")),
    default: DefaultValue::Required,
    example: "['sg-0a11b22c33d44e55f']",
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    Ok(super::outcome::approved_in_network(facts, Field::SecurityGroup, |model| &model.security_groups, "security group", allow))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    deny_in_network(operations, Field::SecurityGroup, &Test::any_not_like("sagemaker:VpcSecurityGroupIds", allow))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_one_counts_the_models_too() {
        let allow = "allow = ['sg-1', 'sg-2']";
        for (request, expected) in [
            (r#"{"vpcConfig":{"securityGroupIds":["sg-1","sg-2"]}}"#, "pass"),
            (r#"{"vpcConfig":{"securityGroupIds":["sg-1","sg-3"]}}"#, "fail vpcConfig.securityGroupIds[1]"),
            (r#"{"x":1}"#, "skip"),
        ] {
            assert_eq!(Case::training(request).policy(allow).says(&RULE), expected, "{request}");
        }
        let hosted = || Case::endpoint_config(r#"{"productionVariants":[{"modelName":"a"}]}"#).policy(allow);
        assert_eq!(hosted().model("a", true, &["subnet-1"]).says(&RULE), "pass");
        assert_eq!(hosted().model("a", true, &["subnet-3"]).says(&RULE), "fail productionVariants[0].modelName");
        assert_eq!(hosted().says(&RULE), "unknown productionVariants[0].modelName");
    }
}
