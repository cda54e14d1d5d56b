//! Judges the endpoint configurations that a call uses, as if its caller had created them at that time: with the same
//! table, the same rules and the same settings.

use crate::evidence::EndpointConfig;
use crate::facts::Facts;
use crate::operations::Field;
use crate::policy::Policy;
use crate::record::json::Unread;
use crate::rules::{Findings, Outcome, Rule, Violation};
use crate::settings::Settings;

use super::plan::requested_action;

/// What the other rules find in the configurations that a call uses, as violations of `rule`. Rules that judge only the
/// caller, the place and the operation judge the call itself, and do not judge the configurations.
pub(super) fn judge(rule: &Rule, facts: &Facts, policy: &Policy) -> Outcome {
    let mut findings = Findings::default();
    // The rule itself reports what cannot be read.
    for (at, name, config) in facts.endpoint_configs(&policy.abac).into_iter().flatten() {
        config.as_created(facts.call, |call, operation| {
            let created = Facts::of(call, operation, facts.caller.clone(), facts.evidence);
            findings.pass();
            for (inner, settings) in policy.rules(call, &created.caller) {
                if inner.governs.contains(&Field::Caller)
                    || policy.exemption(inner, facts.call.time(), &created.caller).is_some()
                {
                    continue;
                }
                let outcome = inner.judge(&created, &settings);
                let by_tags = config.has_tags_of_today && depends_on_tags(&outcome, inner, &settings, &config, facts);
                // A rule that only observes or alerts must not delete an endpoint through this rule.
                let at_most = Some(requested_action(&outcome, &settings));
                match outcome {
                    Outcome::Pass | Outcome::Skip(_) => {}
                    Outcome::Unknown(unread) => {
                        let why = format!("`{}`: {}", inner.id, unread.why);
                        findings.unread(Unread::new(at.inside(&unread.path), why));
                    }
                    Outcome::Fail(violations) if by_tags => {
                        for violation in violations {
                            let why = format!("`{}`: {}{TAGS_OF_TODAY}", inner.id, violation.message);
                            findings.unread(Unread::new(at.inside(&violation.path), why));
                        }
                    }
                    Outcome::Fail(violations) => {
                        for violation in violations {
                            let fix = violation.fix.as_deref().unwrap_or(inner.fix);
                            findings.fail(Violation {
                                path: at.inside(&violation.path),
                                message: format!(
                                    "the configuration `{name}` violates `{}`: {}",
                                    inner.id, violation.message
                                ),
                                fix: Some(format!("{}: {fix}", rule.fix)),
                                at_most,
                                ..violation
                            });
                        }
                    }
                }
            }
        });
    }
    findings.outcome("no endpoint configuration can be read")
}

/// Added to findings that rest on the tags of today. They make nobody guilty.
const TAGS_OF_TODAY: &str = "; its tags are those of today: with which tags it was created is not known";

