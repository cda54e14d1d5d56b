//! Notebooks reach the internet without going through the organisation's VPC.

use super::prelude::*;

/// `notebook-internet-access`
pub const RULE: Rule = Rule {
    id: "notebook-internet-access",
    fails_when: "a notebook instance or the apps of a Studio domain have direct internet access, by the request or by \
        default",
    why: "Direct access goes through SageMaker's own network and bypasses the VPC with its endpoints, proxies and flow \
        logs: data leaves, and packages arrive, unseen.",
    fix: "set `DirectInternetAccess` to `Disabled` and give a subnet; for a domain, set `AppNetworkAccessType` to \
        `VpcOnly`",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Network,
    governs: &[Field::InternetAccess],
    prevention: Prevention::Iam,
    example: r#"{"notebookInstanceName": "churn", "directInternetAccess": "Enabled"}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let message = "notebooks have direct internet access";
    Ok(super::outcome::switched_off(facts, Field::InternetAccess, &["Disabled", "VpcOnly"], message))
}

fn prevent(_: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let (domains, notebooks): (Vec<_>, Vec<_>) = operations.iter().copied().partition(|operation| operation.kind == "domain");
    let mut denials = deny_unless_switched_off(&notebooks, "sagemaker:DirectInternetAccess", "Disabled");
    denials.extend(deny_unless_switched_off(&domains, "sagemaker:AppNetworkAccessType", "VpcOnly"));
    denials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_internet() {
        for (operation, request, expected) in [
            ("CreateNotebookInstance", r#"{"directInternetAccess":"Disabled"}"#, "pass"),
            ("CreateNotebookInstance", r#"{"directInternetAccess":"Enabled"}"#, "fail directInternetAccess"),
            ("CreateNotebookInstance", r#"{"instanceType":"ml.t3.medium"}"#, "fail directInternetAccess"),
            ("CreateDomain", r#"{"appNetworkAccessType":"VpcOnly"}"#, "pass"),
            ("CreateDomain", r#"{"appNetworkAccessType":"PublicInternetOnly"}"#, "fail appNetworkAccessType"),
            ("CreateDomain", r#"{"domainName":"d"}"#, "fail appNetworkAccessType"),
            ("UpdateDomain", r#"{"domainId":"d"}"#, "skip"),
            ("UpdateDomain", r#"{"appNetworkAccessType":"PublicInternetOnly"}"#, "fail appNetworkAccessType"),
        ] {
            assert_eq!(Case::of(operation, request).says(&RULE), expected, "{operation} {request}");
        }
    }
}
