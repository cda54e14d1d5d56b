//! What SageMaker says of a resource.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tagwarden::operations::Operation;

/// Members that hold other people's secrets. No rule reads them.
const SECRET: [&str; 3] = ["Environment", "HyperParameters", "StaticHyperParameters"];

/// Members of a description that name what created the resource. That was judged itself: CloudTrail tells of its children by
/// service events, which name no caller.
const PARENTS: [&str; 5] =
    ["autoMLJobArn", "labelingJobArn", "monitoringScheduleArn", "trainingJobArn", "tuningJobArn"];

/// The API's JSON as CloudTrail writes it: with the first letter of each key lowered.
pub fn to_cloudtrail_form(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let told = members.into_iter().filter(|(key, _)| !SECRET.contains(&key.as_str()));
            let lowered = told.map(|(key, member)| (lower_first(&key), to_cloudtrail_form(member)));
            Value::Object(lowered.collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.into_iter().map(to_cloudtrail_form).collect(),
        leaf => leaf,
    }
}

pub(super) fn lower_first(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// When a resource was created, by its description. The API's times are seconds since 1970 (AWS JSON 1.1 protocol).
pub fn created(described: &Value) -> Option<Timestamp> {
    let seconds = described.get("creationTime")?.as_f64()?;
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

/// ARN of what created a resource, by its description.
pub fn parent<'a>(described: &'a Value, operation: &Operation) -> Option<&'a str> {
    let parents = PARENTS.iter().filter(|member| operation.resource_arn != Some(member));
    parents.filter_map(|member| described.get(*member)?.as_str()).next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_take_cloudtrails_form_and_secrets_are_left_out() {
        let described = json!({"TrainingJobName": "j", "Environment": {"TOKEN": "x"}, "HyperParameters": {"a": "b"},
            "ResourceConfig": {"InstanceGroups": [{"InstanceType": "ml.m5.xlarge"}]}});
        let expected =
            json!({"trainingJobName": "j", "resourceConfig": {"instanceGroups": [{"instanceType": "ml.m5.xlarge"}]}});
        assert_eq!(to_cloudtrail_form(described), expected);
    }

    #[test]
    fn a_child_has_a_parent_and_a_job_is_not_its_own() {
        let operation = |name| Operation::named(name).expect("it is judged");
        let job = json!({"trainingJobArn": "job"});
        assert_eq!(parent(&job, operation("CreateTrainingJob")), None);
        assert_eq!(parent(&job, operation("CreateProcessingJob")), Some("job"));
        let child = json!({"trainingJobArn": "job", "tuningJobArn": "tuning"});
        assert_eq!(parent(&child, operation("CreateTrainingJob")), Some("tuning"));
    }
}
