//! What a role may do, shown by a request that it could make.

use std::fmt;

use jiff::Timestamp;

use super::judged_role::JudgedRole;
use super::outcome::{Findings, Violation};
use crate::grants::{Answer, By, Context, Grants, Request};
use crate::operations::{Field, Operation};
use crate::record::arn;
use crate::record::json::{Read, Unread};

/// What a role may do.
pub(super) struct Permissions<'a> {
    /// Its policies.
    pub grants: Grants<'a>,
    role: JudgedRole<'a>,
    context: Context,
}

/// The fields of the roles that work on data: their permissions are those of the containers.
pub(super) const ROLES: [Field; 2] = [Field::ExecutionRole, Field::ServiceRole];

/// A request that a role could make, and the statement that allows it.
pub(super) struct Witness<'a> {
    pub action: String,
    pub resource: String,
    pub with: Option<(&'static str, &'static str)>,
    pub by: By<'a>,
}

impl<'a> Permissions<'a> {
    /// What a role may do.
    ///
    /// # Errors
    /// If it is not known what grants it permissions.
    pub fn of(role: &JudgedRole<'a>) -> Read<Self> {
        let context = context(role.region, arn::account(role.arn), role.time);
        Ok(Self { grants: role.grants()?, role: role.clone(), context })
    }

    /// An ARN with the role's partition, region and account in place of `{partition}`, `{region}` and `{account}`, and the role's
    /// own in place of `{role}`.
    pub fn fill(&self, resource: &str) -> String {
        let JudgedRole { arn, region, .. } = self.role;
        let account = arn::account(arn).unwrap_or_default();
        let resource = resource.replace("{partition}", arn::partition(region)).replace("{region}", region);
        resource.replace("{account}", account).replace("{role}", arn)
    }

    /// A request that the role's code could make.
    pub fn request<'r>(&self, action: &'r str, resource: &'r str) -> Request<'r> {
        Request { context: self.context.clone(), ..Request::new(action, resource) }
    }

    /// Whether the role may call `action` on `resource`, whose placeholders are filled. What depends on a condition key that is not
    /// known is no witness.
    ///
    /// # Errors
    /// If it depends on a policy that is not known.
    pub fn may(&self, action: &str, resource: &str) -> Result<Option<Witness<'a>>, String> {
        self.may_with(action, resource, None)
    }

    /// Whether the role may call an operation of SageMaker on a resource of any name.
    ///
    /// # Errors
    /// If it depends on a policy that is not known.
    pub fn may_call(&self, operation: &Operation) -> Result<Option<Witness<'a>>, String> {
        let resource = format!("arn:{{partition}}:sagemaker:{{region}}:{{account}}:{}/any", operation.kind);
        self.may(&format!("sagemaker:{}", operation.name), &resource)
    }

    /// The same, with a condition key and its value.
    ///
    /// # Errors
    /// If it depends on a policy that is not known.
    pub fn may_with(
        &self,
        action: &str,
        resource: &str,
        with: Option<(&'static str, &'static str)>,
    ) -> Result<Option<Witness<'a>>, String> {
        // Most roles may do little, and most questions are about other actions.
        if self.grants.never_allows(action) {
            return Ok(None);
        }
        let resource = self.fill(resource);
        let mut request = self.request(action, &resource);
        request.context = with.into_iter().fold(request.context, |context, (key, value)| context.with(key, value));
        match self.grants.decide(&request)? {
            Answer::Yes(by) => Ok(Some(Witness { action: action.to_owned(), resource, with, by })),
            Answer::Perhaps(_) | Answer::No => Ok(None),
        }
    }
}

/// What is known of any request that a role's code makes directly, over HTTPS, in the region and to a resource of the account
/// (IAM User Guide, "AWS global condition context keys").
fn context(region: &str, account: Option<&str>, time: Option<Timestamp>) -> Context {
    let context = Context::default().with("aws:SecureTransport", "true").with("aws:ViaAWSService", "false");
    let via = ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"];
    let context = via.into_iter().fold(context.with("aws:RequestedRegion", region), Context::without);
    let context = match account {
        Some(account) => context.with("aws:ResourceAccount", account).with("s3:ResourceAccount", account),
        None => context,
    };
    time.into_iter().fold(context, |context, time| context.with("aws:CurrentTime", &time.to_string()))
}

/// What is shown to be wrong, as a message; an error if it depends on a policy that is not known.
pub(super) type Shown = Result<Option<String>, String>;

/// The first that is shown. It outweighs what is not known.
pub(super) fn first(shown: impl Iterator<Item = Shown>) -> Shown {
    let mut unknown = Ok(None);
    for one in shown {
        match one {
            Ok(None) => {}
            Ok(wrong) => return Ok(wrong),
            Err(why) => unknown = Err(why),
        }
    }
    unknown
}

impl Findings {
    /// Reports what is shown to be wrong with a role.
    pub(super) fn show(&mut self, role: &JudgedRole, shown: Shown, expected: &str) {
        match shown {
            Ok(None) => self.pass(),
            Ok(Some(message)) => self.fail(Violation::new(&role.path, message, expected).actual(role.arn)),
            Err(why) => self.unread(Unread::new(&role.path, why)),
        }
    }
}

impl fmt::Display for Witness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "it may call `{}` on `{}`", self.action, self.resource)?;
        if let Some((key, value)) = self.with {
            write!(f, " with `{key}` = `{value}`")?;
        }
        write!(f, ", by {}", self.by)
    }
}
