//! Explains denied calls.

use super::advice::{Situation, advice};
use super::denied_call::{DeniedCall, DenyingRule, Effect};
use super::message::{DenialMessage, messages};
use super::statements::Statements;
use crate::decide::{Decision, Finding, FindingOutcome, decide};
use crate::evidence::Evidence;
use crate::facts::Caller;
use crate::operations::Operation;
use crate::policy::Policy;
use crate::record::Call;
use crate::render::RuleStatement;
use crate::rules::Rule;
use crate::settings::Settings;
use crate::terms::quoted;

/// Explains denied calls by a policy.
pub struct Explainer<'p> {
    policy: &'p Policy,
    statements: Statements,
}

impl<'p> Explainer<'p> {
    /// Renders the policy's statements once, for all calls.
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, statements: Statements::of(policy) }
    }

    /// Explains the record of a denied call to SageMaker. The rules judge its request as if the call had been allowed.
    /// `None` for any other record.
    pub fn record(&self, call: &Call, evidence: &Evidence) -> Option<DeniedCall> {
        let policy = self.policy;
        if !(call.is_sagemaker() && call.is_denied()) {
            return None;
        }
        let message = messages(call.error_message.unwrap_or_default()).into_iter().next().unwrap_or_default();
        let attempt = Call { error_code: None, ..call.clone() };
        let decision = decide(&attempt, policy, evidence);
        let action = message.action.clone().unwrap_or_else(|| format!("sagemaker:{}", call.event_name));
        let statements = self.statements.on(&action);
        let caller = Caller::of(&attempt, evidence, policy.abac.session_tags);
        let prevented = policy.rules(&attempt, &caller).filter(|(_, settings)| settings.is_prevented());
        let prevented: Vec<_> = prevented.map(|(rule, _)| rule.id).collect();
        let mut rules: Vec<_> = decision
            .findings
            .iter()
            .filter_map(|finding| {
                let sids = sids(&statements, finding.rule);
                of_finding(finding, if prevented.contains(&finding.rule) { sids } else { Vec::new() })
            })
            .collect();
        rules.sort_by_key(|rule| rule.effect);
        let Decision { event_id, event_time, event_name, principal, .. } = decision;
        let project = principal.as_ref().and_then(|principal| principal.tags.get(&policy.abac.tag)).map(str::to_owned);
        let situation = Situation { message: &message, has_request: true, project, rules: &rules, action: &action };
        let (explained, advice) = advice(&event_name, &situation, policy);
        let DenialMessage { denied_by, policy_arn, principal: session, .. } = message;
        let principal = principal.and_then(|principal| principal.arn).or(session);
        Some(DeniedCall {
            event_id,
            event_time,
            event_name,
            action,
            principal,
            denied_by,
            policy_arn,
            explained,
            rules,
            advice,
        })
    }

    /// Explains a denied call of which only the error message is known: which rules can deny it.
    pub fn message(&self, message: &DenialMessage) -> DeniedCall {
        let policy = self.policy;
        let of_action = message.action.as_deref().and_then(|action| action.split_once(':')).map(|(_, name)| name);
        let event_name = message.operation.as_deref().or(of_action).unwrap_or("(unknown operation)").to_owned();
        let action = message.action.clone().unwrap_or_else(|| format!("sagemaker:{event_name}"));
        let statements = self.statements.on(&action);
        let mut rules: Vec<DenyingRule> = Vec::new();
        for RuleStatement { rule, .. } in &statements {
            if !rules.iter().any(|known| known.rule == rule.id) {
                rules.push(of_rule(rule, sids(&statements, rule.id), of_action, policy));
            }
        }
        let situation = Situation { message, has_request: false, project: None, rules: &rules, action: &action };
        let (explained, advice) = advice(&event_name, &situation, policy);
        DeniedCall {
            event_id: None,
            event_time: None,
            event_name,
            action,
            principal: message.principal.clone(),
            denied_by: message.denied_by,
            policy_arn: message.policy_arn.clone(),
            explained,
            rules,
            advice,
        }
    }
}

