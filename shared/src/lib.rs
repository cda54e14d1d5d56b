//! The rules that keep Amazon SageMaker inside an organisation's ABAC policy.
//!
//! Data flows one way: bytes → [`Call`](record::Call) → [`Facts`](facts::Facts) → [`Outcome`](rules::Outcome)s →
//! [`Decision`], which holds the plan. The crate is pure: no I/O, no clock, no environment. What was looked up comes in
//! as [`Evidence`].
//!
//! A record and a policy make a decision:
//!
//! ```
//! use tagwarden::{Evidence, Policy, Verdict, decide_record};
//!
//! let policy = Policy::parse(
//!     "version = 1
//!     [rules.unapproved-instance-type]
//!     allow = ['ml.m5.*']",
//! )
//! .expect("the policy is valid");
//! let record = r#"{
//!     "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "eventTime": "2026-03-02T09:00:00Z",
//!     "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
//!     "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana"},
//!     "requestParameters": {"trainingJobName": "churn", "resourceConfig": {"instanceType": "ml.p5.48xlarge"}}
//! }"#;
//!
//! let decision = decide_record(record, &policy, &Evidence::new("")).expect("it is a CloudTrail record");
//! assert_eq!(decision.verdict, Verdict::Violation);
//! assert_eq!(decision.findings[0].path, "requestParameters.resourceConfig.instanceType");
//! assert_eq!(decision.actions[0].action.name(), "stop-training-job");
//! ```

pub mod asff;
pub mod decide;
pub mod denied;
pub mod evidence;
pub mod facts;
pub mod grants;
pub mod instance_types;
pub mod operations;
pub mod policy;
pub mod record;
pub mod render;
pub mod rules;
pub mod settings;
pub mod statement;
pub mod terms;

pub use decide::{Decision, Finding, PlannedAction, RoleDecision, Verdict, decide, decide_record, decide_role};
pub use evidence::Evidence;
pub use operations::Operation;
pub use policy::Policy;
pub use record::Call;
pub use rules::{RULES, Rule};
