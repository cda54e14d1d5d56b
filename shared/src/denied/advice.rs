//! What the person whose call was denied can do, in plain words.

use super::denied_call::{DenyingRule, Effect};
use super::message::DenialMessage;
use super::policy_type::PolicyType;
use crate::policy::Policy;
use crate::terms::quoted;

/// What is known about a denied call.
pub(super) struct Situation<'a> {
    pub message: &'a DenialMessage,
    /// Whether the request is known.
    pub has_request: bool,
    /// The caller's project, if it is known.
    pub project: Option<String>,
    pub rules: &'a [DenyingRule],
    pub action: &'a str,
}

/// Whether the denial is explained, and the advice.
pub(super) fn advice(operation: &str, situation: &Situation, policy: &Policy) -> (bool, Vec<String>) {
    let Situation { message, rules, action, .. } = situation;
    let any = |effect| rules.iter().any(|rule| rule.effect == effect);
    let by_rule = any(Effect::Denies) || (!situation.has_request && any(Effect::MayDeny));
    let mut advice = Vec::new();
    let explained = match message.denied_by {
        PolicyType::Scp if message.is_implicit => {
            advice.push(format!(
                "no service control policy allows `{action}`: Tagwarden's statements only deny, so ask the administrators of \
                your organisation"
            ));
            true
        }
        PolicyType::Scp | PolicyType::Unknown => {
            advice.extend(by_statement(situation, by_rule));
            // Without the request and the kind of policy, too much is possible.
            by_rule && (situation.has_request || message.denied_by == PolicyType::Scp)
        }
        PolicyType::Identity => {
            advice.extend(by_identity(operation, situation, policy));
            true
        }
        kind => {
            advice.push(by_another(kind, message.is_implicit, action));
            true
        }
    };
    if explained && any(Effect::Reports) {
        advice.push("correct what else the rules find, or Tagwarden reports it once the call is allowed".to_owned());
    }
    if message.is_encoded {
        advice.push(
            "decode the reason, if you may: `aws sts decode-authorization-message --encoded-message MESSAGE --query \
            DecodedMessage --output text`"
                .to_owned(),
        );
    }
    if !situation.has_request && action.starts_with("sagemaker:") {
        advice.push(format!(
            "the message does not hold the request: for the exact reason, wait some minutes until CloudTrail has the record, \
            then run `aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue={operation} \
            --query 'Events[].CloudTrailEvent' --output text | tagwarden explain -`"
        ));
    }
    (explained, advice)
}

/// A statement denied the call, or what did is not known.
fn by_statement(situation: &Situation, by_rule: bool) -> Vec<String> {
    let Situation { message, has_request, action, .. } = situation;
    let is_scp = message.denied_by == PolicyType::Scp;
    if by_rule {
        let first = match (has_request, is_scp) {
            (true, true) => "change the request as each `fix` says, and call again",
            (true, false) => {
                "the message does not name the kind of policy, but these rules deny such a request: change it as each `fix` \
                says, and call again"
            }
            (false, true) => "compare your request with each of these rules: any of them can have denied it",
            (false, false) => {
                "the message does not name the kind of policy: one of these rules can have denied the call, or no policy of your \
                role allows it"
            }
        };
        return vec![
            first.to_owned(),
            "if your work needs what a rule forbids, ask the team that maintains the policy file for an override or an exemption"
                .to_owned(),
        ];
    }
    let mut advice = Vec::new();
    let may = situation.rules.iter().any(|rule| rule.effect == Effect::MayDeny);
    advice.push(match (has_request, may) {
        (true, true) => {
            "the rules find nothing wrong that they deny, but could not read everything: give what is missing, such as IAM's \
            data with `--iam`"
                .to_owned()
        }
        (true, false) => {
            format!("the rules find nothing in the request for which they deny `{action}`: something else denied it")
        }
        (false, _) => format!("no rule of this policy denies `{action}`: something else denied it"),
    });
    if !is_scp {
        advice.push(format!(
            "the message does not name the kind of policy: perhaps no policy of your role allows `{action}`; ask the \
            administrators of your account"
        ));
    }
    advice.push(
        "other statements that `tagwarden render scp` can write deny calls as well: `--protect-tags` (the tag of what exists), \
        `--quarantine` (resources marked `tagwarden:violation`), `--approved-regions`, `--protect-keys`, `--no-escalation`, \
        `--protect-tagwarden` and `--role-path`"
            .to_owned(),
    );
    advice.push(match &message.policy_arn {
        Some(arn) => format!("ask the administrators of your organisation what the policy `{arn}` denies"),
        None => "your organisation may have other service control policies: ask its administrators".to_owned(),
    });
    advice
}

