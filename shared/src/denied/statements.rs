//! Which rules' statements are about an action.

use crate::policy::Policy;
use crate::render::{RuleStatement, preventive_statements};

/// The statements of a policy's rules. They are those of `render scp` before it merges and shortens them.
pub struct Statements(Vec<RuleStatement>);

impl Statements {
    /// All statements of the policy's rules.
    pub fn of(policy: &Policy) -> Self {
        Self(preventive_statements(policy, &|_| true).statements)
    }

    /// Those that can deny an action, such as `sagemaker:CreateTrainingJob`, in the order of the rules.
    pub fn on(&self, action: &str) -> Vec<&RuleStatement> {
        let is_about = |of_rule: &&RuleStatement| {
            of_rule.statement.actions().iter().any(|known| known.eq_ignore_ascii_case(action))
        };
        self.0.iter().filter(is_about).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sids(rules: &str, action: &str) -> Vec<String> {
        let policy = Policy::parse(&format!("version = 1\n{rules}")).expect(rules);
        Statements::of(&policy).on(action).into_iter().map(|of_rule| of_rule.statement.sid.clone()).collect()
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
