//! Use of KMS keys.

use super::abac::Statements;
use crate::statement::{Condition, Statement, Test};

/// Lets the principal use these keys for data, and SageMaker for the volumes of what the principal launches.
pub(super) fn statements(keys: &[String]) -> Statements {
    if keys.is_empty() {
        return Vec::new();
    }
    #[rustfmt::skip]
    let with = [
        "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo",
    ];
    let for_aws = Test::is_true("kms:GrantIsForAWSResource");
    vec![
        Statement::allow("Keys", with, Condition::default()).map(|statement| statement.on(keys)),
        // SageMaker passes on the keys of volumes by a grant.
        Statement::allow("VolumeKeys", ["kms:CreateGrant"], for_aws).map(|statement| statement.on(keys)),
    ]
}
