//! Users of a notebook instance are root.

use super::prelude::*;

/// `notebook-root-access`
pub const RULE: Rule = Rule {
    id: "notebook-root-access",
    fails_when: "users of a notebook instance have root access, by the request or by default",
    why: "Root can undo what a lifecycle configuration sets up: proxies, agents, blocked packages. Lifecycle \
        configurations run as root either way.",
    fix: "set `RootAccess` to `Disabled`",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    governs: &[Field::RootAccess],
    prevention: Prevention::Iam,
    example: r#"{"notebookInstanceName": "churn", "instanceType": "ml.t3.medium"}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let message = "users of the notebook have root access";
    Ok(super::outcome::switched_off(facts, Field::RootAccess, &["Disabled"], message))
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    deny_unless_switched_off(operations, "sagemaker:RootAccess", "Disabled")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_enabled() {
        for (operation, request, expected) in [
            ("CreateNotebookInstance", r#"{"rootAccess":"Disabled"}"#, "pass"),
            ("CreateNotebookInstance", r#"{"rootAccess":"Enabled"}"#, "fail rootAccess"),
            ("CreateNotebookInstance", r#"{"rootAccess":""}"#, "fail rootAccess"),
            ("CreateNotebookInstance", r#"{"rootAccess":false}"#, "unknown rootAccess"),
            ("UpdateNotebookInstance", r#"{"rootAccess":"Enabled"}"#, "fail rootAccess"),
            ("UpdateNotebookInstance", r#"{"volumeSizeInGB":9}"#, "skip"),
            ("CreateDomain", r#"{"domainName":"d"}"#, "skip"),
        ] {
            assert_eq!(Case::of(operation, request).says(&RULE), expected, "{operation} {request}");
        }
    }
}
