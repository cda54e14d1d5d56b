//! Names of operations.

/// The operation that describes the resource of `operation`: `DescribeTrainingJob` for `StopTrainingJob`.
pub fn describing(operation: &str) -> String {
    format!("Describe{}", noun(operation))
}

/// The resource that a list operation lists: `TrainingJob` for `ListTrainingJobs`.
pub fn listed(operation: &str) -> &str {
    noun(operation).trim_end_matches('s')
}

/// The resource in the name of an operation: `TrainingJob` for `StopTrainingJob`.
pub fn noun(operation: &str) -> &str {
    let verb = operation.bytes().skip(1).position(|byte| byte.is_ascii_uppercase()).map_or(0, |end| end + 1);
    operation.get(verb..).unwrap_or_default()
}
