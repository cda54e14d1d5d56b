//! Records: the shapes that hold them, lenient JSON, one CloudTrail call, and the names in it.

pub mod arn;
mod call;
pub mod documents;
pub mod json;
pub mod kms;

pub use call::{Call, Identity, is_denial, is_sagemaker, request, time};

/// Members of requests and descriptions that may hold secrets, in CloudTrail's spelling. No rule reads them, and nothing that
/// Tagwarden stores or sends holds them.
pub const SECRET_MEMBERS: [&str; 3] = ["environment", "hyperParameters", "staticHyperParameters"];
