//! An endpoint uses a configuration that violates the policy.

use super::prelude::*;
use crate::terms::MARK;

/// `noncompliant-endpoint-config`
pub const RULE: Rule = Rule {
    id: "noncompliant-endpoint-config",
    fails_when: "an endpoint is created with, or updated to, a configuration that violates another rule or is marked",
    why: "A configuration runs nothing until an endpoint uses it. It may be older than the policy, date from a time \
        when rules only observed, or come from an exempted caller, or it was marked because something used it. When a \
        caller uses it, the rules that are on judge it again, as if that caller had created it.",
    fix: "use a configuration that complies with the policy",
    action: Action::Stop,
    severity: Severity::Critical,
    governs: &[Field::EndpointConfig],
    needs: &[Need::EndpointConfigs],
    prevention: Prevention::None(
        "no condition key holds the settings of a configuration; but `render scp --quarantine` denies the use of \
            marked configurations",
    ),
    example: r#"{"endpointName": "churn", "endpointConfigName": "churn-without-volume-key"}"#,
    check,
    ..Rule::DEFAULTS
};

/// Finds configurations that are marked. The other rules judge their settings when a decision is made.
fn check(facts: &Facts, settings: &Settings) -> Checked {
    let mut findings = Findings::default();
    for config in facts.endpoint_configs(settings.abac) {
        let Some((at, name, config)) = findings.read(config) else { continue };
        let marked = config.as_created(facts.call, |call, operation| {
            let created = Facts::of(call, operation, facts.caller.clone(), facts.evidence);
            let tags = created.tags()?;
            let mark = tags.iter().find(|tag| tag.key.eq_ignore_ascii_case(MARK));
            Ok(mark.map(|mark| {
                let message = format!("the configuration `{name}` is marked as violating `{}`", mark.value);
                let violation = Violation::new(at.inside(&mark.value_path()), message, format!("no tag `{MARK}`"));
                violation.actual(mark.value)
            }))
        });
        let unreadable = || Unread::new(at, format!("the endpoint configuration `{name}` cannot be read"));
        match findings.read(marked.ok_or_else(unreadable).and_then(|marked| marked)) {
            Some(Some(violation)) => findings.fail(violation),
            Some(None) => findings.pass(),
            None => {}
        }
    }
    Ok(findings.outcome("the request names no endpoint configuration"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Standing, TagChange};

    const GOOD: &str = r#""productionVariants":[{"modelName":"m","instanceType":"ml.m5.xlarge"}]"#;

    const ARN: &str = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/c";

    fn record(operation: &str, time: &str, request: &str) -> String {
        format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{operation}","eventTime":"2026-03-02T{time}Z",
            "awsRegion":"eu-west-1","recipientAccountId":"111122223333",
            "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve"}},"requestParameters":{{{request}}}}}"#
        )
    }

    /// An endpoint is created with a configuration that was created before, with these members.
    fn created_with(members: &str) -> Case {
        let created = format!(r#""endpointConfigName":"c","endpointConfigArn":"{ARN}",{GOOD}{members}"#);
        let endpoint = r#"{"endpointName":"e","endpointConfigName":"c"}"#;
        Case::of("CreateEndpoint", endpoint).record(&record("CreateEndpointConfig", "08:00:00", &created))
    }

    const MARKED: &str = r#""tags":[{"key":"tagwarden:violation","value":"missing-vpc"}]"#;

    #[test]
    fn a_mark_that_tagwarden_set_is_a_violation_by_itself() {
        let at = "2026-03-02T08:10:00Z".parse().expect("a time");
        let marked = || created_with("").ledger(TagChange::known(ARN, at, MARK, Some("missing-vpc"), Standing::Trusted));
        assert_eq!(marked().says(&RULE), "fail endpointConfigName → tags[0].value");
        let lifted = "2026-03-02T08:20:00Z".parse().expect("a time");
        assert_eq!(marked().ledger(TagChange::known(ARN, lifted, MARK, None, Standing::Trusted)).says(&RULE), "pass");
    }

    #[test]
    fn a_mark_that_anybody_may_set_does_not_count() {
        assert_eq!(created_with(&format!(",{MARKED}")).says(&RULE), "pass", "by its creator");
        let set = || {
            let request = format!(r#""resourceArn":"{ARN}",{MARKED}"#);
            created_with("").record(&record("AddTags", "08:10:00", &request))
        };
        assert_eq!(set().says(&RULE), "pass", "afterwards");
        let administered = "[abac]\nadministrators = ['arn:aws:iam::*:user/eve']\n";
        assert_eq!(set().policy(administered).says(&RULE), "fail endpointConfigName → tags[0].value");
    }
}
