//! A request holds a credential.

use super::prelude::*;
use crate::record::json::kind;
use crate::record::secrets::credential;

/// `secret-in-request`
pub const RULE: Rule = Rule {
    id: "secret-in-request",
    fails_when: "an environment variable or a hyperparameter holds a credential of a known form",
    why: "Whoever may read CloudTrail, or describe the resource, can read the credential. It stays in log files for as long as \
        those are kept.",
    fix: "revoke the credential: it was logged; then store a new one in AWS Secrets Manager, and let the code read it by its execution \
        role",
    action: Action::Alert,
    severity: Severity::High,
    concern: Concern::Protection,
    governs: &[Field::Variables],
    prevention: Prevention::None("no condition key exists"),
    example: r#"{"trainingJobName": "churn", "environment": {"REPOSITORY": "https://ana:hunter2@git.example.com/churn"}}"#,
    check,
    ..Rule::DEFAULTS
};

const EXPECTED: &str = "no credentials";

fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for found in facts.all(Field::Variables) {
        let Some(Some(variables)) = findings.read(found.value.clone()) else { continue };
        let Some(variables) = variables.as_object() else {
            findings.unread(Unread::new(found.at, format!("expected an object, found {}", kind(variables))));
            continue;
        };
        findings.pass();
        for (name, value) in variables.iter() {
            let Some(text) = value.as_str() else {
                findings.unread(Unread::new(found.at, format!("`{name}`: expected a string, found {}", kind(value))));
                continue;
            };
            if let Some(kind) = credential(name, text) {
                findings.fail(Violation::new(found.at, format!("`{name}` holds a credential: {kind}"), EXPECTED));
            }
        }
    }
    Ok(findings.outcome("the request sets no variables or hyperparameters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_named_by_its_variable_and_its_kind() {
        let token = format!("ghp_{}", "a".repeat(36));
        for (request, expected) in [
            (r#"{"environment":{"STAGE":"prod"},"hyperParameters":{"epochs":"3"}}"#.to_owned(), "pass"),
            (format!(r#"{{"environment":{{"TOKEN":"{token}"}}}}"#), "fail environment"),
            (format!(r#"{{"hyperParameters":{{"token":"\"{token}\""}}}}"#), "fail hyperParameters"),
            (r#"{"environment":{"TOKEN":"(GitHub token)"}}"#.to_owned(), "fail environment"),
            (r#"{"environment":"***"}"#.to_owned(), "unknown environment"),
            (r#"{"environment":{"omitted":true}}"#.to_owned(), "unknown environment"),
            (r#"{"trainingJobName":"churn"}"#.to_owned(), "skip"),
        ] {
            assert_eq!(Case::training(&request).says(&RULE), expected, "{request}");
        }
        let outcome = format!("{:?}", Case::training(&format!(r#"{{"environment":{{"TOKEN":"{token}"}}}}"#)).outcome(&RULE));
        assert!(outcome.contains("`TOKEN` holds a credential: GitHub token") && !outcome.contains(&token), "{outcome}");
    }

    #[test]
    fn containers_of_models_count() {
        let request = r#"{"containers":[{"environment":{}},{"environment":{"DB":"mysql://a:b@c/d"}}]}"#;
        assert_eq!(Case::of("CreateModel", request).says(&RULE), "fail containers[1].environment");
        let request = r#"{"trainingJobDefinitions":[{"staticHyperParameters":{"DB":"mysql://a:b@c/d"}}]}"#;
        assert_eq!(
            Case::of("CreateHyperParameterTuningJob", request).says(&RULE),
            "fail trainingJobDefinitions[0].staticHyperParameters"
        );
    }
}
