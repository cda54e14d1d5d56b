//! The resource that an action is about.

use jiff::Timestamp;
use tagwarden::operations::Operation;
use tagwarden::record::Call;
use tagwarden::record::arn::kind;

use crate::ports::Target;

/// The resource of a call, and the call.
pub struct Subject<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) operation: &'static Operation,
    pub(super) target: Target,
    /// Its ARN, if the record has it.
    pub(super) arn: Option<String>,
    /// The member of its description with its ARN.
    pub(super) arn_member: Option<&'static str>,
    /// When the call was made.
    pub(super) time: Option<Timestamp>,
    /// The present time.
    pub(super) now: Timestamp,
}

impl<'a> Subject<'a> {
    /// The resource that `call` created or is about, at `now`.
    pub fn of(call: &'a Call<'a>, operation: &'static Operation, now: Timestamp) -> Self {
        let arn = operation.arn(call).map(str::to_owned);
        let described =
            if operation.only_tags() { arn.as_deref().and_then(|arn| tagged(arn).next()) } else { Some(operation) };
        let target = match (described, arn.as_deref()) {
            (Some(by), Some(arn)) if operation.only_tags() => Target::with_arn(arn, by),
            _ => Target::of(call, operation),
        };
        let arn_member = described.and_then(|by| by.resource_arn);
        Self { call, operation, target, arn, arn_member, time: call.time(), now }
    }

    /// Whether the call created the resource.
    pub(super) fn is_creation(&self) -> bool {
        self.operation.creates()
    }

    /// The operations whose resource can be described: that of the call, or those that create what the call tags.
    pub(super) fn described_by(&self) -> Vec<&'static Operation> {
        match self.arn.as_deref().filter(|_| self.operation.only_tags()) {
            Some(arn) => tagged(arn).collect(),
            None => Some(self.operation).filter(|by| by.described).into_iter().collect(),
        }
    }
}

/// The operations that create resources of the kind of this ARN. There are two for AutoML jobs.
fn tagged(arn: &str) -> impl Iterator<Item = &'static Operation> {
    let kind = kind(arn);
    Operation::all().filter(move |by| Some(by.kind) == kind && by.creates() && by.described)
}
