//! The resource that a call created or changed, as other operations of SageMaker address it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tagwarden::decide::resource;
use tagwarden::operations::Operation;
use tagwarden::record::Call;
use tagwarden::record::arn::name;

/// The request members that can address a resource, spelled as in CloudTrail (`trainingJobName`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// When the call was made. Nothing used the created resource before that.
    pub time: Option<Timestamp>,
    members: BTreeMap<String, String>,
}

/// The idempotency token of a request.
const CLIENT_TOKEN: &str = "clientRequestToken";

/// Members that the ARN also holds, after the resource type: `app/d-1/…`, `job/AgentRFT/…`.
const IN_ARN: [&str; 2] = ["domainId", "jobCategory"];

impl Target {
    /// The resource of a call. Other operations on it use the same member names as the request of the call (SageMaker API
    /// reference, for example `CreateApp`, `DescribeApp` and `DeleteApp`).
    pub fn of(call: &Call, operation: &Operation) -> Self {
        let mut members = BTreeMap::new();
        let mut add = |key: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                members.insert(key.to_owned(), value.to_owned());
            }
        };
        let resource = resource(call, operation);
        if let Some(arn) = resource.arn.as_deref() {
            let after_type = arn.split('/').nth(1);
            IN_ARN.iter().for_each(|key| add(key, after_type));
            operation.resource_arn.iter().for_each(|key| add(key, Some(arn)));
        }
        let request = call.request.as_ref().ok().and_then(|request| request.as_object());
        request.into_iter().flat_map(|request| request.iter()).for_each(|(key, value)| add(key, value.as_str()));
        operation.resource_name.iter().for_each(|key| add(key, resource.name.as_deref()));
        add(CLIENT_TOKEN, call.event_id);
        Self { time: call.time(), members }
    }

    /// The resource `arn`, which `operation` creates.
    pub fn with_arn(arn: &str, operation: &Operation) -> Self {
        let mut members = BTreeMap::new();
        let mut add =
            |key: &str, value: Option<&str>| value.map(|value| members.insert(key.to_owned(), value.to_owned()));
        let after_type = arn.split('/').nth(1);
        IN_ARN.iter().for_each(|key| drop(add(key, after_type)));
        operation.resource_arn.iter().for_each(|key| drop(add(key, Some(arn))));
        operation.resource_name.iter().for_each(|key| drop(add(key, name(arn))));
        Self { time: None, members }
    }

    /// A resource that is known only by its name.
    pub fn named(member: &str, name: &str) -> Self {
        Self { time: None, members: BTreeMap::from([(member.to_owned(), name.to_owned())]) }
    }

    /// The same with another member.
    #[must_use]
    pub fn and(mut self, member: &str, value: &str) -> Self {
        self.members.insert(member.to_owned(), value.to_owned());
        self
    }

    /// The value of a member, if it is known.
    pub fn member(&self, name: &str) -> Option<&str> {
        self.members.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use tagwarden::record::json::Value;

    use super::*;

    fn target(operation: &str, request: &str, response: &str) -> Target {
        let record = format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{operation}","eventID":"e","requestParameters":{request},
            "responseElements":{response}}}"#
        );
        let record: Value = serde_json::from_str(&record).expect("JSON");
        let operation = Operation::named(operation).expect("it is judged");
        Target::of(&Call::read(&record).expect("a record"), operation)
    }

    fn members(target: &Target) -> Vec<(&str, &str)> {
        target.members.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    #[test]
    fn the_request_addresses_the_resource() {
        let app = target(
            "CreateApp",
            r#"{"domainId":"d-1","spaceName":"s","userProfileName":"","appType":"JupyterLab","appName":"default"}"#,
            r#"{"appArn":"arn:aws:sagemaker:eu-west-1:111122223333:app/d-1/s/jupyterlab/default"}"#,
        );
        for (member, value) in
            [("domainId", "d-1"), ("spaceName", "s"), ("appType", "JupyterLab"), ("appName", "default")]
        {
            assert_eq!(app.member(member), Some(value));
        }
        assert_eq!(app.member("userProfileName"), None);
    }

    #[test]
    fn the_arn_addresses_the_resource_if_the_request_is_omitted() {
        let job = target(
            "CreateJob",
            r#"{"omitted":true}"#,
            r#"{"jobArn":"arn:aws:sagemaker:eu-west-1:111122223333:job/AgentRFT/j"}"#,
        );
        assert_eq!((job.member("jobName"), job.member("jobCategory")), (Some("j"), Some("AgentRFT")));
        let arn = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p/execution/x";
        let execution = target("StartPipelineExecution", "null", &format!(r#"{{"pipelineExecutionArn":"{arn}"}}"#));
        assert_eq!(execution.member("pipelineExecutionArn"), Some(arn));
        assert_eq!(execution.member("clientRequestToken"), Some("e"));
        assert_eq!(members(&Target::named("modelName", "m")), [("modelName", "m")]);
    }
}
