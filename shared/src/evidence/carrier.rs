//! What carries tags: a role, a user or a resource.

use crate::record::arn;

/// A key for the carrier of tags with this ARN. In an account, the names of roles and users are unique, regardless of
/// path and case (IAM User Guide, "IAM identifiers"). SageMaker writes names in ARNs in lower case, and accepts them in
/// any case.
pub fn carrier(arn: &str) -> Option<String> {
    if !arn::is_of_iam(arn) {
        return Some(arn.to_ascii_lowercase());
    }
    let kind = if arn::is_user(arn) { "user" } else { "role" };
    Some(format!("{}:{kind}/{}", arn::account(arn)?, arn::name(arn)?.to_ascii_lowercase()))
}
