//! Records: the shapes that hold them, lenient JSON, one CloudTrail call, and the names in it.

pub mod arn;
mod call;
pub mod documents;
pub mod json;
pub mod kms;
pub mod secrets;

pub use call::{Call, Identity, is_denial, is_sagemaker, request, time};
