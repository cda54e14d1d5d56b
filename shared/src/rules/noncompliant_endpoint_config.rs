//! An endpoint uses a configuration that violates the policy.

use super::prelude::*;
use crate::call::Call;
use crate::decide::asked_for;
use crate::json::At;
use crate::plan::MARK;
use crate::policy::Policy;

/// `noncompliant-endpoint-config`
pub const RULE: Rule = Rule {
    id: "noncompliant-endpoint-config",
    fails_when: "an endpoint is created with, or updated to, a configuration that the other rules find fault with, or that is marked",
    why: "A configuration does nothing; an endpoint with it does. It may have been made before the policy, while rules only \
        observed, by somebody who was exempted, or it was marked because something used it. What it says is judged again when \
        it is used, by the rules that are on, as if whoever uses it had made it.",
    fix: "use a configuration that keeps the policy",
    action: Action::Stop,
    severity: Severity::Critical,
    options: &[],
    governs: &[Fact::EndpointConfig],
    needs: &[Need::EndpointConfigs],
    prevention: Prevention::None(
        "no condition key tells what a configuration says; but `render scp --quarantine` denies the use of those that are marked",
    ),
    example: r#"{"endpointName": "churn", "endpointConfigName": "churn-without-volume-key"}"#,
    check,
    prevent: prevents_nothing,
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let mut findings = Findings::default();
    for config in facts.endpoint_configs() {
        let Some((at, name, config)) = findings.read(config) else { continue };
        let judged = config.as_created(facts.call, |call, operation| {
            let created = Facts::of(call, operation, facts.caller.clone(), facts.evidence);
            judge(&created, &Used { at, name, call: facts.call }, settings.policy, &mut findings);
        });
        if judged.is_none() {
            findings.unread(Unread::new(at, format!("the endpoint configuration `{name}` cannot be read")));
        }
    }
    Ok(findings.outcome("no endpoint configuration is named"))
}

/// A configuration where it is used.
struct Used<'a> {
    at: At,
    name: &'a str,
    call: &'a Call<'a>,
}

impl Used<'_> {
    /// A place inside the configuration: where the call names it, then where it stands in there.
    fn inside(&self, path: &str) -> String {
        format!("{} → {}", self.at, path.strip_prefix("requestParameters.").unwrap_or(path))
    }
}

