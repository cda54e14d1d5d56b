//! What the events of CloudTrail show of IAM's actions.

use tagwarden::terms::Pattern;

use crate::actions::{ACTIONS, OTHER_NAMES};

/// The actions of IAM that an event shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// IAM's name of the service, such as `s3`.
    pub service: &'static str,
    /// Names of actions, such as `GetObject`; none if the event maps to no action.
    pub actions: Vec<&'static str>,
}

/// What an event shows, by its `eventSource` and `eventName`; `None` if IAM knows no such service.
pub fn shown(source: &str, name: &str) -> Option<Shown> {
    let label = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    let (service, actions) = ACTIONS.get_key_value(OTHER_NAMES.get(label).copied().unwrap_or(label))?;
    let known = |name: &str| actions.get_key_value(name).map(|(name, _)| name.as_str());
    let named = match exception(service, name) {
        Some(names) => names.iter().filter_map(|name| known(name)).collect(),
        // Lambda, CloudFront and others put the date of their API behind the name: `CreateFunction20150331`.
        None => known(name).or_else(|| known(without_version(name))).into_iter().collect(),
    };
    Some(Shown { service, actions: named })
}

fn without_version(name: &str) -> &str {
    const DATE: usize = 8;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = match name.rsplit_once('v') {
        Some((before, version)) if before.ends_with(|c: char| c.is_ascii_digit()) && is_number(version) => before,
        _ => name,
    };
    let before = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    if name.len() - before.len() >= DATE { before } else { name }
}

/// Events whose names are not those of the actions that they need. Sources: Amazon S3 User Guide, "Required permissions for Amazon S3
/// API operations"; the pages of the other services in the Service Authorization Reference.
fn exception(service: &str, event: &str) -> Option<&'static [&'static str]> {
    let (_, events) = EXCEPTIONS.iter().find(|(known, _)| *known == service)?;
    events.iter().find(|(known, _)| *known == event).map(|(_, actions)| *actions)
}

/// Whether an event of another name shows an action.
pub fn has_other_event(service: &str, action: &str) -> bool {
    let of_service = EXCEPTIONS.iter().find(|(known, _)| *known == service);
    of_service.is_some_and(|(_, events)| events.iter().any(|(_, actions)| actions.contains(&action)))
}

/// Events of a service, each with the actions that it needs.
type Exceptions = &'static [(&'static str, &'static [&'static str])];

