//! The ports, by the AWS SDK.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_sdk_kms::types::KeyManagerType;
use aws_sdk_sagemaker::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_sagemaker::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sagemaker::error::BoxError;
use aws_sdk_sagemaker::types::TrainingJobStatus;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use jiff::Timestamp;
use lambda_runtime::Error;
use tagwarden::arn;
use tagwarden::call::Identity;
use tagwarden::evidence::{AttachedPolicy, Key, Model, Session, Tags, decode_policy_document};

use crate::config;
use crate::ports::{
    AddTags, Answer, Claim, ClaimEvent, DeleteEndpointConfig, DescribeKey, DescribeModel, DescribeResource, Failure,
    FetchPolicy, Fetched, FindSession, Message, Publish, ReadAttachedPolicies, ReadTags, ReadTrustPolicy,
    RecordSession, StopTrainingJob, Stopped,
};

/// How long one try of a call may take, and all of them together: a function has half a minute for everything.
const TRY: Duration = Duration::from_secs(3);
const CALL: Duration = Duration::from_secs(8);

/// How long a claim is good for, in seconds: longer than a function may run, shorter than Lambda waits before it tries again.
const LEASE: i64 = 45;

/// How long it is remembered that an event was dealt with, in seconds: longer than EventBridge and Lambda try.
const REMEMBERED: i64 = 7 * 24 * 3600;

/// Most endpoints that are looked at before a configuration is deleted. Only those created or updated since then can use it,
/// so there are none to a few.
const MAX_ENDPOINTS: i32 = 20;

/// Clients for all services.
pub struct Aws {
    dynamodb: aws_sdk_dynamodb::Client,
    iam: aws_sdk_iam::Client,
    kms: aws_sdk_kms::Client,
    s3: aws_sdk_s3::Client,
    sagemaker: aws_sdk_sagemaker::Client,
    sns: aws_sdk_sns::Client,
    tagging: aws_sdk_resourcegroupstagging::Client,
    table: String,
    topic: Option<String>,
}

impl Aws {
    /// Clients for the function's account and region.
    ///
    /// # Errors
    /// Where the environment does not name the table.
    pub async fn connect() -> Result<Self, Error> {
        let config = sdk_config(TRY, CALL).await;
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            sagemaker: aws_sdk_sagemaker::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            tagging: aws_sdk_resourcegroupstagging::Client::new(&config),
            table: config::required(config::TABLE)?,
            topic: config::required(config::TOPIC).ok(),
        })
    }
}

/// What clients need to know: `attempt` is how long one try of a call may take, `call` all of them together.
pub(crate) async fn sdk_config(attempt: Duration, call: Duration) -> SdkConfig {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(call).build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(200)))
        .timeout_config(timeouts)
        .load()
        .await
}

/// The failure of an API call: `<action> failed: <code>: <message>`.
pub(crate) fn failed<E, R>(action: &str) -> impl FnOnce(SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: Debug + 'static,
{
    let action = action.to_owned();
    move |error| {
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let reason = match metadata.and_then(|metadata| metadata.code().map(|code| (code, metadata.message()))) {
            Some((code, Some(message))) => format!("{code}: {message}"),
            Some((code, None)) => code.to_owned(),
            None => DisplayErrorContext(&error).to_string(),
        };
        Failure(format!("{action} failed: {reason}"))
    }
}

/// Whether the service answered with this error code.
pub(crate) fn has_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, code: &str) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some(code)
}

/// The name of the role or user, which is what IAM's API takes.
fn name(arn: &str) -> &str {
    arn::name(arn).unwrap_or(arn)
}

impl ReadTags for Aws {
    async fn tags(&self, arn: &str) -> Answer<Tags> {
        // A principal has at most 50 tags, which fit into one page of 100.
        let tags = if arn::is_user(arn) {
            let listed = self.iam.list_user_tags().user_name(name(arn)).send().await;
            listed.map_err(failed("iam:ListUserTags"))?.tags
        } else {
            let listed = self.iam.list_role_tags().role_name(name(arn)).send().await;
            listed.map_err(failed("iam:ListRoleTags"))?.tags
        };
        Ok(tags.iter().map(|tag| (tag.key(), tag.value())).collect())
    }
}