/// Whether a rule would find no violation in the configuration if its tags were not known.
fn depends_on_tags(
    outcome: &Outcome,
    rule: &Rule,
    settings: &Settings,
    config: &EndpointConfig,
    facts: &Facts,
) -> bool {
    let without_tags = config.with_unread_tags().as_created(facts.call, |call, operation| {
        rule.judge(&Facts::of(call, operation, facts.caller.clone(), facts.evidence), settings)
    });
    matches!(outcome, Outcome::Fail(_)) && !matches!(without_tags, Some(Outcome::Fail(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Case, summary};
    use crate::terms::Action;

    fn rule() -> &'static Rule {
        Rule::named("noncompliant-endpoint-config").unwrap()
    }

    /// What the rule says, by itself and by what the other rules find.
    fn outcome(case: Case) -> Outcome {
        case.with_facts(rule(), |facts, settings, policy| {
            rule().judge(facts, settings).and(judge(rule(), facts, policy))
        })
    }

    fn says(case: Case) -> String {
        summary(&outcome(case))
    }

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
        assert_eq!(says(case(&bad, "")), "pass");
        assert_eq!(says(case(GOOD, TYPES)), "pass");
        let expected = "fail endpointConfigName → productionVariants[0].instanceType";
        assert_eq!(says(case(&bad, TYPES)), expected);
        let Outcome::Fail(violations) = outcome(case(&bad, TYPES)) else { panic!("no violation") };
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
        assert_eq!(says(case("c").policy(rules)), expected);
        assert_eq!(says(case("other").policy(rules)), "unknown endpointConfigName");
    }

    #[test]
    fn what_a_configuration_names_must_be_known_too() {
        let rules = "[rules.network-isolation-off]\n";
        let path = "endpointConfigName → productionVariants[0].modelName";
        assert_eq!(says(case(GOOD, rules)), format!("unknown {path}"));
        assert_eq!(says(case(GOOD, rules).model("m", true, &[])), "pass");
        assert_eq!(says(case(GOOD, rules).model("m", false, &[])), format!("fail {path}"));
    }

    #[test]
    fn tags_are_compared_with_the_user_of_the_configuration() {
        let of_borealis = format!(r#"{GOOD},"tags":[{{"key":"Project","value":"borealis"}}]"#);
        let case = |tag: &str| case(&of_borealis, "[rules.foreign-project-tag]\n").caller(&[("Project", tag)]);
        assert_eq!(says(case("borealis")), "pass");
        assert_eq!(says(case("atlas")), "fail endpointConfigName → tags[0].value");
    }

    #[test]
    fn tags_of_today_make_nobody_guilty() {
        let stolen = format!(r#"{{{GOOD},"tags":[{{"key":"Project","value":"borealis"}}]}}"#);
        let says = |has_tags_of_today, rules: &str| {
            let request = serde_json::from_str(&stolen).unwrap();
            let config = EndpointConfig { arn: None, request, has_tags_of_today };
            says(case(GOOD, rules).caller(&[("Project", "atlas")]).config("c", config))
        };
        let foreign = "[rules.foreign-project-tag]\n";
        assert_eq!(says(false, foreign), "fail endpointConfigName → tags[0].value");
        assert_eq!(says(true, foreign), "unknown endpointConfigName → tags[0].value");
        assert_eq!(says(true, "[rules.unencrypted-volume]\n"), "fail endpointConfigName → kmsKeyId");
    }

    #[test]
    fn rules_about_the_call_alone_are_not_asked_again() {
        let rules = "[rules.untagged-principal]\n[rules.unapproved-region]\nallow = ['us-east-1']\n";
        assert_eq!(says(case(GOOD, rules).caller(&[])), "pass");
    }

    #[test]
    fn overrides_and_exemptions_are_those_of_the_inner_rule() {
        let bad = GOOD.replace("ml.m5.xlarge", "ml.p5.48xlarge");
        let allowed = format!(
            "{TYPES}[[overrides]]\nwhen = {{ operations = ['CreateEndpointConfig'] }}\n\
            rules.unapproved-instance-type.allow = ['ml.p5.*']\n"
        );
        assert_eq!(says(case(&bad, &allowed)), "pass");
        let exempted = format!(
            "{TYPES}[[exemptions]]\nprincipals = ['*']\nrules = ['unapproved-instance-type']\nuntil = 2026-03-02\n\
            reason = 'r'\nowner = 'o'\n"
        );
        assert_eq!(says(case(&bad, &exempted)), "pass");
        assert!(says(case(&bad, &exempted.replace("03-02", "03-01"))).starts_with("fail"));
    }

    #[test]
    fn no_more_is_asked_for_than_the_inner_rule_asks_for() {
        let asked = |rules: &str| match outcome(case(GOOD, rules)) {
            Outcome::Fail(violations) => violations[0].at_most,
            other => panic!("{rules}: {other:?}"),
        };
        assert_eq!(asked("[rules.unencrypted-volume]\n"), Some(Action::Stop));
        assert_eq!(asked("[rules.unencrypted-volume]\nmode = 'observe'\n"), Some(Action::Alert));
        assert_eq!(asked("[rules.unencrypted-volume]\naction = 'tag'\n"), Some(Action::Tag));
        assert_eq!(asked("[rules.missing-project-tag]\n"), Some(Action::Tag));
    }
}