const EXCEPTIONS: [(&str, Exceptions); 5] = [
    (
        "s3",
        &[
            ("CompleteMultipartUpload", &["PutObject"]),
            ("CopyObject", &["GetObject", "PutObject", "GetObjectTagging", "PutObjectTagging"]),
            ("CreateMultipartUpload", &["PutObject"]),
            ("DeleteBucketAnalyticsConfiguration", &["PutAnalyticsConfiguration"]),
            ("DeleteBucketCors", &["PutBucketCORS"]),
            ("DeleteBucketEncryption", &["PutEncryptionConfiguration"]),
            ("DeleteBucketIntelligentTieringConfiguration", &["PutIntelligentTieringConfiguration"]),
            ("DeleteBucketInventoryConfiguration", &["PutInventoryConfiguration"]),
            ("DeleteBucketLifecycle", &["PutLifecycleConfiguration"]),
            ("DeleteBucketMetricsConfiguration", &["PutMetricsConfiguration"]),
            ("DeleteBucketOwnershipControls", &["PutBucketOwnershipControls"]),
            ("DeleteBucketPublicAccessBlock", &["PutBucketPublicAccessBlock", "PutAccountPublicAccessBlock"]),
            ("DeleteBucketReplication", &["PutReplicationConfiguration"]),
            ("DeleteBucketTagging", &["PutBucketTagging"]),
            ("DeleteObjects", &["DeleteObject", "DeleteObjectVersion"]),
            ("DeletePublicAccessBlock", &["PutBucketPublicAccessBlock", "PutAccountPublicAccessBlock"]),
            ("GetBucketAccelerate", &["GetAccelerateConfiguration"]),
            ("GetBucketAccelerateConfiguration", &["GetAccelerateConfiguration"]),
            ("GetBucketAnalyticsConfiguration", &["GetAnalyticsConfiguration"]),
            ("GetBucketCors", &["GetBucketCORS"]),
            ("GetBucketEncryption", &["GetEncryptionConfiguration"]),
            ("GetBucketIntelligentTieringConfiguration", &["GetIntelligentTieringConfiguration"]),
            ("GetBucketInventoryConfiguration", &["GetInventoryConfiguration"]),
            ("GetBucketLifecycle", &["GetLifecycleConfiguration"]),
            ("GetBucketLifecycleConfiguration", &["GetLifecycleConfiguration"]),
            ("GetBucketMetricsConfiguration", &["GetMetricsConfiguration"]),
            ("GetBucketNotificationConfiguration", &["GetBucketNotification"]),
            ("GetBucketPublicAccessBlock", &["GetBucketPublicAccessBlock", "GetAccountPublicAccessBlock"]),
            ("GetBucketReplication", &["GetReplicationConfiguration"]),
            ("GetObjectLockConfiguration", &["GetBucketObjectLockConfiguration"]),
            ("GetPublicAccessBlock", &["GetBucketPublicAccessBlock", "GetAccountPublicAccessBlock"]),
            ("HeadBucket", &["ListBucket"]),
            ("HeadObject", &["GetObject"]),
            ("ListBucketAnalyticsConfigurations", &["GetAnalyticsConfiguration"]),
            ("ListBucketIntelligentTieringConfigurations", &["GetIntelligentTieringConfiguration"]),
            ("ListBucketInventoryConfigurations", &["GetInventoryConfiguration"]),
            ("ListBucketMetricsConfigurations", &["GetMetricsConfiguration"]),
            ("ListBuckets", &["ListAllMyBuckets"]),
            ("ListMultipartUploads", &["ListBucketMultipartUploads"]),
            ("ListObjectVersions", &["ListBucketVersions"]),
            ("ListObjects", &["ListBucket"]),
            ("ListObjectsV2", &["ListBucket"]),
            ("ListParts", &["ListMultipartUploadParts"]),
            ("PutBucketAccelerateConfiguration", &["PutAccelerateConfiguration"]),
            ("PutBucketAnalyticsConfiguration", &["PutAnalyticsConfiguration"]),
            ("PutBucketCors", &["PutBucketCORS"]),
            ("PutBucketEncryption", &["PutEncryptionConfiguration"]),
            ("PutBucketIntelligentTieringConfiguration", &["PutIntelligentTieringConfiguration"]),
            ("PutBucketInventoryConfiguration", &["PutInventoryConfiguration"]),
            ("PutBucketLifecycle", &["PutLifecycleConfiguration"]),
            ("PutBucketLifecycleConfiguration", &["PutLifecycleConfiguration"]),
            ("PutBucketMetricsConfiguration", &["PutMetricsConfiguration"]),
            ("PutBucketNotificationConfiguration", &["PutBucketNotification"]),
            ("PutBucketPublicAccessBlock", &["PutBucketPublicAccessBlock", "PutAccountPublicAccessBlock"]),
            ("PutBucketReplication", &["PutReplicationConfiguration"]),
            ("PutObjectLockConfiguration", &["PutBucketObjectLockConfiguration"]),
            ("PutPublicAccessBlock", &["PutBucketPublicAccessBlock", "PutAccountPublicAccessBlock"]),
            ("SelectObjectContent", &["GetObject"]),
            ("UploadPart", &["PutObject"]),
            ("UploadPartCopy", &["GetObject", "PutObject"]),
        ],
    ),
    ("kms", &[("ReEncrypt", &["ReEncryptFrom", "ReEncryptTo"])]),
    (
        "dynamodb",
        &[
            ("BatchExecuteStatement", &["PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"]),
            ("ExecuteStatement", &["PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"]),
            ("ExecuteTransaction", &["PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"]),
            ("TransactGetItems", &["GetItem"]),
            ("TransactWriteItems", &["ConditionCheckItem", "PutItem", "UpdateItem", "DeleteItem"]),
        ],
    ),
    ("lambda", &[("Invoke", &["InvokeFunction"]), ("InvokeAsync", &["InvokeFunction"])]),
    ("logs", &[("StartLiveTail", &["StartLiveTail", "StopLiveTail"])]),
];

/// Whether the calls of an action may be data events, or not be logged at all: a trail logs data events only of the resources that it
/// selects. It says so of too many actions rather than of too few. Sources: CloudTrail User Guide, "Logging data events"; the services'
/// pages on CloudTrail.
pub fn may_be_data(service: &str, name: &str) -> bool {
    DATA.iter().any(|(known, patterns)| *known == service && patterns.iter().any(|pattern| matches(pattern, name)))
}

