//! A shell can be opened inside the container.

use super::prelude::*;

/// `remote-shell`
pub const RULE: Rule = Rule {
    id: "remote-shell",
    fails_when: "remote debugging of a job, or SSM access to a variant, is enabled",
    why: "A shell inside the container has the execution role's credentials and the data in memory, and no code review \
        sees what is typed there.",
    fix: "leave `RemoteDebugConfig` and `EnableSSMAccess` off outside the development account",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    governs: &[Field::RemoteShell],
    prevention: Prevention::Partly("not variants, for which no condition key exists"),
    example: r#"{"trainingJobName": "churn", "remoteDebugConfig": {"enableRemoteDebug": true}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for found in facts.all(Field::RemoteShell) {
        if let Some(flag) = findings.read(found.flag()) {
            findings.fail_if(flag == Some(true), || {
                Violation::new(found.at, "a shell can be opened inside the container", "`false`, or not set").actual(true)
            });
        }
    }
    Ok(findings.outcome("the request launches nothing with a shell"))
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    vec![deny(operations, Test::is_true("sagemaker:EnableRemoteDebug"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_and_variants_are_checked() {
        assert_eq!(Case::training(r#"{"remoteDebugConfig":{"enableRemoteDebug":true}}"#).says(&RULE), "fail remoteDebugConfig.enableRemoteDebug");
        assert_eq!(Case::training(r#"{"remoteDebugConfig":{"enableRemoteDebug":false}}"#).says(&RULE), "pass");
        assert_eq!(Case::training(r#"{"x":1}"#).says(&RULE), "pass");
        let request = r#"{"productionVariants":[{"variantName":"a"},{"enableSSMAccess":"true"}]}"#;
        let update = r#"{"remoteDebugConfig":{"enableRemoteDebug":true}}"#;
        assert_eq!(Case::of("UpdateTrainingJob", update).says(&RULE), "fail remoteDebugConfig.enableRemoteDebug");
        assert_eq!(Case::endpoint_config(request).says(&RULE), "fail productionVariants[1].enableSSMAccess");
    }
}