impl ReadAttachedPolicies for Aws {
    async fn attached_policies(&self, arn: &str) -> Answer<Vec<AttachedPolicy>> {
        // A role has at most 20 managed policies, which fit into one page of 100.
        let listed = self.iam.list_attached_role_policies().role_name(name(arn)).send().await;
        let policies = listed.map_err(failed("iam:ListAttachedRolePolicies"))?.attached_policies.unwrap_or_default();
        let policy = |policy: aws_sdk_iam::types::AttachedPolicy| AttachedPolicy {
            name: policy.policy_name.unwrap_or_default(),
            arn: policy.policy_arn.unwrap_or_default(),
        };
        Ok(policies.into_iter().map(policy).collect())
    }
}

impl ReadTrustPolicy for Aws {
    async fn trust_policy(&self, arn: &str) -> Answer<serde_json::Value> {
        let role = self.iam.get_role().role_name(name(arn)).send().await.map_err(failed("iam:GetRole"))?.role;
        let document = role.and_then(|role| role.assume_role_policy_document);
        let document = document.ok_or_else(|| Failure("iam:GetRole returned no trust policy".to_owned()))?;
        decode_policy_document(&document).map_err(Failure)
    }
}

impl FetchPolicy for Aws {
    async fn fetch_policy(&self, bucket: &str, key: &str, known: Option<&str>) -> Answer<Option<Fetched>> {
        const NOT_MODIFIED: u16 = 304;
        let fetched =
            self.s3.get_object().bucket(bucket).key(key).set_if_none_match(known.map(str::to_owned)).send().await;
        let object = match fetched {
            Err(error) if error.raw_response().is_some_and(|raw| raw.status().as_u16() == NOT_MODIFIED) => {
                return Ok(None);
            }
            fetched => fetched.map_err(failed("s3:GetObject"))?,
        };
        let etag = object.e_tag.clone();
        let unreadable = |why: &dyn std::fmt::Display| Failure(format!("s3:GetObject failed: {why}"));
        let bytes = object.body.collect().await.map_err(|error| unreadable(&error))?.to_vec();
        let text = String::from_utf8(bytes).map_err(|error| unreadable(&error))?;
        Ok(Some(Fetched { text, etag }))
    }
}

impl DescribeKey for Aws {
    async fn key(&self, arn: &str) -> Answer<Key> {
        let described = self.kms.describe_key().key_id(arn).send().await.map_err(failed("kms:DescribeKey"))?;
        let metadata = described.key_metadata.ok_or_else(|| Failure("kms:DescribeKey returned nothing".to_owned()))?;
        let customer_managed = metadata.key_manager == Some(KeyManagerType::Customer);
        Ok(Key { arn: metadata.arn.unwrap_or_else(|| arn.to_owned()), customer_managed })
    }
}

impl DescribeModel for Aws {
    async fn model(&self, name: &str) -> Answer<Model> {
        let described = self.sagemaker.describe_model().model_name(name).send().await;
        let described = described.map_err(failed("sagemaker:DescribeModel"))?;
        let vpc = described.vpc_config;
        Ok(Model {
            network_isolation: described.enable_network_isolation == Some(true),
            subnets: vpc.as_ref().map(|vpc| vpc.subnets().to_vec()).unwrap_or_default(),
            security_groups: vpc.map(|vpc| vpc.security_group_ids().to_vec()).unwrap_or_default(),
        })
    }
}

/// Keeps the JSON of an answer: the table of paths reads it as it reads requests.
#[derive(Clone, Debug, Default)]
struct Keep(Arc<Mutex<Option<Vec<u8>>>>);

impl Intercept for Keep {
    fn name(&self) -> &'static str {
        "keep the answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = context.response().body().bytes().map(<[u8]>::to_vec);
        Ok(())
    }
}

