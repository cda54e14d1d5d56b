//! The request, or a model that it names, uses a subnet that is not approved.

use super::prelude::*;

/// `unapproved-subnet`
pub const RULE: Rule = Rule {
    id: "unapproved-subnet",
    fails_when: "a subnet is outside `allow`",
    why: "The approved subnets have VPC endpoints, flow logs and no route to the internet. Another subnet of the same \
        account may have one.",
    fix: "use one of the approved subnets",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    options: &[ALLOW],
    governs: &[Field::Subnet, Field::Model],
    needs: &[Need::Models],
    prevention: Prevention::Partly(
        "not settings that endpoint configurations, transform jobs and experiments take from models",
    ),
    example: r#"{"trainingJobName": "churn", "vpcConfig": {"subnets": ["subnet-0bad"]}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "the approved subnets",
    kind: Kind::Patterns(|pattern| super::outcome::needs_prefix(pattern, "subnet-")),
    default: DefaultValue::Required,
    example: "['subnet-0aaa1111bbb22222c', 'subnet-0ddd3333eee44444f']",
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    Ok(super::outcome::approved_in_network(facts, Field::Subnet, |model| &model.subnets, "subnet", allow))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let allow = settings.patterns(&ALLOW).unwrap_or_default();
    deny_in_network(operations, Field::Subnet, &Test::any_not_like("sagemaker:VpcSubnets", allow))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_one_counts_the_models_too() {
        let allow = "allow = ['subnet-1', 'subnet-2']";
        for (request, expected) in [
            (r#"{"vpcConfig":{"subnets":["subnet-1","subnet-2"]}}"#, "pass"),
            (r#"{"vpcConfig":{"subnets":["subnet-1","subnet-3"]}}"#, "fail vpcConfig.subnets[1]"),
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
