//! Containers run outside the organisation's VPC.

use super::prelude::*;
use crate::record::json::At;

/// `missing-vpc`
pub const RULE: Rule = Rule {
    id: "missing-vpc",
    fails_when: "the request has no VPC configuration or, if its models decide, one of the models has none",
    why: "Inside a VPC, traffic to data goes through endpoints with policies and flow logs. Outside, it goes over the \
        internet, without them.",
    fix: "set `VpcConfig` with subnets and security groups; if the request names a model, set it on the model",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    governs: &[Field::Vpc, Field::Model],
    needs: &[Need::Models],
    prevention: Prevention::Partly(
        "not settings that endpoint configurations, transform jobs and experiments take from models",
    ),
    example: r#"{"trainingJobName": "churn", "vpcConfig": {"subnets": [], "securityGroupIds": []}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for network in facts.networks() {
        match findings.read(network) {
            None => {}
            Some(Network::Request) => {
                for (slot, vpc) in facts.slots(Field::Vpc) {
                    let parts = [(Field::Subnet, "subnets"), (Field::SecurityGroup, "security groups")];
                    // If a request sets security groups elsewhere, the VPC's default one applies.
                    let parts = parts.into_iter().filter(|(field, _)| facts.operation.has_inside(slot.path, *field));
                    let complete: Option<Vec<bool>> =
                        parts.clone().map(|(field, _)| is_set_inside(facts, &vpc.at, field, &mut findings)).collect();
                    let Some(complete) = complete else { continue };
                    findings.fail_if(complete.contains(&false), || {
                        let expected: Vec<_> = parts.map(|(_, what)| what).collect();
                        Violation::new(vpc.at, "no VPC configuration", expected.join(" and "))
                    });
                }
            }
            Some(Network::Model { at, name, model }) => {
                findings.fail_if(model.subnets.is_empty() || model.security_groups.is_empty(), || {
                    let message = format!("the model `{name}` has no VPC configuration");
                    Violation::new(at, message, "a model with subnets and security groups").actual(name)
                });
            }
        }
    }
    Ok(findings.outcome("the request launches nothing"))
}

/// Whether the VPC configuration at this place sets `field`; `None` if it cannot be read.
fn is_set_inside(facts: &Facts, vpc: &At, field: Field, findings: &mut Findings) -> Option<bool> {
    let mut is_set = false;
    for found in facts.all(field).filter(|found| found.at.is_under(vpc)) {
        is_set |= findings.read(found.text())?.is_some();
    }
    Some(is_set)
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    // Two tests in one statement would deny only requests that lack both.
    let missing = |field, key| {
        let needs = |operation: &Operation| {
            operation.slots().any(|vpc| vpc.field == Field::Vpc && operation.has_inside(vpc.path, field))
        };
        let needing: Vec<_> = operations.iter().copied().filter(|operation| needs(operation)).collect();
        deny_lacking_in_network(&needing, field, &Test::none_has_text(key))
    };
    let mut denials = missing(Field::Subnet, "sagemaker:VpcSubnets");
    denials.extend(missing(Field::SecurityGroup, "sagemaker:VpcSecurityGroupIds"));
    denials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_subnets_and_security_groups_are_needed() {
        for (request, expected) in [
            (r#"{"vpcConfig":{"subnets":["subnet-1"],"securityGroupIds":["sg-1"]}}"#, "pass"),
            (r#"{"vpcConfig":{"subnets":[],"securityGroupIds":[]}}"#, "fail vpcConfig"),
            (r#"{"vpcConfig":{"subnets":["subnet-1"]}}"#, "fail vpcConfig"),
            (r#"{"x":1}"#, "fail vpcConfig"),
            (r#"{"vpcConfig":"none"}"#, "unknown vpcConfig.subnets[]"),
        ] {
            assert_eq!(Case::training(request).says(&RULE), expected, "{request}");
        }
    }

    #[test]
    fn every_vpc_configuration_counts() {
        let vpc = r#"{"subnets":["subnet-1"],"securityGroupIds":["sg-1"]}"#;
        for (operation, request, expected) in [
            ("CreateModel", format!(r#"{{"vpcConfig":{vpc}}}"#), "pass"),
            ("CreateModel", r#"{"modelName":"m"}"#.to_owned(), "fail vpcConfig"),
            ("CreateNotebookInstance", r#"{"subnetId":"subnet-1"}"#.to_owned(), "pass"),
            ("CreateNotebookInstance", r#"{"subnetId":""}"#.to_owned(), "fail subnetId"),
            ("CreateDomain", r#"{"subnetIds":["subnet-1"]}"#.to_owned(), "pass"),
            ("CreateDomain", r#"{"domainName":"d"}"#.to_owned(), "fail subnetIds"),
            ("UpdateDomain", r#"{"domainId":"d"}"#.to_owned(), "skip"),
            ("CreateCluster", format!(r#"{{"vpcConfig":{vpc},"instanceGroups":[{{"instanceCount":1}}]}}"#), "pass"),
            (
                "CreateCluster",
                format!(r#"{{"vpcConfig":{vpc},"instanceGroups":[{{"overrideVpcConfig":{{"subnets":["subnet-1"]}}}}]}}"#),
                "fail instanceGroups[0].overrideVpcConfig",
            ),
            ("CreateLabelingJob", r#"{"labelingJobName":"j"}"#.to_owned(), "skip"),
        ] {
            assert_eq!(Case::of(operation, &request).says(&RULE), expected, "{operation} {request}");
        }
    }

    #[test]
    fn an_endpoint_config_asks_its_models() {
        let request = r#"{"productionVariants":[{"modelName":"a"},{"modelName":"b"}]}"#;
        let case = || Case::endpoint_config(request).model("a", true, &["subnet-1"]);
        assert_eq!(case().model("b", true, &["subnet-1"]).says(&RULE), "pass");
        assert_eq!(case().model("b", true, &[]).says(&RULE), "fail productionVariants[1].modelName");
        assert_eq!(case().says(&RULE), "unknown productionVariants[1].modelName");
    }
}