/// The names of a rule's statements among these.
fn sids(statements: &[&RuleStatement], rule: &str) -> Vec<String> {
    let of_rule = statements.iter().filter(|of_rule| of_rule.rule.id == rule);
    of_rule.map(|of_rule| of_rule.statement.sid.clone()).collect()
}

/// What a finding says about the denial. A fact that could not be read says nothing if it cannot have denied the call.
fn of_finding(finding: &Finding, statements: Vec<String>) -> Option<DenyingRule> {
    let effect = match finding.outcome {
        FindingOutcome::Fail if statements.is_empty() => Effect::Reports,
        FindingOutcome::Fail => Effect::Denies,
        FindingOutcome::Unknown if statements.is_empty() => return None,
        FindingOutcome::Unknown => Effect::MayDeny,
        FindingOutcome::Exempted => return None,
    };
    Some(DenyingRule {
        rule: finding.rule,
        effect,
        statements,
        path: finding.path.clone(),
        actual: finding.actual.clone(),
        expected: Some(finding.expected.clone()),
        message: finding.message.clone(),
        fix: if effect == Effect::MayDeny {
            Rule::named(finding.rule).map_or("", |rule| rule.fix).to_owned()
        } else {
            finding.fix.clone()
        },
    })
}

/// What a rule wants of the requests of an operation.
fn of_rule(rule: &'static Rule, statements: Vec<String>, operation: Option<&str>, policy: &Policy) -> DenyingRule {
    let operation = operation.and_then(Operation::named);
    let governed = operation.into_iter().flat_map(Operation::slots).filter(|slot| rule.governs.contains(&slot.field));
    let mut paths: Vec<_> = governed.map(|slot| format!("requestParameters.{}", slot.path.replace('?', ""))).collect();
    paths.dedup();
    DenyingRule {
        rule: rule.id,
        effect: Effect::MayDeny,
        statements,
        path: paths.join(", "),
        actual: None,
        expected: policy.settings(rule).and_then(|settings| expectation(rule, &settings)),
        message: format!("denied if {}", rule.fails_when),
        fix: rule.fix.to_owned(),
    }
}

