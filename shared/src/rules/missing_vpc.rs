//! Containers run outside the organisation's VPC.

use super::prelude::*;

/// `missing-vpc`
pub const RULE: Rule = Rule {
    id: "missing-vpc",
    fails_when: "there is no VPC configuration; for endpoint configurations that take it from the model: on any model",
    why: "Inside a VPC, traffic to data goes through endpoints with policies and flow logs; outside, over the internet from \
        machines that nobody can watch.",
    fix: "set `VpcConfig` with subnets and security groups, on the model where the endpoint configuration names one",
    action: Action::Stop,
    severity: Severity::High,
    options: &[],
    governs: &[Fact::Subnet],
    needs: &[Need::Models],
    prevention: Prevention::Partly("not what an endpoint configuration takes from its models"),
    example: r#"{"trainingJobName": "churn", "vpcConfig": {"subnets": [], "securityGroupIds": []}}"#,
    check,
    prevent,
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for network in facts.networks() {
        match findings.read(network) {
            None => {}
            Some(Network::Request) => {
                let (subnets, groups) = (findings.read(facts.texts(Fact::Subnet)), findings.read(facts.texts(Fact::SecurityGroup)));
                if let (Some(subnets), Some(groups)) = (subnets, groups) {
                    findings.fail_if(subnets.is_empty() || groups.is_empty(), || {
                        let message = "no VPC configuration";
                        Violation::new("requestParameters.vpcConfig", message, "subnets and security groups")
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

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    // Two tests in one statement would deny only what lacks both.
    let missing = |fact, key| deny_by_network(operations, fact, &Test::none_has_text(key));
    let mut denials = missing(Fact::Subnet, "sagemaker:VpcSubnets");
    denials.extend(missing(Fact::SecurityGroup, "sagemaker:VpcSecurityGroupIds"));
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
    fn an_endpoint_config_asks_its_models() {
        let request = r#"{"productionVariants":[{"modelName":"a"},{"modelName":"b"}]}"#;
        let case = || Case::endpoint_config(request).model("a", true, &["subnet-1"]);
        assert_eq!(case().model("b", true, &["subnet-1"]).says(&RULE), "pass");
        assert_eq!(case().model("b", true, &[]).says(&RULE), "fail productionVariants[1].modelName");
        assert_eq!(case().says(&RULE), "unknown productionVariants[1].modelName");
    }
}
