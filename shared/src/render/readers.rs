//! Who in other accounts is let in by a resource's own policy: the execution roles of one project.

use crate::policy::Policy;
use crate::statement::{Condition, Principal, Test};
use crate::terms::Pattern;

/// The execution roles of a project, in some accounts.
#[derive(Clone, Debug)]
pub struct Readers {
    /// Their accounts.
    pub accounts: Vec<String>,
    /// Their project.
    pub project: String,
    /// The partition, such as `aws`.
    pub partition: String,
    /// Where execution roles are, as a path with `{project}`.
    pub role_path: String,
}

impl Readers {
    /// The accounts, as which a resource policy trusts them.
    pub(super) fn principal(&self) -> Principal {
        let root = |account| format!("arn:{}:iam::{account}:root", self.partition);
        Principal::Aws(self.accounts.iter().map(root).collect())
    }

    /// In these accounts, only the project's execution roles: an account's other roles and other projects' roles must not
    /// read. The path alone would trust all who may create roles there, and the tag alone all who may tag.
    pub(super) fn only_roles(&self, policy: &Policy) -> Condition {
        let path = self.role_path.trim_matches('/').replace("{project}", &self.project);
        let role = |account| Pattern::new(format!("arn:{}:iam::{account}:role/{path}/*", self.partition));
        let roles: Vec<_> = self.accounts.iter().map(role).collect();
        self.only_project(policy).with(Test::like("aws:PrincipalArn", &roles))
    }

    /// In these accounts, every principal of the project: the roles of people and of CI can be at any path.
    pub(super) fn only_project(&self, policy: &Policy) -> Condition {
        Test::equals(format!("aws:PrincipalTag/{}", policy.abac.tag), &[&self.project]).into()
    }
}