/// The rule's own options as the policy sets them: `allow`: `ml.m5.*`, `ml.c5.*`.
fn expectation(rule: &Rule, settings: &Settings) -> Option<String> {
    let options = rule.options.iter().filter_map(|option| {
        let patterns = settings.patterns(option).map(quoted);
        let number = || settings.number(option).map(|number| number.to_string());
        let value = patterns.or_else(number).or_else(|| Some(format!("`{}`", settings.choice(option)?)))?;
        Some(format!("`{}` of the policy: {value}", option.name))
    });
    Some(options.collect::<Vec<_>>().join("; ")).filter(|options| !options.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::PolicyType;
    use super::*;
    use crate::record::json::Value;

    const SCP: &str = "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-a/service_control_policy/p-b";
    const POLICY: &str = "version = 1\n[rules.unapproved-instance-type]\nallow = ['ml.m5.*']\n[rules.excessive-runtime]\nmax-hours = 1\n";

    fn policy(more: &str) -> Policy {
        Policy::parse(&format!("{POLICY}{more}")).expect(more)
    }

    fn sentence(context: &str) -> String {
        format!(
            "User: arn:aws:iam::111122223333:user/eve is not authorized to perform: sagemaker:CreateTrainingJob {context}"
        )
    }

    fn record(instance_type: &str, code: &str, message: &str) -> String {
        format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"CreateTrainingJob","eventTime":"2026-03-02T09:00:00Z",
            "awsRegion":"eu-west-1","recipientAccountId":"111122223333","errorCode":"{code}","errorMessage":"{message}",
            "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve"}},
            "requestParameters":{{"trainingJobName":"n","resourceConfig":{{"instanceType":"{instance_type}","instanceCount":1}},
            "stoppingCondition":{{"maxRuntimeInSeconds":86400}}}}}}"#
        )
    }

    fn explain(record: &str, policy: &Policy) -> Option<DeniedCall> {
        let value: Value = serde_json::from_str(record).expect(record);
        Explainer::new(policy).record(&Call::read(&value).unwrap(), &Evidence::new(""))
    }

    fn effects(denied: &DeniedCall) -> Vec<(&str, Effect, String)> {
        denied.rules.iter().map(|rule| (rule.rule, rule.effect, rule.statements.join(" "))).collect()
    }

    #[test]
    fn the_rule_that_denied_comes_first_with_its_statement() {
        let (types, hours) = ("unapproved-instance-type", "excessive-runtime");
        let sid = "UnapprovedInstanceType".to_owned();
        let denied = explain(&record("ml.p5.48xlarge", "AccessDeniedException", &sentence(SCP)), &policy("")).unwrap();
        assert_eq!(effects(&denied)[0], (types, Effect::Denies, sid));
        assert!(denied.explained && denied.denied_by == PolicyType::Scp && denied.policy_arn.is_some());
        assert_eq!(denied.rules[0].path, "requestParameters.resourceConfig.instanceType");
        for more in ["prevent = 'off'", "mode = 'observe'"] {
            let policy = policy(&format!(
                "[[overrides]]\nwhen = {{ principals = ['*/eve'] }}\n{}",
                ["rules.unapproved-instance-type.", more].concat()
            ));
            let denied = explain(&record("ml.p5.48xlarge", "AccessDenied", &sentence(SCP)), &policy).unwrap();
            let of_types: Vec<_> = effects(&denied).into_iter().filter(|(rule, ..)| *rule == types).collect();
            assert_eq!(of_types, [(types, Effect::Reports, String::new())], "{more}: not for this caller");
        }
        let fine = explain(&record("ml.m5.large", "AccessDenied", &sentence(SCP)), &policy("prevent = 'off'")).unwrap();
        assert_eq!(effects(&fine), [(hours, Effect::Reports, String::new())]);
        assert!(!fine.explained, "a rule that cannot deny explains nothing");
    }

    #[test]
    fn only_denied_calls_are_explained() {
        for code in ["ValidationException", ""] {
            assert_eq!(explain(&record("ml.p5.48xlarge", code, ""), &policy("")), None, "{code}");
        }
        let other = record("ml.p5.48xlarge", "AccessDenied", "").replace("sagemaker.amazonaws.com", "s3.amazonaws.com");
        assert_eq!(explain(&other, &policy("")), None);
        assert!(explain(&record("ml.p5.48xlarge", "Client.UnauthorizedOperation", ""), &policy("")).is_some());
    }

    #[test]
    fn an_action_that_no_statement_is_about_was_not_denied_by_one() {
        let pass = "User: arn:aws:iam::1:user/eve is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/x because no identity-based policy allows the iam:PassRole action";
        let denied = explain(&record("ml.p5.48xlarge", "AccessDeniedException", pass), &policy("")).unwrap();
        assert_eq!((denied.action.as_str(), denied.denied_by), ("iam:PassRole", PolicyType::Identity));
        assert!(denied.rules.iter().all(|rule| rule.effect == Effect::Reports), "{:?}", denied.rules);
        assert!(denied.advice.iter().any(|advice| advice.contains("iam:PassRole")), "{:?}", denied.advice);
    }

    #[test]
    fn a_message_alone_leads_to_all_rules_for_the_action() {
        let message = messages(&sentence(SCP)).remove(0);
        let denied = Explainer::new(&policy("")).message(&message);
        let [types, ..] = denied.rules.as_slice() else { panic!("{denied:?}") };
        assert_eq!((types.rule, types.effect), ("unapproved-instance-type", Effect::MayDeny));
        assert!(types.expected.as_ref().unwrap().starts_with("`allow` of the policy: `ml.m5.*`"), "{types:?}");
        assert!(types.path.contains("requestParameters.resourceConfig.instanceType"), "{types:?}");
        assert!(denied.explained && denied.advice.iter().any(|advice| advice.contains("lookup-events")));
        let other = messages(&sentence(SCP).replace("CreateTrainingJob", "CreateFlowDefinition")).remove(0);
        let other = Explainer::new(&policy("")).message(&other);
        assert!(other.rules.is_empty() && !other.explained);
    }
}