impl Keep {
    fn json(&self, action: &str) -> Answer<serde_json::Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = kept.as_deref().ok_or_else(|| Failure(format!("{action} answered nothing")))?;
        serde_json::from_slice(bytes).map_err(|error| Failure(format!("{action} answered no JSON: {error}")))
    }
}

impl DescribeResource for Aws {
    async fn describe(&self, operation: &str, name: &str) -> Answer<serde_json::Value> {
        let keep = Keep::default();
        match operation {
            "CreateTrainingJob" => {
                let action = "sagemaker:DescribeTrainingJob";
                let describe = self.sagemaker.describe_training_job().training_job_name(name);
                describe.customize().interceptor(keep.clone()).send().await.map_err(failed(action))?;
                keep.json(action)
            }
            "CreateEndpointConfig" => {
                let action = "sagemaker:DescribeEndpointConfig";
                let describe = self.sagemaker.describe_endpoint_config().endpoint_config_name(name);
                describe.customize().interceptor(keep.clone()).send().await.map_err(failed(action))?;
                keep.json(action)
            }
            other => Err(Failure(format!("what `{other}` creates cannot be described"))),
        }
    }

    async fn tags_of(&self, arn: &str) -> Answer<serde_json::Value> {
        // A resource has at most 50 tags, which fit into one page of 100.
        let listed = self.sagemaker.list_tags().resource_arn(arn).max_results(100).send().await;
        let listed = listed.map_err(failed("sagemaker:ListTags"))?;
        let tag = |tag: &aws_sdk_sagemaker::types::Tag| serde_json::json!({"Key": tag.key(), "Value": tag.value()});
        Ok(listed.tags().iter().map(tag).collect())
    }
}

/// Key of the item of a session that an access key finds.
fn by_access_key(access_key_id: &str) -> String {
    format!("session#key#{access_key_id}")
}

/// Key of the item of a session that principal and time of issue find.
fn by_principal(principal_id: &str, issued: Timestamp) -> String {
    format!("session#principal#{principal_id}#{issued}")
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn seconds(time: i64) -> AttributeValue {
    AttributeValue::N(time.to_string())
}

impl FindSession for Aws {
    async fn sessions(&self, identity: &Identity<'_>) -> Answer<Vec<Session>> {
        let issued = identity.principal_id.zip(identity.session_created.and_then(|time| time.parse().ok()));
        let access_key = identity.access_key_id.map(by_access_key);
        let principal = issued.map(|(principal_id, issued)| by_principal(principal_id, issued));
        let (signed, issued_then) =
            futures_util::try_join!(self.session_tags(access_key), self.session_tags(principal))?;
        let session = |access_key_id: Option<&str>, issued: Option<(&str, Timestamp)>, tags| Session {
            access_key_id: access_key_id.map(str::to_owned),
            issued: issued.map(|(principal_id, time)| (principal_id.to_owned(), time)),
            ends: None,
            tags: Ok(tags),
        };
        let signed = signed.map(|tags| session(identity.access_key_id, None, tags));
        let issued_then = issued_then.map(|tags| session(None, issued, tags));
        Ok(signed.into_iter().chain(issued_then).collect())
    }
}

impl Aws {
    async fn session_tags(&self, id: Option<String>) -> Answer<Option<Tags>> {
        let Some(id) = id else { return Ok(None) };
        let found =
            self.dynamodb.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true).send().await;
        let item = found.map_err(failed("dynamodb:GetItem"))?.item;
        let tags = item.and_then(|item| item.get("tags")?.as_m().ok().cloned());
        let pair = |(key, value): (&String, &AttributeValue)| Some((key.clone(), value.as_s().ok()?.clone()));
        Ok(tags.map(|tags| {
            let pairs: Vec<_> = tags.iter().filter_map(pair).collect();
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
        }))
    }
}

