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
}

impl<'a> Subject<'a> {
    /// The resource that `call` created or is about.
    pub fn of(call: &'a Call<'a>, operation: &'static Operation) -> Self {
        let arn = operation.arn(call).map(str::to_owned);
        let described = if operation.only_tags() { arn.as_deref().and_then(tagged) } else { Some(operation) };
        let target = match (described, arn.as_deref()) {
            (Some(by), Some(arn)) if operation.only_tags() => Target::with_arn(arn, by),
            _ => Target::of(call, operation),
        };
        let arn_member = described.and_then(|by| by.resource_arn);
        Self { call, operation, target, arn, arn_member, time: call.time() }
    }

    /// Whether the call created the resource.
    pub(super) fn is_creation(&self) -> bool {
        self.operation.creates()
    }

    /// The operation whose resource is described: that of the call, or the one that creates what the call tags.
    pub(super) fn described_by(&self) -> Option<&'static Operation> {
        if self.operation.only_tags() { self.arn.as_deref().and_then(tagged) } else { Some(self.operation) }
    }
}

/// The operation that creates resources of the kind of this ARN.
fn tagged(arn: &str) -> Option<&'static Operation> {
    let kind = kind(arn)?;
    Operation::all().find(|by| by.kind == kind && by.creates() && by.described)
}
