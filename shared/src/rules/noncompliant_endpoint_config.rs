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
fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for config in facts.endpoint_configs() {
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

    const GOOD: &str = r#""productionVariants":[{"modelName":"m","instanceType":"ml.m5.xlarge"}]"#;

    /// An endpoint is created with a configuration that says `request`.
    fn case(request: &str) -> Case {
        let endpoint = r#"{"endpointName":"e","endpointConfigName":"c"}"#;
        Case::of("CreateEndpoint", endpoint).endpoint_config_named("c", &format!("{{{request}}}"))
    }

    #[test]
    fn a_mark_is_a_violation_by_itself() {
        let marked = format!(r#"{GOOD},"tags":[{{"key":"tagwarden:violation","value":"missing-vpc"}}]"#);
        assert_eq!(case(&marked).says(&RULE), "fail endpointConfigName → tags[0].value");
    }

    #[test]
    fn tags_that_were_set_or_removed_since_count() {
        let record = |operation: &str, time: &str, request: &str| {
            format!(
                r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{operation}","eventTime":"2026-03-02T{time}Z",
                "awsRegion":"eu-west-1","recipientAccountId":"111122223333","requestParameters":{{{request}}}}}"#
            )
        };
        let arn = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/c";
        let created = format!(r#""endpointConfigName":"c","endpointConfigArn":"{arn}",{GOOD}"#);
        let mark = format!(r#""resourceArn":"{arn}","tags":[{{"key":"tagwarden:violation","value":"missing-vpc"}}]"#);
        let unmark = format!(r#""resourceArn":"{arn}","tagKeys":["tagwarden:violation"]"#);
        let endpoint = || Case::of("CreateEndpoint", r#"{"endpointName":"e","endpointConfigName":"c"}"#);
        let case = || {
            let created = record("CreateEndpointConfig", "08:00:00", &created);
            endpoint().record(&created).record(&record("AddTags", "08:10:00", &mark))
        };
        assert_eq!(case().says(&RULE), "fail endpointConfigName → tags[0].value");
        assert_eq!(case().record(&record("DeleteTags", "08:20:00", &unmark)).says(&RULE), "pass");
    }
}