impl RecordSession for Aws {
    async fn record(&self, session: &Session, expires: Timestamp) -> Answer<()> {
        let tags = session.tags.iter().flat_map(Tags::iter);
        let tags: HashMap<_, _> = tags.map(|(key, value)| (key.to_owned(), text(value))).collect();
        let access_key = session.access_key_id.as_deref().map(by_access_key);
        let principal = session.issued.as_ref().map(|(principal_id, issued)| by_principal(principal_id, *issued));
        for id in access_key.into_iter().chain(principal) {
            let put = self.dynamodb.put_item().table_name(&self.table).item("id", text(id));
            let put = put.item("tags", AttributeValue::M(tags.clone())).item("expires", seconds(expires.as_second()));
            put.send().await.map_err(failed("dynamodb:PutItem"))?;
        }
        Ok(())
    }
}

const IN_PROGRESS: &str = "in progress";
const GIVEN_BACK: &str = "given back";
const DONE: &str = "done";

impl ClaimEvent for Aws {
    async fn claim(&self, event_id: &str) -> Answer<Claim> {
        let now = Timestamp::now().as_second();
        let claimed = self
            .update(event_id, "SET #state = :in_progress, lease = :lease, expires = :expires ADD attempts :one")
            .condition_expression(
                "attribute_not_exists(id) OR #state = :given_back OR (#state = :in_progress AND lease < :now)",
            )
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .expression_attribute_values(":given_back", text(GIVEN_BACK))
            .expression_attribute_values(":now", seconds(now))
            .expression_attribute_values(":lease", seconds(now + LEASE))
            .expression_attribute_values(":expires", seconds(now + REMEMBERED))
            .expression_attribute_values(":one", seconds(1))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match claimed {
            Ok(updated) => {
                let attempts = updated.attributes.and_then(|item| item.get("attempts")?.as_n().ok()?.parse().ok());
                Ok(Claim::Ours(attempts.unwrap_or(1)))
            }
            Err(error) => {
                let refused = error.as_service_error().filter(|error| error.is_conditional_check_failed_exception());
                match refused {
                    None => Err(failed("dynamodb:UpdateItem")(error)),
                    Some(refused) => {
                        let item = match refused {
                            aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                                refused,
                            ) => refused.item(),
                            _ => None,
                        };
                        let state = item.and_then(|item| item.get("state")?.as_s().ok());
                        Ok(if state.is_some_and(|state| state == DONE) { Claim::Done } else { Claim::Busy })
                    }
                }
            }
        }
    }

    async fn complete(&self, event_id: &str) -> Answer<()> {
        self.set_state(event_id, DONE).await
    }

    async fn give_back(&self, event_id: &str) -> Answer<()> {
        self.set_state(event_id, GIVEN_BACK).await
    }
}

impl Aws {
    async fn set_state(&self, event_id: &str, state: &str) -> Answer<()> {
        let update = self.update(event_id, "SET #state = :state").expression_attribute_values(":state", text(state));
        update.send().await.map(drop).map_err(failed("dynamodb:UpdateItem"))
    }

    fn update(
        &self,
        event_id: &str,
        expression: &str,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", text(format!("event#{event_id}")));
        update.update_expression(expression).expression_attribute_names("#state", "state")
    }
}

impl AddTags for Aws {
    async fn add_tags(&self, arn: &str, tags: &[(String, String)]) -> Answer<()> {
        let mut request = self.tagging.tag_resources().resource_arn_list(arn);
        for (key, value) in tags {
            request = request.tags(key, value);
        }
        let answer = request.send().await.map_err(failed("tag:TagResources"))?;
        // The API answers with success and lists what it did not tag.
        match answer.failed_resources_map().and_then(|failures| failures.get(arn)) {
            None => Ok(()),
            Some(failure) => {
                let code = failure.error_code().map(|code| code.as_str()).unwrap_or("unknown error");
                Err(Failure(format!(
                    "tag:TagResources failed: {code}: {}",
                    failure.error_message().unwrap_or_default()
                )))
            }
        }
    }
}

