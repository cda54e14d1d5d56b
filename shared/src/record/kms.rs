//! KMS keys as requests name them.

use std::borrow::Cow;

use crate::record::Call;

/// A reference to a KMS key as an ARN, from any form in a request: `KmsKeyId` parameters take a key's id or ARN, or an
/// alias's name or ARN (SageMaker API reference). Ids and names are relative to the account and region of the call.
pub fn arn<'r>(reference: &'r str, call: &Call) -> Cow<'r, str> {
    if reference.starts_with("arn:") {
        return Cow::Borrowed(reference);
    }
    let region = call.region.unwrap_or("*");
    let account = call.account.unwrap_or("*");
    Cow::Owned(format!("arn:{}:kms:{region}:{account}:{}", partition(region), resource_of(reference)))
}

/// The last part of the ARN of a key or an alias that is named without its account and region.
pub fn resource_of(reference: &str) -> Cow<'_, str> {
    match reference.starts_with("alias/") || reference.starts_with("key/") {
        true => Cow::Borrowed(reference),
        false => Cow::Owned(format!("key/{reference}")),
    }
}

/// Whether this is the ARN of an alias.
pub fn is_alias(arn: &str) -> bool {
    resource(arn).is_some_and(|resource| resource.starts_with("alias/"))
}

/// Whether this is the ARN of an alias that AWS reserves for AWS-managed keys: `alias/aws/…` (KMS developer guide,
/// "Aliases").
pub fn is_aws_managed_alias(arn: &str) -> bool {
    resource(arn).is_some_and(|resource| resource.starts_with("alias/aws/"))
}

fn resource(arn: &str) -> Option<&str> {
    arn.splitn(6, ':').nth(5)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json::Value;

    #[test]
    fn every_form_becomes_an_arn() {
        let record =
            r#"{"eventSource":"s","eventName":"n","awsRegion":"cn-north-1","recipientAccountId":"111122223333"}"#;
        let record: Value = serde_json::from_str(record).unwrap();
        let call = Call::read(&record).unwrap();
        let key = "0d1e2f3a-1111-2222-3333-444455556666";
        for (reference, expected) in [
            (key.to_owned(), format!("arn:aws-cn:kms:cn-north-1:111122223333:key/{key}")),
            ("alias/ml".to_owned(), "arn:aws-cn:kms:cn-north-1:111122223333:alias/ml".to_owned()),
            (
                "arn:aws:kms:eu-west-1:444455556666:alias/ml".to_owned(),
                "arn:aws:kms:eu-west-1:444455556666:alias/ml".to_owned(),
            ),
        ] {
            assert_eq!(arn(&reference, &call), expected);
        }
        assert!(is_aws_managed_alias("arn:aws:kms:eu-west-1:444455556666:alias/aws/s3"));
        assert!(!is_aws_managed_alias("arn:aws:kms:eu-west-1:444455556666:alias/awsome"));
        assert_eq!(crate::record::arn::account("arn:aws:kms:eu-west-1:444455556666:alias/ml"), Some("444455556666"));
    }
}