/// The caller's own policies denied the call.
fn by_identity(operation: &str, situation: &Situation, policy: &Policy) -> Vec<String> {
    let Situation { message, project, rules, action, .. } = situation;
    let mut advice = Vec::new();
    if !message.is_implicit {
        advice.push(format!("a statement in your role's or user's own policies denies `{action}`"));
    } else {
        advice.push(format!("no policy of your role or user allows `{action}` for this request"));
    }
    if *action == "iam:PassRole" {
        let role = message.resource.as_deref().map(|arn| format!(" `{arn}`")).unwrap_or_default();
        advice.push(format!(
            "use an execution role of your own project instead of{role}, or ask for permission to pass it"
        ));
    } else if action.starts_with("sagemaker:") {
        let tag = &policy.abac.tag;
        let own = project.as_ref().map(|project| format!(", `{project}`")).unwrap_or_default();
        advice.push(format!(
            "a condition on tags may be the reason: the policies that Tagwarden renders allow calls only if the request or the \
            resource has your own `{tag}` tag{own}"
        ));
        advice.extend(personas(operation, policy));
    }
    if rules.iter().any(|rule| rule.effect == Effect::Denies) {
        advice.push(
            "first change the request as each `fix` says: the rules' statements would deny it even if your policies allowed it"
                .to_owned(),
        );
    }
    advice.push("otherwise ask the administrators of your account".to_owned());
    advice
}

/// Which personas may call an operation, if the policy has personas.
fn personas(operation: &str, policy: &Policy) -> Option<String> {
    if policy.personas.is_empty() {
        return None;
    }
    let can = policy.personas.iter().filter(|persona| persona.operations.iter().any(|known| known == operation));
    let names = quoted(can.map(|persona| &persona.name));
    Some(match names.as_str() {
        "" => format!("no persona of the policy may call `{operation}`"),
        names => format!("personas of the policy that may call `{operation}`: {names}"),
    })
}

/// Another kind of policy denied the call.
fn by_another(kind: PolicyType, is_implicit: bool, action: &str) -> String {
    let name = kind.name().trim_start_matches("a ");
    let what = if is_implicit {
        format!("no {name} allows `{action}`")
    } else {
        format!("a statement in {} denies `{action}`", kind.name())
    };
    let whom = match kind {
        PolicyType::Boundary => {
            "the boundary limits your role regardless of its other policies; ask who manages your role"
        }
        PolicyType::Session => {
            "the policy was passed when your session began; use credentials without it, or ask who gives them out"
        }
        PolicyType::Resource => "ask the owner of the resource",
        PolicyType::VpcEndpoint => "ask who manages the VPC endpoint that the call went through",
        PolicyType::Scp | PolicyType::Rcp | PolicyType::Identity | PolicyType::Unknown => {
            "ask the administrators of your organisation"
        }
    };
    format!("{what}: {whom}")
}

#[cfg(test)]
mod tests {
    use super::super::{Explainer, messages};
    use super::*;

    fn advice_on(context: &str) -> (bool, String) {
        let policy = "version = 1\n[rules.persona-overreach]\n[personas.scientist]\noperations = ['CreateModel']";
        let text = format!(
            "An error occurred (AccessDenied) when calling the CreateModel operation: User: arn:aws:iam::1:user/eve is not \
            authorized to perform: sagemaker:CreateModel on resource: arn:x {context}"
        );
        let denied = Explainer::new(&Policy::parse(policy).unwrap()).message(&messages(&text)[0]);
        (denied.explained, denied.advice.join("\n"))
    }

    #[test]
    fn each_kind_of_policy_leads_to_its_own_advice() {
        for (context, expected, says) in [
            ("because no identity-based policy allows the x action", true, "that may call `CreateModel`: `scientist`"),
            ("because no identity-based policy allows the x action", true, "your own `Project` tag"),
            (
                "with an explicit deny in an identity-based policy",
                true,
                "a statement in your role's or user's own policies",
            ),
            ("because no permissions boundary allows the x action", true, "no permissions boundary allows"),
            ("with an explicit deny in a session policy", true, "a statement in a session policy denies"),
            ("because no VPC endpoint policy allows the x action", true, "no VPC endpoint policy allows"),
            ("because no service control policy allows the x action", true, "statements only deny"),
            ("Encoded authorization failure message: abc", false, "decode-authorization-message"),
            ("", false, "does not name the kind of policy"),
        ] {
            let (explained, advice) = advice_on(context);
            assert_eq!(explained, expected, "{context}");
            assert!(advice.contains(says), "{context}: {advice}");
        }
    }
}
