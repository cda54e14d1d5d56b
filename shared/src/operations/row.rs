//! A row of the table of operations.

use serde::{Deserialize, Serialize};

use super::field::{Field, Slot};
use crate::record::Call;
use crate::record::json::{At, find, member_text};

/// What it means if a request leaves something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is not set, or set to the API's default.
    Unset,
    /// It does not change: the operation updates a resource, and only what it sets is judged.
    Unchanged,
}

/// How to undo a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Call this SageMaker operation on the resource.
    By(&'static str),
    /// Do nothing, for this reason, and alert the security team.
    Never(&'static str),
}

/// Whose list prices an operation's instances are charged by: what a product of the AWS Price List is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// Training jobs, also those that tuning jobs launch.
    Training,
    /// Processing jobs.
    Processing,
    /// Batch transform jobs.
    Transform,
}

/// How the instances of a job are charged: by the hour, until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// By whose list prices.
    pub component: Component,
    /// The longest run time in seconds that SageMaker allows, if there is one.
    pub longest: Option<u64>,
}

/// What tags a created resource has if its request gives none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untagged {
    /// None.
    HasNone,
    /// None, because people create it in a console that offers no tags. They have to be added afterwards.
    AddedLater,
    /// Those of what the request names at these paths. It can also get its own.
    Inherits(&'static [&'static str]),
    /// If the request names something at this path, only the tags of that: AWS refuses tags of its own.
    Shares(&'static str),
}

/// A SageMaker operation that Tagwarden judges.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// `eventName`
    pub name: &'static str,
    /// Resource type in IAM's service authorization reference, such as `training-job`. Operations on any resource
    /// have `resource` here: the ARN holds the type.
    pub kind: &'static str,
    /// Path of the resource's name in `requestParameters`. Empty if only the ARN names it.
    pub resource_name: Option<&'static str>,
    /// Path of the resource's ARN in `responseElements`, or in `requestParameters`.
    pub resource_arn: Option<&'static str>,
    /// How it is undone.
    pub stop: Stop,
    /// What it means if a request leaves something out.
    pub absence: Absence,
    /// Whether the `Describe` operation of its resource answers with the members of its request.
    pub described: bool,
    /// The operation that lists the resources that it creates. A sweep checks everything in that list.
    pub list: Option<&'static str>,
    /// Whether its resource ends by itself. SageMaker lists such jobs forever.
    pub ends: bool,
    /// Operations whose resources use this one's. A sweep visits the users first.
    pub used_by: &'static [&'static str],
    /// The event that announces its resource.
    pub event: Option<StateEvent>,
    /// How the instances of the job that it starts are charged, if it starts one with instances of the request.
    pub charge: Option<Charge>,
    /// What tags its resource has if the request gives none.
    pub untagged: Untagged,
    /// Whether it is judged only by whose resource it is about.
    pub only_ownership: bool,
    /// Where the facts are.
    pub(super) slots: &'static [&'static [Slot]],
}

/// An event that SageMaker sends to EventBridge, which announces that a resource exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateEvent {
    /// Its `detail-type`.
    pub detail_type: &'static str,
    /// The states that announce the resource. Empty for models and endpoint configurations, which have no state: their
    /// events report that they were created or deleted.
    pub states: &'static [&'static str],
}

/// What a row says about the resource that its operation creates.
impl Operation {
    pub(super) const fn described(self) -> Self {
        Self { described: true, ..self }
    }

    pub(super) const fn listed_by(self, list: &'static str) -> Self {
        Self { list: Some(list), ..self }
    }

    pub(super) const fn ends(self) -> Self {
        Self { ends: true, ..self }
    }

    pub(super) const fn used_by(self, users: &'static [&'static str]) -> Self {
        Self { used_by: users, ..self }
    }

    /// `longest` is in seconds.
    pub(super) const fn charged_as(self, component: Component, longest: Option<u64>) -> Self {
        Self { charge: Some(Charge { component, longest }), ..self }
    }

    pub(super) const fn untagged(self, untagged: Untagged) -> Self {
        Self { untagged, ..self }
    }

    pub(super) const fn announced_by(self, detail_type: &'static str, states: &'static [&'static str]) -> Self {
        Self { event: Some(StateEvent { detail_type, states }), ..self }
    }
}

impl Component {
    /// Its name in sentences.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Processing => "processing",
            Self::Transform => "transform",
        }
    }
}

impl Operation {
    /// Where the facts are.
    pub fn slots(&self) -> impl Iterator<Item = &'static Slot> + Clone + use<> {
        self.slots.iter().copied().flatten()
    }

    /// Whether a request of this operation can hold `field`.
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::Caller => !self.only_tags() && !self.only_ownership,
            Field::Charge => self.charge.is_some(),
            Field::Subject => !self.only_tags() && self.absence == Absence::Unchanged,
            _ => self.slots().any(|slot| slot.field == field),
        }
    }

    /// Whether its calls create the resource that they are about. An update that replaces all settings does not.
    pub fn creates(&self) -> bool {
        self.absence == Absence::Unset && !self.name.starts_with("Update")
    }

    /// Whether it only changes the tags of an existing resource.
    pub fn only_tags(&self) -> bool {
        self.slots().any(|slot| matches!(slot.field, Field::AddedTags | Field::RemovedTag))
    }

    /// ARN of the resource that a call of it is about, if the record has it. The service adds it to many logged
    /// requests.
    pub fn arn<'a>(&self, call: &Call<'a>) -> Option<&'a str> {
        let path = self.resource_arn?;
        let in_response = call.response.and_then(|response| member_text(response, path));
        in_response.or_else(|| find(call.request.as_ref().ok()?, path).first()?.text().ok()?)
    }

    /// Whether a request can hold `field` inside the object at `outer`.
    pub fn has_inside(&self, outer: &'static str, field: Field) -> bool {
        self.slots_inside(outer).any(|slot| slot.field == field)
    }

    /// Where facts are inside the object at `outer`, and that object itself.
    pub fn slots_inside(&self, outer: &'static str) -> impl Iterator<Item = &'static Slot> {
        let outer = At::new(outer);
        self.slots().filter(move |slot| At::new(slot.path).is_under(&outer))
    }
}
