//! The error message of a denied call, as AWS words it and tools print it.
//!
//! Source: IAM User Guide, "Troubleshoot access denied error messages".

use super::policy_type::PolicyType;
use crate::record::is_denial;

/// What an error message says about a denied call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DenialMessage {
    /// The operation called, if a tool printed it before the message.
    pub operation: Option<String>,
    /// ARN of the caller.
    pub principal: Option<String>,
    /// The action that was denied. It can be another than the operation's: to create a training job needs `iam:PassRole`
    /// as well.
    pub action: Option<String>,
    /// The resource that the action was to be performed on.
    pub resource: Option<String>,
    /// The kind of policy that denied it.
    pub denied_by: PolicyType,
    /// Whether no policy of that kind allows the action. If not, a statement denies it.
    pub is_implicit: bool,
    /// ARN of the policy that denied it.
    pub policy_arn: Option<String>,
    /// Whether the reason is encoded, as with Amazon EC2.
    pub is_encoded: bool,
}

/// How the AWS CLI and boto3 begin an error, before its code.
const HEAD: &str = "An error occurred (";
/// What stands between the caller and the action.
const DENIED: &str = " not authorized to perform";
const CALLER: &str = "User: ";
const ENCODED: &str = "Encoded authorization failure message";
/// How many words after the action may belong to the message.
const LONGEST: usize = 32;

/// The denials in a text: an error message, or a log or stack trace with some. Each different one counts once.
pub fn messages(text: &str) -> Vec<DenialMessage> {
    // In JSON and in source code, line breaks and quotes are escaped. Terminals and documents break lines anywhere.
    let text = text.replace("\\n", " ").replace("\\\"", "\"");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for (index, part) in text.split(HEAD).enumerate() {
        let head = if index == 0 { None } else { head(part) };
        let operation = head.map(|(_, operation)| operation);
        let mut denials = denials(part, operation);
        let is_encoded = part.contains(ENCODED);
        let is_denied = head.is_some_and(|(code, _)| is_denial(code));
        match denials.last_mut() {
            Some(last) => last.is_encoded = is_encoded,
            None if is_encoded || is_denied => {
                let operation = operation.map(str::to_owned);
                denials.push(DenialMessage { operation, is_encoded, ..DenialMessage::default() });
            }
            None => {}
        }
        for denial in denials {
            if !found.contains(&denial) {
                found.push(denial);
            }
        }
    }
    found
}

/// The error code and the operation in what follows [`HEAD`].
fn head(part: &str) -> Option<(&str, &str)> {
    let (code, rest) = part.split_once(')')?;
    let (operation, _) = rest.strip_prefix(" when calling the ")?.split_once(" operation")?;
    is_name(operation).then_some((code, operation))
}

/// The denials in a part of a text that is about one operation.
fn denials(part: &str, operation: Option<&str>) -> Vec<DenialMessage> {
    let mut denials = Vec::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once(DENIED) {
        rest = after;
        let after = after.trim_start_matches([':', ' ']);
        let (action, after) = after.split_once(' ').unwrap_or((after, ""));
        let action = bare(action);
        if !is_action(action) {
            continue;
        }
        let words = after.split(' ').take_while(|word| !word.ends_with(CALLER.trim_end())).take(LONGEST);
        let tail = words.collect::<Vec<_>>().join(" ");
        let (denied_by, is_implicit, policy_arn) = denied_by(&tail);
        let resource = tail.strip_prefix("on resource: ").and_then(|tail| tail.split(' ').next()).map(bare);
        denials.push(DenialMessage {
            operation: operation.map(str::to_owned),
            principal: caller(before).map(str::to_owned),
            action: Some(action.to_owned()),
            resource: resource.filter(|resource| !resource.is_empty()).map(str::to_owned),
            denied_by,
            is_implicit,
            policy_arn,
            is_encoded: false,
        });
    }
    denials
}

/// The caller at the end of what stands before [`DENIED`].
fn caller(before: &str) -> Option<&str> {
    let (_, caller) = before.rsplit_once(CALLER)?;
    let caller = bare(caller.strip_suffix(" is")?);
    caller.starts_with("arn:").then_some(caller).filter(|caller| !caller.contains(' '))
}

/// The kind of policy, whether no policy of that kind allows the action, and the policy's ARN.
fn denied_by(tail: &str) -> (PolicyType, bool, Option<String>) {
    let (is_implicit, what) = if let Some((_, rest)) = tail.split_once("with an explicit deny in ") {
        (false, rest.split_once(' ').map_or("", |(_article, rest)| rest))
    } else if let Some((_, rest)) = tail.split_once("because no ") {
        (true, rest)
    } else {
        return (PolicyType::Unknown, false, None);
    };
    match PolicyType::at_start(what) {
        Some((kind, rest)) => {
            let arn = rest.strip_prefix(": ").and_then(|rest| rest.split(' ').next()).map(bare);
            (kind, is_implicit, arn.filter(|arn| arn.starts_with("arn:")).map(str::to_owned))
        }
        None => (PolicyType::Unknown, is_implicit, None),
    }
}