fn matches(pattern: &str, name: &str) -> bool {
    Pattern::new(pattern).matches(name)
}

const DATA: [(&str, &[&str]); 65] = [
    ("aoss", &["*"]),
    ("apigateway", &["*"]),
    ("appconfig", &["Get*Configuration", "Start*Session"]),
    ("appsync", &["*GraphQL*", "Event*", "EvaluateCode", "EvaluateMappingTemplate"]),
    ("b2bi", &["Start*", "Test*"]),
    (
        "bedrock",
        &[
            "*Invoke*",
            "Converse*",
            "Retrieve*",
            "Rerank",
            "ApplyGuardrail",
            "*Session*",
            "*Memory*",
            "CountTokens",
            "GenerateQuery",
        ],
    ),
    ("bedrock-agentcore", &["*"]),
    ("cassandra", &["*"]),
    ("cloudfront-keyvaluestore", &["*"]),
    ("cloudtrail-data", &["*"]),
    ("cloudwatch", &["PutMetricData", "GetMetric*", "ListMetrics", "GetInsightRuleReport", "DescribeAlarms*"]),
    ("codewhisperer", &["*"]),
    ("cognito-identity", &["Get*", "UnlinkIdentity"]),
    ("cognito-sync", &["*"]),
    ("dax", &["*"]),
    ("dynamodb", &["*Item*", "Query", "Scan", "PartiQL*", "*Record*", "GetShardIterator", "*Stream*"]),
    ("ebs", &["*"]),
    ("ec2messages", &["*"]),
    ("elasticfilesystem", &["Client*"]),
    ("es", &["ES*"]),
    ("events", &["PutEvents", "PutPartnerEvents", "Invoke*", "Retrieve*"]),
    ("execute-api", &["*"]),
    ("finspace", &["*"]),
    ("firehose", &["Put*"]),
    ("geo", &["*"]),
    ("geo-maps", &["*"]),
    ("geo-places", &["*"]),
    ("geo-routes", &["*"]),
    ("guardduty", &["*Telemetry*"]),
    ("healthlake", &["*"]),
    (
        "iot",
        &["Connect", "Publish", "Receive", "Subscribe", "RetainPublish", "*Shadow*", "*Retained*", "*JobExecution*"],
    ),
    ("iotsitewise", &["*Value*", "*Aggregate*", "*Query*", "Invoke*"]),
    ("iottwinmaker", &["*Value*", "Execute*"]),
    ("kafka-cluster", &["*"]),
    ("kendra", &["Query", "Retrieve", "Batch*", "Submit*"]),
    ("kendra-ranking", &["*"]),
    ("kinesis", &["*Record*", "GetShardIterator", "Subscribe*"]),
    ("kinesisvideo", &["*Media*", "*Clip*", "*Session*", "*Images*", "Connect*", "Join*", "Send*"]),
    ("lambda", &["Invoke*"]),
    ("lex", &["*Conversation", "*Session", "Recognize*", "Post*"]),
    (
        "logs",
        &[
            "*LogEvents*",
            "*LogEvent",
            "*LogRecord*",
            "*Query*",
            "*LiveTail",
            "Unmask",
            "CreateLogStream",
            "DescribeLogStreams",
            "DescribeLogGroups",
        ],
    ),
    ("machinelearning", &["Predict"]),
    ("managedblockchain", &["*"]),
    ("medical-imaging", &["*"]),
    ("mobiletargeting", &["*Event*", "*Message*", "*Endpoint*"]),
    ("neptune-db", &["*"]),
    ("neptune-graph", &["*"]),
    ("payment-cryptography", &["*"]),
    ("personalize", &["Put*", "Get*"]),
    ("polly", &["SynthesizeSpeech"]),
    ("qapps", &["*"]),
    ("qbusiness", &["*"]),
    ("rds-data", &["*"]),
    ("s3", S3_DATA),
    ("s3express", &["*"]),
    ("s3tables", &["*Data*", "*Object*"]),
    ("s3vectors", &["*Vectors*"]),
    (
        "sagemaker",
        &[
            "Invoke*",
            "*Record",
            "Batch*",
            "SendHeartbeat",
            "GetDeviceRegistration",
            "GetDeployments",
            "Call*",
            "*Session*",
        ],
    ),
    ("sdb", &["*"]),
    ("servicediscovery", &["Discover*"]),
    ("sns", &["Publish*"]),
    ("sqs", &["*Message*"]),
    (
        "ssm",
        &[
            "*Inventory",
            "*InstanceInformation",
            "*Compliance*",
            "*InstanceAssociation*",
            "*ManifestAssociation*",
            "*ManagedInstance*",
        ],
    ),
    ("states", &["SendTask*", "GetActivityTask", "Invoke*"]),
    ("swf", &["*Task*", "Record*", "Respond*"]),
];

