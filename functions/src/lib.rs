//! The AWS Lambda functions that enforce a Tagwarden policy. They decide with the core that `tagwarden check` uses.

pub mod guard;
