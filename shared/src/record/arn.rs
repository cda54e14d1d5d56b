//! Parts of ARNs: `arn:partition:service:region:account:resource` (AWS General Reference, "Amazon Resource Names").

use super::Call;

/// The region; empty for services without regions.
pub fn region(arn: &str) -> Option<&str> {
    arn.split(':').nth(3)
}

/// The account.
pub fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

/// The text after the last slash: the name of a role, a user or a SageMaker resource.
pub fn name(arn: &str) -> Option<&str> {
    arn.rsplit_once('/').map(|(_, name)| name)
}

/// The ARN of the SageMaker resource `name` in the account and region of a call (Service Authorization Reference, "Resource types
/// defined by Amazon SageMaker AI"). The service writes names in ARNs in lower case.
pub fn of_sagemaker(call: &Call, kind: &str, name: &str) -> Option<String> {
    let (region, account) = (call.region?, call.account?);
    Some(format!("arn:{}:sagemaker:{region}:{account}:{kind}/{}", partition(region), name.to_ascii_lowercase()))
}

/// The partition that a region belongs to (AWS General Reference).
pub fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        Some("us") if region.starts_with("us-isof-") => "aws-iso-f",
        Some("us") if region.starts_with("us-isob-") => "aws-iso-b",
        Some("us") if region.starts_with("us-iso-") => "aws-iso",
        Some("eusc") => "aws-eusc",
        Some("eu") if region.starts_with("eu-isoe-") => "aws-iso-e",
        _ => "aws",
    }
}

/// Whether it is the ARN of a resource of SageMaker.
pub fn is_of_sagemaker(arn: &str) -> bool {
    arn.split(':').nth(2) == Some("sagemaker")
}

/// Whether it is the ARN of an IAM role or user.
pub fn is_of_iam(arn: &str) -> bool {
    arn.split(':').nth(2) == Some("iam")
}

/// The type of a SageMaker resource, such as `training-job`: the text before the first slash.
pub fn kind(arn: &str) -> Option<&str> {
    arn.split(':').nth(5)?.split_once('/').map(|(kind, _)| kind)
}

/// Whether it is the ARN of an IAM user.
pub fn is_user(arn: &str) -> bool {
    resource(arn).is_some_and(|resource| resource.starts_with("user/"))
}

/// Whether it is the ARN of a service-linked role. IAM reserves the path `/aws-service-role/` for them (IAM User Guide,
/// "Service-linked roles").
pub fn is_service_linked_role(arn: &str) -> bool {
    is_of_iam(arn) && resource(arn).is_some_and(|resource| resource.starts_with("role/aws-service-role/"))
}

/// Whether it is the ARN of a role that IAM Identity Center made, which cannot be tagged: sessions alone carry tags (IAM Identity
/// Center User Guide, "Tagging resources"). The ARN of a session does not show the path that is reserved for them.
pub fn is_of_identity_center(arn: &str) -> bool {
    let is_reserved =
        |role: &str| role.starts_with("aws-reserved/sso.amazonaws.com/") || role.starts_with("AWSReservedSSO_");
    is_of_iam(arn) && resource(arn).and_then(|resource| resource.strip_prefix("role/")).is_some_and(is_reserved)
}

/// The last part. It may hold colons.
fn resource(arn: &str) -> Option<&str> {
    arn.splitn(6, ':').nth(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let user = "arn:aws:iam::111122223333:user/ml/eve";
        assert_eq!((region(user), account(user), name(user)), (Some(""), Some("111122223333"), Some("eve")));
        assert!(is_user(user) && is_of_iam(user));
        let job = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn";
        assert_eq!((kind(job), name(job), is_of_iam(job)), (Some("training-job"), Some("churn"), false));
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:guard";
        assert_eq!(
            (region(function), account(function), name(function)),
            (Some("eu-west-1"), Some("111122223333"), None)
        );
        assert!(!is_user(function));
        assert_eq!(account("guard"), None);
        assert!(!is_user("arn:aws:iam::111122223333:role/x:user/Train"), "a path may hold a colon");
        let scaling = "arn:aws:iam::111122223333:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForX";
        assert!(is_service_linked_role(scaling));
        assert!(!is_service_linked_role("arn:aws:iam::111122223333:role/x/role/aws-service-role/AWSServiceRoleForX"));
    }
}
