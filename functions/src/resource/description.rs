//! The description of a resource.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tagwarden::operations::Operation;
use tagwarden::record::secrets::{SECRET_MEMBERS, redacted};

/// Members that name the parent of a resource, such as the tuning job of a training job. The parent was judged itself: CloudTrail
/// reports its children by service events, which name no caller.
const PARENTS: [&str; 5] =
    ["autoMLJobArn", "labelingJobArn", "monitoringScheduleArn", "trainingJobArn", "tuningJobArn"];

/// The API's JSON in CloudTrail's spelling: the first letter of each key in lower case. Of what may hold secrets, it only says
/// where credentials are, and of what kind.
pub fn to_cloudtrail_form(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let spelled = members.into_iter().map(|(key, member)| (lower_first(&key), member));
            let form = |(key, member): (String, Value)| match SECRET_MEMBERS.contains(&key.as_str()) {
                true => (key, without_secrets(&member)),
                false => (key, to_cloudtrail_form(member)),
            };
            Value::Object(spelled.map(form).collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.into_iter().map(to_cloudtrail_form).collect(),
        leaf => leaf,
    }
}

fn without_secrets(variables: &Value) -> Value {
    let variables = variables.as_object().into_iter().flatten();
    json!(redacted(variables.map(|(name, value)| (name.as_str(), value.as_str()))))
}

pub(super) fn lower_first(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// The creation time in a description. The API's times are seconds since 1970 (AWS JSON 1.1 protocol).
pub fn created(described: &Value) -> Option<Timestamp> {
    let seconds = described.get("creationTime")?.as_f64()?;
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

/// ARN of the parent that created a resource, if its description names one.
pub fn parent<'a>(described: &'a Value, operation: &Operation) -> Option<&'a str> {
    let parents = PARENTS.iter().filter(|member| operation.resource_arn != Some(member));
    parents.filter_map(|member| described.get(*member)?.as_str()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_take_cloudtrails_spelling_and_secrets_are_left_out() {
        let described = json!({"TrainingJobName": "j", "Environment": {"TOKEN": "x"}, "HyperParameters": {"a": "b"},
            "ResourceConfig": {"InstanceGroups": [{"InstanceType": "ml.m5.xlarge"}]}});
        let expected = json!({"trainingJobName": "j", "environment": {}, "hyperParameters": {}, "resourceConfig": {"instanceGroups": [{"instanceType": "ml.m5.xlarge"}]}});
        assert_eq!(to_cloudtrail_form(described), expected);
    }

    #[test]
    fn a_child_has_a_parent_and_a_job_is_not_its_own_parent() {
        let operation = |name| Operation::named(name).expect("it is judged");
        let job = json!({"trainingJobArn": "job"});
        assert_eq!(parent(&job, operation("CreateTrainingJob")), None);
        assert_eq!(parent(&job, operation("CreateProcessingJob")), Some("job"));
        let child = json!({"trainingJobArn": "job", "tuningJobArn": "tuning"});
        assert_eq!(parent(&child, operation("CreateTrainingJob")), Some("tuning"));
    }
}
