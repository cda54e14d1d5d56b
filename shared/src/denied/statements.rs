//! Which rules' statements are about an action.

use crate::policy::Policy;
use crate::render::{RuleStatement, preventive_statements};

/// The statements of the policy's rules that can deny an action, such as `sagemaker:CreateTrainingJob`, in the order of
/// the rules. They are those of `render scp` before it merges and shortens them.
pub fn statements_on(policy: &Policy, action: &str) -> Vec<RuleStatement> {
    let mut rendered = preventive_statements(policy, &|_| true).statements;
    rendered.retain(|of_rule| of_rule.statement.actions().iter().any(|known| known.eq_ignore_ascii_case(action)));
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sids(rules: &str, action: &str) -> Vec<String> {
        let policy = Policy::parse(&format!("version = 1\n{rules}")).expect(rules);
        statements_on(&policy, action).into_iter().map(|of_rule| of_rule.statement.sid).collect()
    }

    #[test]
    fn only_rules_that_are_prevented_for_the_action_count() {
        let shell = |more: &str| format!("[rules.remote-shell]\n{more}");
        assert_eq!(sids(&shell(""), "sagemaker:CreateTrainingJob"), ["RemoteShell"]);
        assert_eq!(sids(&shell(""), "SageMaker:createtrainingjob"), ["RemoteShell"], "IAM ignores case");
        for (rules, action) in [
            (shell(""), "sagemaker:CreateModel"),
            (shell(""), "iam:PassRole"),
            (shell("mode = 'observe'"), "sagemaker:CreateTrainingJob"),
            (shell("prevent = 'off'"), "sagemaker:CreateTrainingJob"),
        ] {
            assert_eq!(sids(&rules, action), [""; 0], "{rules} {action}");
        }
    }
}
