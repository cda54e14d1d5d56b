//! Access to places in S3: buckets, or prefixes in them.

use super::abac::Statements;
use crate::statement::{Condition, Statement, Test};
use crate::terms::Pattern;

/// Lets the principal read and write in `data`, read in `read_only`, and list both.
pub(super) fn statements(partition: &str, data: &[String], read_only: &[String]) -> Statements {
    let readable = [data, read_only].concat();
    let mut statements: Statements = Vec::new();
    let mut allow = |sid: &str, actions: &[&str], places: &[String]| {
        if !places.is_empty() {
            let objects = places.iter().map(|place| format!("{}/*", arn(partition, place)));
            let statement = Statement::allow(sid, actions.iter().copied(), Condition::default());
            statements.push(statement.map(|statement| statement.on(objects)));
        }
    };
    allow("Read", &["s3:GetObject", "s3:GetObjectVersion"], &readable);
    allow(
        "Write",
        &["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        data,
    );
    for (index, place) in readable.iter().enumerate() {
        let (bucket, _) = split(place);
        let list = Statement::allow(format!("List{}", index + 1), ["s3:ListBucket"], below(place));
        statements.push(list.map(|statement| statement.on([arn(partition, bucket)])));
    }
    statements
}

/// The ARN of a place.
pub(super) fn arn(partition: &str, place: &str) -> String {
    format!("arn:{partition}:s3:::{}", place.trim_end_matches('/'))
}

/// The bucket of a place, and the prefix in it.
pub(super) fn split(place: &str) -> (&str, &str) {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    (bucket, prefix.trim_end_matches('/'))
}

/// Limits a list to what is below the place.
pub(super) fn below(place: &str) -> Condition {
    match split(place) {
        (_, "") => Condition::default(),
        (_, prefix) => Test::like("s3:prefix", &[format!("{prefix}/*"), prefix.to_owned()].map(Pattern::new)).into(),
    }
}
