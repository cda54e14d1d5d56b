//! Containers can reach the network.

use super::prelude::*;

/// `network-isolation-off`
pub const RULE: Rule = Rule {
    id: "network-isolation-off",
    fails_when: "network isolation is off or not set, in the request or, if its models decide, on one of the models",
    why: "Isolated containers cannot make outbound calls, not even to AWS, so their data cannot leave. A VPC alone \
        does not ensure that.",
    fix: "set `EnableNetworkIsolation`; if the request names a model, set it on the model",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    governs: &[Field::NetworkIsolation, Field::Model],
    needs: &[Need::Models],
    prevention: Prevention::Partly(
        "not settings that endpoint configurations, transform jobs and experiments take from models",
    ),
    example: r#"{"trainingJobName": "churn", "enableNetworkIsolation": false}"#,
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
                for found in facts.all(Field::NetworkIsolation) {
                    findings.require(found, "network isolation is off");
                }
            }
            Some(Network::Model { at, name, model }) => {
                findings.fail_if(!model.network_isolation, || {
                    let message = format!("network isolation is off on the model `{name}`");
                    Violation::new(at, message, "a model with network isolation").actual(name)
                });
            }
        }
    }
    Ok(findings.outcome("the request launches nothing"))
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    deny_lacking_in_network(operations, Field::NetworkIsolation, &Test::is_not_true("sagemaker:NetworkIsolation"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_says_so_itself() {
        for (request, expected) in [
            (r#"{"enableNetworkIsolation":true}"#, "pass"),
            (r#"{"enableNetworkIsolation":false}"#, "fail enableNetworkIsolation"),
            (r#"{"x":1}"#, "fail enableNetworkIsolation"),
            (r#"{"enableNetworkIsolation":"yes"}"#, "unknown enableNetworkIsolation"),
        ] {
            assert_eq!(Case::training(request).says(&RULE), expected, "{request}");
        }
    }

    #[test]
    fn what_a_request_leaves_away_is_not_missing() {
        let schedule = |config: &str| {
            Case::of("CreateMonitoringSchedule", &format!(r#"{{"monitoringScheduleConfig":{config}}}"#)).says(&RULE)
        };
        assert_eq!(schedule(r#"{"monitoringJobDefinitionName":"d"}"#), "skip");
        assert_eq!(
            schedule(r#"{"monitoringJobDefinition":{"roleArn":"r"}}"#),
            "fail monitoringScheduleConfig.monitoringJobDefinition.networkConfig.enableNetworkIsolation"
        );
        let tuning = r#"{"trainingJobDefinitions":[{"enableNetworkIsolation":true},{"roleArn":"r"}]}"#;
        assert_eq!(
            Case::of("CreateHyperParameterTuningJob", tuning).says(&RULE),
            "fail trainingJobDefinitions[1].enableNetworkIsolation"
        );
    }

    #[test]
    fn a_transform_job_asks_its_model() {
        let case = || Case::of("CreateTransformJob", r#"{"modelName":"a","transformResources":{"instanceType":"t"}}"#);
        assert_eq!(case().model("a", true, &[]).says(&RULE), "pass");
        assert_eq!(case().model("a", false, &[]).says(&RULE), "fail modelName");
        assert_eq!(case().says(&RULE), "unknown modelName");
    }

    #[test]
    fn an_endpoint_config_asks_its_models() {
        let request = r#"{"enableNetworkIsolation":true,"productionVariants":[{"modelName":"a"}],"shadowProductionVariants":[{"modelName":"b"}]}"#;
        let case = || Case::endpoint_config(request).model("a", true, &[]);
        assert_eq!(case().model("b", true, &[]).says(&RULE), "pass");
        assert_eq!(case().model("b", false, &[]).says(&RULE), "fail shadowProductionVariants[0].modelName");
        assert_eq!(case().says(&RULE), "unknown shadowProductionVariants[0].modelName");
    }

    #[test]
    fn inference_components_take_it_from_the_endpoint_config() {
        let request = |flag: &str| format!(r#"{{{flag}"productionVariants":[{{"instanceType":"ml.m5.xlarge"}}]}}"#);
        assert_eq!(Case::endpoint_config(&request(r#""enableNetworkIsolation":true,"#)).says(&RULE), "pass");
        assert_eq!(Case::endpoint_config(&request("")).says(&RULE), "fail enableNetworkIsolation");
    }
}