/// Judges a configuration by all rules but those that look at nothing but who calls, where and what.
fn judge(created: &Facts, used: &Used, policy: &Policy, findings: &mut Findings) {
    let name = used.name;
    if let Some(tags) = findings.read(created.tags())
        && let Some(mark) = tags.iter().find(|tag| tag.key.eq_ignore_ascii_case(MARK))
    {
        let message = format!("the configuration `{name}` is marked as violating `{}`", mark.value);
        let violation = Violation::new(used.inside(&mark.value_path()), message, format!("no tag `{MARK}`"));
        findings.fail(violation.actual(mark.value));
    }
    findings.pass();
    for (rule, settings) in policy.rules(created.call, &created.caller) {
        if rule.governs.contains(&Fact::Caller) || policy.exemption(rule, used.call, &created.caller).is_some() {
            continue;
        }
        let outcome = rule.judge(created, &settings);
        // A rule that is being tried, or only alerts, must not delete anything by way of this one.
        let at_most = Some(asked_for(&outcome, &settings));
        match outcome {
            Outcome::Pass | Outcome::Skip(_) => {}
            Outcome::Unknown(unread) => {
                findings.unread(Unread::new(used.inside(&unread.path), format!("`{}`: {}", rule.id, unread.why)));
            }
            Outcome::Fail(violations) => {
                for violation in violations {
                    findings.fail(Violation {
                        path: used.inside(&violation.path),
                        message: format!("the configuration `{name}` violates `{}`: {}", rule.id, violation.message),
                        fix: Some(format!("{}: {}", RULE.fix, violation.fix.as_deref().unwrap_or(rule.fix))),
                        at_most,
                        ..violation
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#""productionVariants":[{"modelName":"m","instanceType":"ml.m5.xlarge"}]"#;

    /// An endpoint is created with a configuration that says `request`, under a policy with more `rules`.
    fn case(request: &str, rules: &str) -> Case {
        let endpoint = r#"{"endpointName":"e","endpointConfigName":"c"}"#;
        Case::of("CreateEndpoint", endpoint).endpoint_config_named("c", &format!("{{{request}}}")).policy(rules)
    }

    const TYPES: &str = "[rules.unapproved-instance-type]\nallow = ['ml.m5.*']\n";

    #[test]
    fn a_configuration_is_judged_by_the_rules_that_are_on() {
        let bad = GOOD.replace("ml.m5.xlarge", "ml.p5.48xlarge");
        assert_eq!(case(&bad, "").says(&RULE), "pass");
        assert_eq!(case(GOOD, TYPES).says(&RULE), "pass");
        let expected = "fail endpointConfigName → productionVariants[0].instanceType";
        assert_eq!(case(&bad, TYPES).says(&RULE), expected);
        let Outcome::Fail(violations) = case(&bad, TYPES).outcome(&RULE) else { panic!("no violation") };
        assert!(violations[0].message.contains("`c` violates `unapproved-instance-type`"), "{}", violations[0].message);
        assert!(violations[0].fix.as_deref().is_some_and(|fix| fix.contains("use an approved instance type")));
    }

    #[test]
    fn updates_are_judged_too() {
        let case = |config: &str| {
            let request = format!(r#"{{"endpointName":"e","endpointConfigName":"{config}"}}"#);
            Case::of("UpdateEndpoint", &request).endpoint_config_named("c", &format!("{{{GOOD}}}"))
        };
        let rules = "[rules.unencrypted-volume]\n";
        let expected = "fail endpointConfigName → kmsKeyId";
        assert_eq!(case("c").policy(rules).says(&RULE), expected);
        assert_eq!(case("other").policy(rules).says(&RULE), "unknown endpointConfigName");
    }

    #[test]
    fn what_a_configuration_names_must_be_known_too() {
        let rules = "[rules.network-isolation-off]\n";
        let path = "endpointConfigName → productionVariants[0].modelName";
        assert_eq!(case(GOOD, rules).says(&RULE), format!("unknown {path}"));
        assert_eq!(case(GOOD, rules).model("m", true, &[]).says(&RULE), "pass");
        assert_eq!(case(GOOD, rules).model("m", false, &[]).says(&RULE), format!("fail {path}"));
    }

    #[test]
    fn a_mark_is_a_violation_by_itself() {
        let marked = format!(r#"{GOOD},"tags":[{{"key":"tagwarden:violation","value":"missing-vpc"}}]"#);
        assert_eq!(case(&marked, "").says(&RULE), "fail endpointConfigName → tags[0].value");
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

    #[test]
    fn tags_are_compared_with_the_user_of_the_configuration() {
        let of_borealis = format!(r#"{GOOD},"tags":[{{"key":"Project","value":"borealis"}}]"#);
        let case = |tag: &str| case(&of_borealis, "[rules.foreign-project-tag]\n").caller(&[("Project", tag)]);
        assert_eq!(case("borealis").says(&RULE), "pass");
        assert_eq!(case("atlas").says(&RULE), "fail endpointConfigName → tags[0].value");
    }

    #[test]
    fn rules_about_the_call_alone_are_not_asked_again() {
        let rules = "[rules.untagged-principal]\n[rules.unapproved-region]\nallow = ['us-east-1']\n";
        assert_eq!(case(GOOD, rules).caller(&[]).says(&RULE), "pass");
    }

    #[test]
    fn overrides_and_exemptions_are_those_of_the_inner_rule() {
        let bad = GOOD.replace("ml.m5.xlarge", "ml.p5.48xlarge");
        let allowed = format!(
            "{TYPES}[[overrides]]\nwhen = {{ operations = ['CreateEndpointConfig'] }}\n\
            rules.unapproved-instance-type.allow = ['ml.p5.*']\n"
        );
        assert_eq!(case(&bad, &allowed).says(&RULE), "pass");
        let exempted = format!(
            "{TYPES}[[exemptions]]\nprincipals = ['*']\nrules = ['unapproved-instance-type']\nuntil = 2026-03-02\n\
            reason = 'r'\nowner = 'o'\n"
        );
        assert_eq!(case(&bad, &exempted).says(&RULE), "pass");
        assert!(case(&bad, &exempted.replace("03-02", "03-01")).says(&RULE).starts_with("fail"));
    }

    #[test]
    fn no_more_is_asked_for_than_the_inner_rule_asks_for() {
        let asked = |rules: &str| match case(GOOD, rules).outcome(&RULE) {
            Outcome::Fail(violations) => violations[0].at_most,
            other => panic!("{rules}: {other:?}"),
        };
        assert_eq!(asked("[rules.unencrypted-volume]\n"), Some(Action::Stop));
        assert_eq!(asked("[rules.unencrypted-volume]\nmode = 'observe'\n"), Some(Action::Alert));
        assert_eq!(asked("[rules.unencrypted-volume]\naction = 'tag'\n"), Some(Action::Tag));
        assert_eq!(asked("[rules.missing-project-tag]\n"), Some(Action::Tag));
    }
}
