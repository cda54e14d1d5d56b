//! The clients of the AWS SDK.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::policy_versions::PolicyVersions;
use crate::config;

/// How long one attempt of a call may take, and all attempts together. A function has 30 seconds for everything.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// Clients for all services.
pub struct Aws {
    pub(super) cloudtrail: aws_sdk_cloudtrail::Client,
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    pub(super) eventbridge: aws_sdk_eventbridge::Client,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) kms: aws_sdk_kms::Client,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) sagemaker: aws_sdk_sagemaker::Client,
    /// Nothing if findings do not go to Security Hub.
    pub(super) security_hub: Option<aws_sdk_securityhub::Client>,
    pub(super) sns: aws_sdk_sns::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) tagging: aws_sdk_resourcegroupstagging::Client,
    pub(super) table: String,
    pub(super) topic: Option<String>,
    pub(super) bus: Option<String>,
    pub(super) delay_queue: Option<String>,
    /// Versions of managed policies.
    pub(super) policy_versions: PolicyVersions,
    /// When the next lookup in CloudTrail is allowed.
    pub(super) next_lookup: Mutex<Instant>,
}

impl Aws {
    /// Clients for the account and region of the function.
    ///
    /// # Errors
    /// If the environment variable of the table is not set.
    pub async fn connect() -> Result<Self, String> {
        let config = sdk_config(ATTEMPT_TIMEOUT, CALL_TIMEOUT).await;
        Ok(Self {
            cloudtrail: aws_sdk_cloudtrail::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            eventbridge: aws_sdk_eventbridge::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            sagemaker: aws_sdk_sagemaker::Client::new(&config),
            security_hub: config::security_hub().then(|| aws_sdk_securityhub::Client::new(&config)),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            tagging: aws_sdk_resourcegroupstagging::Client::new(&config),
            table: config::required(config::TABLE)?,
            topic: config::required(config::TOPIC).ok(),
            bus: config::set(config::BUS),
            delay_queue: config::set(config::DELAY_QUEUE),
            policy_versions: PolicyVersions::default(),
            next_lookup: Mutex::new(Instant::now()),
        })
    }
}

/// The configuration of the clients, with the timeouts of one attempt and of all attempts of a call.
pub(super) async fn sdk_config(attempt: Duration, call: Duration) -> SdkConfig {
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
