//! A shell can be opened inside the container, or from outside in a space.

use super::prelude::*;

/// `remote-shell`
pub const RULE: Rule = Rule {
    id: "remote-shell",
    fails_when: "remote debugging of a job, SSM access to a variant, or remote access to a space is enabled",
    why: "A shell inside the container has the execution role's credentials and the data in memory, and no code review \
        sees what is typed there.",
    fix: "leave `RemoteDebugConfig`, `EnableSSMAccess` and `RemoteAccess` off outside the development account",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    governs: &[Field::RemoteShell, Field::RemoteAccess],
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
    for found in facts.all(Field::RemoteAccess) {
        if let Some(status) = findings.read(found.text()) {
            findings.fail_if(status == Some(ENABLED), || {
                Violation::new(found.at, "people can connect to the space from outside", "`DISABLED`, or not set")
                    .actual(ENABLED)
            });
        }
    }
    Ok(findings.outcome("the request launches nothing with a shell"))
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let (spaces, jobs): (Vec<&Operation>, Vec<&Operation>) =
        operations.iter().copied().partition(|operation| operation.has(Field::RemoteAccess));
    vec![
        deny(&jobs, Test::is_true("sagemaker:EnableRemoteDebug")),
        deny(&spaces, Test::equals("sagemaker:RemoteAccess", &[ENABLED])),
    ]
}

/// `FeatureStatus` of the API.
const ENABLED: &str = "ENABLED";

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
        let space = |word: &str| Case::of("CreateSpace", &format!(r#"{{"spaceSettings":{{"remoteAccess":"{word}"}}}}"#));
        assert_eq!(space("ENABLED").says(&RULE), "fail spaceSettings.remoteAccess");
        assert_eq!(space("DISABLED").says(&RULE), "pass");
        assert_eq!(Case::endpoint_config(request).says(&RULE), "fail productionVariants[1].enableSSMAccess");
    }
}
