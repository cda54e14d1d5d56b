//! A resource, as SageMaker's operations name and describe it.

pub mod description;
pub mod names;
pub mod request;
pub mod state;