/// A word without the quotes and punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_start_matches(['"', '\'', '`', '(', '[']).trim_end_matches(|c: char| "\"'`.,;:)]}\\".contains(c))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether this is the name of an action, such as `sagemaker:CreateTrainingJob`.
fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| is_name(&service.replace('-', "")) && is_name(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USER: &str = "arn:aws:sts::111122223333:assumed-role/ds/me";
    const JOB: &str = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/x";
    const SCP: &str = "arn:aws:organizations::111122223333:policy/o-abc/service_control_policy/p-def";

    fn sentence(context: &str) -> String {
        format!("User: {USER} is not authorized to perform: sagemaker:CreateTrainingJob on resource: {JOB} {context}")
    }

    fn only(text: &str) -> DenialMessage {
        let found = messages(text);
        let [one] = found.as_slice() else { panic!("{text}: {found:#?}") };
        one.clone()
    }

    #[test]
    fn every_documented_form_is_read() {
        let allows = |kind: &str| format!("because no {kind} allows the sagemaker:CreateTrainingJob action");
        let denies = |kind: &str| format!("with an explicit deny in {kind}");
        for (context, denied_by, is_implicit) in [
            (denies("a service control policy"), PolicyType::Scp, false),
            (allows("service control policy"), PolicyType::Scp, true),
            (denies("a resource control policy"), PolicyType::Rcp, false),
            (denies("an identity-based policy"), PolicyType::Identity, false),
            (allows("identity-based policy"), PolicyType::Identity, true),
            (denies("a permissions boundary"), PolicyType::Boundary, false),
            (allows("permissions boundary"), PolicyType::Boundary, true),
            (denies("a session policy"), PolicyType::Session, false),
            (allows("session policy"), PolicyType::Session, true),
            (denies("a resource-based policy"), PolicyType::Resource, false),
            (allows("resource-based policy"), PolicyType::Resource, true),
            (denies("the role trust policy"), PolicyType::Resource, false),
            (denies("a VPC endpoint policy"), PolicyType::VpcEndpoint, false),
            (allows("VPC endpoint policy"), PolicyType::VpcEndpoint, true),
            ("with an explicit deny".to_owned(), PolicyType::Unknown, false),
            (String::new(), PolicyType::Unknown, false),
        ] {
            let message = only(&sentence(&context));
            let expected = DenialMessage {
                principal: Some(USER.to_owned()),
                action: Some("sagemaker:CreateTrainingJob".to_owned()),
                resource: Some(JOB.to_owned()),
                denied_by,
                is_implicit,
                ..DenialMessage::default()
            };
            assert_eq!(message, expected, "{context}");
        }
        assert_eq!(
            only(&sentence(&format!("with an explicit deny in a service control policy: {SCP}"))).policy_arn.unwrap(),
            SCP
        );
    }

    #[test]
    fn tools_wrap_messages_in_their_own_ways() {
        let scp = sentence(&format!("with an explicit deny in a service control policy: {SCP}"));
        let operation = "when calling the CreateTrainingJob operation";
        let expected = only(&scp);
        for (text, has_operation) in [
            (format!("An error occurred (AccessDeniedException) {operation}: {scp}"), true),
            (format!("An error occurred (AccessDeniedException) {operation} (reached max retries: 4): {scp}"), true),
            (
                format!(
                    "Traceback (most recent call last):\n  File \"x.py\", line 3\nbotocore.exceptions.ClientError: An error occurred (AccessDeniedException) {operation}: {scp}\n"
                ),
                true,
            ),
            (format!("2026-03-02 ERROR api error AccessDeniedException: {scp}\n2026-03-02 INFO bye"), false),
            (format!("{{\"errorMessage\": \"An error occurred (AccessDenied) {operation}: {scp}\\n at x\"}}"), true),
            (scp.replace(JOB, &format!("\\\"{JOB}\\\"")), false),
            (scp.replace(' ', "\n    "), false),
            (format!("{scp} (Service: SageMaker, Status Code: 400, Request ID: 7)"), false),
            (format!("{scp}."), false),
        ] {
            let operation = has_operation.then(|| "CreateTrainingJob".to_owned());
            assert_eq!(only(&text), DenialMessage { operation, ..expected.clone() }, "{text}");
        }
    }

    #[test]
    fn several_messages_are_told_apart() {
        let (one, other) = (sentence(""), sentence("because no session policy allows the action"));
        let pass = "An error occurred (AccessDenied) when calling the CreateModel operation: User: arn:aws:iam::1:user/eve is \
            not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/x";
        let found = messages(&format!("{one}\n{one}\n{other}\n{pass} {one}"));
        let found: Vec<_> =
            found.iter().map(|one| (one.operation.as_deref(), one.action.as_deref().unwrap(), one.denied_by)).collect();
        let create = "sagemaker:CreateTrainingJob";
        assert_eq!(
            found,
            [
                (None, create, PolicyType::Unknown),
                (None, create, PolicyType::Session),
                (Some("CreateModel"), "iam:PassRole", PolicyType::Unknown),
                (Some("CreateModel"), create, PolicyType::Unknown),
            ]
        );
    }

    #[test]
    fn what_says_less_is_still_a_denial() {
        let encoded = "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not \
            authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnu";
        let message = only(encoded);
        assert_eq!(
            (message.operation.as_deref(), message.action, message.is_encoded),
            (Some("RunInstances"), None, true)
        );
        let short = only("An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied");
        assert_eq!((short.operation.as_deref(), short.is_encoded), (Some("ListBuckets"), false));
        for text in [
            "",
            "An error occurred (ValidationException) when calling the CreateModel operation: no such image",
            "you are not authorized to perform this dance",
            "AccessDenied",
        ] {
            assert_eq!(messages(text), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in any::<String>(), words in prop::collection::vec(prop::sample::select(vec![
            HEAD, DENIED, CALLER, ENCODED, "AccessDenied)", " when calling the ", "X operation", " is", ": a:B", "on resource: ",
            "with an explicit deny in ", "because no ", "a session policy", ": arn:", "ü", "\\n", "\"", " ",
        ]), 0..24)) {
            messages(&text);
            messages(&words.concat());
        }
    }
}