/// Actions on objects, and lists of them.
const S3_DATA: &[&str] = &[
    "*Object*",
    "*Multipart*",
    "ListBucket",
    "ListBucketVersions",
    "BypassGovernanceRetention",
    "GetDataAccess",
    "CreateSession",
];

/// Services whose events CloudTrail logs in us-east-1, even for callers in other regions (CloudTrail User Guide, "Global service
/// events"). Of AWS STS, these are the events of its global endpoint.
pub fn is_global(service: &str) -> bool {
    GLOBAL.contains(&service)
}

const GLOBAL: [&str; 20] = [
    "account",
    "artifact",
    "aws-marketplace",
    "aws-portal",
    "billing",
    "budgets",
    "ce",
    "cloudfront",
    "cur",
    "health",
    "iam",
    "organizations",
    "route53",
    "route53domains",
    "savingsplans",
    "shield",
    "sts",
    "support",
    "trustedadvisor",
    "waf",
];

/// Whether CloudTrail may mark events of an action as read-only. The access level does not tell: CloudTrail marks `AssumeRole` and uses
/// of KMS keys so. The answer is yes for too many actions rather than for too few.
pub fn may_be_read_only(service: &str, action: &str) -> bool {
    const READING: [&str; 18] = [
        "BatchGet*",
        "Check*",
        "Count*",
        "CreatePresigned*",
        "Decode*",
        "Describe*",
        "Download*",
        "Estimate*",
        "Generate*",
        "Get*",
        "Head*",
        "List*",
        "Lookup*",
        "Query*",
        "Search*",
        "Select*",
        "Simulate*",
        "Verify*",
    ];
    let reads = |name: &str| READING.iter().any(|pattern| matches(pattern, name));
    let of_service = EXCEPTIONS.iter().find(|(known, _)| *known == service).map_or(&[][..], |(_, events)| events);
    let mut other_events = of_service.iter().filter(|(_, actions)| actions.contains(&action));
    service == "sts"
        || service == "kms" && !["Create*", "Delete*", "Put*", "Schedule*"].iter().any(|one| matches(one, action))
        || reads(action)
        || other_events.any(|(event, _)| reads(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(source: &str, name: &str) -> String {
        shown(source, name)
            .map_or("no service".to_owned(), |shown| format!("{}:{}", shown.service, shown.actions.join(",")))
    }

    #[test]
    fn events_show_actions() {
        for (source, name, expected) in [
            ("sagemaker", "CreateTrainingJob", "sagemaker:CreateTrainingJob"),
            ("lambda", "CreateFunction20150331", "lambda:CreateFunction"),
            ("lambda", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
            ("cloudfront", "CreateDistribution2020_05_31", "cloudfront:CreateDistribution"),
            ("monitoring", "PutMetricAlarm", "cloudwatch:PutMetricAlarm"),
            ("api.ecr", "BatchGetImage", "ecr:BatchGetImage"),
            ("s3", "HeadBucket", "s3:ListBucket"),
            ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
            ("s3", "SomethingNew", "s3:"),
            ("mystery", "ConsoleLogin", "no service"),
        ] {
            assert_eq!(actions(&format!("{source}.amazonaws.com"), name), expected, "{source} {name}");
        }
    }

    /// An exception for an action that does not exist would say nothing.
    #[test]
    fn exceptions_name_actions() {
        for (service, events) in EXCEPTIONS {
            for (event, names) in events {
                let shown = shown(&format!("{service}.amazonaws.com"), event).unwrap();
                assert_eq!(shown.actions, *names, "{service} {event}");
            }
        }
        for (service, _) in DATA {
            assert!(ACTIONS.contains_key(service) || service == "ec2messages", "{service}");
        }
        for service in GLOBAL {
            assert!(ACTIONS.contains_key(service), "{service}");
        }
    }
}
