//! What documents hold.

use std::borrow::Cow;
use std::fmt;

use crate::record::Call;
use crate::record::json::Value;

/// Something that a document holds.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A CloudTrail record of a call.
    Record(Record<'a>),
    /// An event that is not an API call.
    OtherEvent(OtherEvent<'a>),
    /// A page of IAM's account authorization details.
    AuthorizationDetails(Value<'a>),
    /// A page of resources with their tags, as the Resource Groups Tagging API lists them.
    ResourceTags(Value<'a>),
    /// The JSON text of a page, a bulk file or a single product of the AWS Price List.
    Prices(&'a str),
    /// Something that lies beside log files and holds no records.
    Neighbour(Neighbour),
}

/// A CloudTrail record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its JSON text.
    pub json: &'a str,
    /// The same as a tree.
    pub value: &'a Value<'a>,
    /// What Tagwarden reads of it.
    pub call: &'a Call<'a>,
}

/// An event that is not an API call: one of EventBridge's, an Insights event or an aggregated event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherEvent<'a> {
    /// `id`
    pub id: Option<String>,
    /// `time`
    pub time: Option<String>,
    /// `detail-type`
    pub detail_type: String,
    /// `account`
    pub account: Option<String>,
    /// `region`
    pub region: Option<String>,
    /// The JSON text of `detail`.
    pub detail: Cow<'a, str>,
}

impl OtherEvent<'_> {
    /// The same event, which borrows nothing.
    pub fn into_owned(self) -> OtherEvent<'static> {
        OtherEvent { detail: Cow::Owned(self.detail.into_owned()), ..self }
    }
}

/// What lies beside CloudTrail's log files in a log bucket, or comes the same way, and holds no records. It is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Neighbour {
    /// `CloudTrail-Digest/` (CloudTrail User Guide, "CloudTrail digest file structure").
    Digest,
    /// `CloudTrail-Insight/`
    Insights,
    /// `CloudTrail-Aggregated/`
    Aggregated,
    /// `Config/`: snapshots and histories of AWS Config, and the file by which Config tries whether it can write.
    Config,
    /// `vpcflowlogs/`
    FlowLogs,
    /// `elasticloadbalancing/`
    LoadBalancers,
    /// `GuardDuty/`
    GuardDuty,
    /// `WAFLogs/`
    Waf,
    /// `route53/`, `vpcdnsquerylogs/`
    Route53,
    /// Another service's folder in `AWSLogs/ACCOUNT/`.
    OtherService,
    /// By which CloudWatch Logs tries whether it can deliver (CloudWatch Logs User Guide, "Subscription filters").
    ControlMessage,
    /// A Markdown file.
    Documentation,
}

impl fmt::Display for Neighbour {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Digest => "checksums of log files",
            Self::Insights => "CloudTrail Insights events",
            Self::Aggregated => "CloudTrail aggregated events",
            Self::Config => "AWS Config",
            Self::FlowLogs => "VPC flow logs",
            Self::LoadBalancers => "load balancer logs",
            Self::GuardDuty => "GuardDuty findings",
            Self::Waf => "AWS WAF logs",
            Self::Route53 => "Route 53 query logs",
            Self::OtherService => "logs of other services",
            Self::ControlMessage => "control messages of CloudWatch Logs",
            Self::Documentation => "documentation",
        })
    }
}