impl StopTrainingJob for Aws {
    async fn stop_training_job(&self, name: &str) -> Answer<Stopped> {
        let Err(error) = self.sagemaker.stop_training_job().training_job_name(name).send().await else {
            return Ok(Stopped::Now);
        };
        // A job that has ended, or is gone, cannot be stopped; that is a validation error too.
        if !has_code(&error, "ValidationException") && !has_code(&error, "ResourceNotFound") {
            return Err(failed("sagemaker:StopTrainingJob")(error));
        }
        match self.sagemaker.describe_training_job().training_job_name(name).send().await {
            Ok(job) => match job.training_job_status {
                Some(TrainingJobStatus::Completed | TrainingJobStatus::Failed) => Ok(Stopped::Before),
                Some(TrainingJobStatus::Stopped | TrainingJobStatus::Stopping) => Ok(Stopped::Before),
                _ => Err(failed("sagemaker:StopTrainingJob")(error)),
            },
            Err(gone) if has_code(&gone, "ValidationException") || has_code(&gone, "ResourceNotFound") => {
                Ok(Stopped::Before)
            }
            Err(other) => Err(failed("sagemaker:DescribeTrainingJob")(other)),
        }
    }
}

impl DeleteEndpointConfig for Aws {
    async fn delete_endpoint_config(&self, name: &str, created: Option<Timestamp>) -> Answer<Stopped> {
        let mut list = self.sagemaker.list_endpoints().max_results(MAX_ENDPOINTS);
        if let Some(created) = created {
            let since = aws_sdk_sagemaker::primitives::DateTime::from_secs(created.as_second());
            list = list.last_modified_time_after(since);
        }
        let listed = list.send().await.map_err(failed("sagemaker:ListEndpoints"))?;
        if listed.next_token().is_some() {
            return Ok(Stopped::InUse(vec![format!("one of more than {MAX_ENDPOINTS} endpoints, possibly")]));
        }
        let names = listed.endpoints().iter().filter_map(|endpoint| endpoint.endpoint_name());
        let described = futures_util::future::try_join_all(names.map(|name| async move {
            let described = self.sagemaker.describe_endpoint().endpoint_name(name).send().await;
            described.map_err(failed("sagemaker:DescribeEndpoint"))
        }));
        let users = described.await?.into_iter().filter(|endpoint| endpoint.endpoint_config_name() == Some(name));
        let users: Vec<_> =
            users.filter_map(|endpoint| endpoint.endpoint_name).map(|name| format!("`{name}`")).collect();
        if !users.is_empty() {
            return Ok(Stopped::InUse(users));
        }
        match self.sagemaker.delete_endpoint_config().endpoint_config_name(name).send().await {
            Ok(_) => Ok(Stopped::Now),
            // What is gone cannot be found; nothing else about this request can be invalid.
            Err(error) if has_code(&error, "ValidationException") => Ok(Stopped::Before),
            Err(error) => Err(failed("sagemaker:DeleteEndpointConfig")(error)),
        }
    }
}

impl Publish for Aws {
    async fn publish(&self, message: &Message) -> Answer<()> {
        let Some(topic) = &self.topic else {
            return Err(Failure(format!(
                "the environment variable `{}` is not set: nobody can be told",
                config::TOPIC
            )));
        };
        let texts: HashMap<_, _> = message.texts.iter().cloned().collect();
        let texts = serde_json::to_string(&texts).map_err(|error| Failure(error.to_string()))?;
        let mut publish = self.sns.publish().topic_arn(topic).subject(&message.subject).message(texts);
        publish = publish.message_structure("json");
        for (name, values) in &message.attributes {
            publish = publish.message_attributes(*name, attribute(values)?);
        }
        publish.send().await.map(drop).map_err(failed("sns:Publish"))
    }
}

/// A message attribute: a string, or an array of strings where there are several.
fn attribute(values: &[String]) -> Answer<MessageAttributeValue> {
    let (kind, value) = match values {
        [one] => ("String", one.clone()),
        several => ("String.Array", serde_json::json!(several).to_string()),
    };
    let attribute = MessageAttributeValue::builder().data_type(kind).string_value(value).build();
    attribute.map_err(|error| Failure(error.to_string()))
}
