//! How SageMaker names and describes a resource.

pub mod description;
pub mod names;
pub mod request;
pub mod state;
