//! The facts of a call, in the terms of the domain: what the request asks for, and what was looked up about it.

mod caller;
mod cost;
mod ownership;
mod resources;
mod tag_keys;

pub use caller::{Caller, TagSource, session_tags};
pub use cost::{Cost, Instances};
use ownership::owned;
pub use ownership::{creators_tag, lawful_tag, lawful_tag_before, lawful_tag_in_the_end, mark, owner, standing_of};
pub use resources::{NAMING, NamedResource};
pub use tag_keys::are_alike;

use crate::evidence::{EndpointConfig, Evidence, Model, Named};
use crate::operations::{Absence, Field, Operation, Slot};
use crate::record::Call;
use crate::record::json::{self, At, Found, Read, Unread, member_text};
use crate::settings::Abac;

/// What is known about a call to an operation that is judged.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The call.
    pub call: &'a Call<'a>,
    /// The operation called.
    pub operation: &'static Operation,
    /// Who called.
    pub caller: Caller<'a>,
    /// What was looked up.
    pub evidence: &'a Evidence,
    found: Vec<(&'static Slot, Found<'a>)>,
    tags: Read<Vec<ResourceTag<'a>>>,
}

/// A resource tag in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceTag<'a> {
    /// Its key. SageMaker's tag keys are case-sensitive.
    pub key: &'a str,
    /// Its value; empty if the request gives none.
    pub value: &'a str,
    /// Its position in the list.
    pub index: usize,
}

impl ResourceTag<'_> {
    /// The path of its key.
    pub fn key_path(&self) -> String {
        format!("{TAGS}[{}].key", self.index)
    }

    /// The path of its value.
    pub fn value_path(&self) -> String {
        format!("{TAGS}[{}].value", self.index)
    }
}

/// Where requests carry tags.
pub const TAGS: &str = "requestParameters.tags";

/// The source of compute's network settings.
#[derive(Clone, Debug)]
pub enum Network<'a> {
    /// From the request itself.
    Request,
    /// From a model that the request names.
    Model {
        /// Where it is named.
        at: At,
        /// The model's name.
        name: &'a str,
        /// The model.
        model: &'a Model,
    },
}

impl<'a> Facts<'a> {
    /// Reads every fact of the operations table from the request, and takes what was looked up.
    pub fn of(call: &'a Call<'a>, operation: &'static Operation, caller: Caller<'a>, evidence: &'a Evidence) -> Self {
        let mut found = Vec::with_capacity(operation.slots().count());
        for slot in operation.slots() {
            let at = At::new(slot.path);
            let before = found.len();
            match &call.request {
                Ok(request) => json::each(request, slot.path, &mut |one| {
                    if operation.absence == Absence::Unset || one.value != Ok(None) {
                        found.push((slot, one));
                    }
                }),
                Err(unread) => found.push((slot, Found { at, value: Err(unread.clone()) })),
            }
            let is_missing = found.iter().skip(before).all(|(_, one)| one.value == Ok(None));
            if slot.required && is_missing {
                found.truncate(before);
                let unread = Unread::new(at, "missing, although the API requires it");
                found.push((slot, Found { at, value: Err(unread) }));
            }
        }
        let list = found.iter().find(|(slot, _)| matches!(slot.field, Field::Tags | Field::AddedTags));
        let tags = list.map_or(Ok(Vec::new()), |(_, list)| tags(list));
        Self { call, operation, caller, evidence, found, tags }
    }

    /// Everything that the request says about `field`, each with its place. If the API requires a fact that is missing,
    /// it counts as unreadable. What an update leaves unchanged is not included.
    pub fn all(&self, field: Field) -> impl Iterator<Item = &Found<'a>> + Clone {
        self.slots(field).map(|(_, found)| found)
    }

    /// The same, each with its slot.
    pub fn slots(&self, field: Field) -> impl Iterator<Item = (&'static Slot, &Found<'a>)> + Clone {
        self.found.iter().filter(move |(slot, _)| slot.field == field).map(|(slot, found)| (*slot, found))
    }

    /// All texts that are set for `field`.
    ///
    /// # Errors
    /// If one could not be read.
    pub fn texts(&self, field: Field) -> Read<Vec<(At, &'a str)>> {
        self.all(field).filter_map(|found| Some(found.text().transpose()?.map(|text| (found.at, text)))).collect()
    }

    /// The tags of the request.
    ///
    /// # Errors
    /// If they could not be read.
    pub fn tags(&self) -> Read<&[ResourceTag<'a>]> {
        self.tags.as_deref().map_err(Clone::clone)
    }

    /// The request's tags that IAM treats as the tag `key`: condition key names ignore case, so `aws:RequestTag/Project`
    /// and `aws:ResourceTag/Project` also match `project`. Tags without a value say nothing and are left out.
    ///
    /// # Errors
    /// If the tags could not be read.
    pub fn tags_like(&self, key: &str) -> Read<Vec<ResourceTag<'a>>> {
        let is_like = |tag: &&ResourceTag| tag.key.eq_ignore_ascii_case(key) && !tag.value.is_empty();
        Ok(self.tags()?.iter().filter(is_like).copied().collect())
    }

    /// The roles that the request passes as one of `facts`, each with its place and ARN.
    ///
    /// # Errors
    /// If one could not be read.
    pub fn roles(&self, fields: &[Field]) -> Read<Vec<(At, &'a str)>> {
        Ok(fields.iter().map(|field| self.texts(*field)).collect::<Read<Vec<_>>>()?.concat())
    }

    /// The endpoint configurations that the request uses, each with its place and name, and with the tags that count.
    pub fn endpoint_configs(&self, abac: &Abac) -> Vec<Read<(At, &'a str, EndpointConfig)>> {
        let known = |at, name| {
            let config = self.evidence.endpoint_configs.get(self.call, name, &at)?;
            Ok((at, name, owned(config, self.call, self.evidence, abac)))
        };
        let names = self.all(Field::EndpointConfig).filter_map(|found| Some((found.at, found.text().transpose()?)));
        names.map(|(at, name)| known(at, name?)).collect()
    }

    /// The value of the tag `key` of the role `arn`, which the request passes at `at`, at the time of the call; `None`
    /// if it has no such tag, or one with an empty value.
    ///
    /// # Errors
    /// If the value is not known.
    pub fn role_tag(&self, at: &At, arn: &str, key: &str) -> Read<Option<&'a str>> {
        let value = self.evidence.tags(Named { arn, id: None }, self.call.time()).and_then(|tags| tags.get(key));
        value.map(|value| value.filter(|value| !value.is_empty())).map_err(|why| Unread::new(at, why))
    }

    /// The sources of the network settings of the compute that the request launches. Transform jobs, inference
    /// experiments and endpoint configurations that name models take them from models, everything else from the
    /// request.
    pub fn networks(&self) -> Vec<Read<Network<'a>>> {
        if !self.operation.has(Field::Model) {
            return vec![Ok(Network::Request)];
        }
        let models = self.all(Field::Model);
        let has_model =
            |compute: &Found| models.clone().any(|model| model.value != Ok(None) && model.at.is_under(&compute.at));
        let mut networks = Vec::new();
        for compute in self.all(Field::Compute) {
            match &compute.value {
                Err(unread) => networks.push(Err(unread.clone())),
                Ok(_) if has_model(compute) => {}
                Ok(_) => networks.push(Ok(Network::Request)),
            }
        }
        networks.dedup_by(|one, other| matches!((one, other), (Ok(Network::Request), Ok(Network::Request))));
        for found in models {
            match found.text() {
                Ok(None) => {}
                Ok(Some(name)) => {
                    let model = self.evidence.models.get(self.call, name, &found.at);
                    networks.push(model.map(|model| Network::Model { at: found.at, name, model }));
                }
                Err(unread) => networks.push(Err(unread)),
            }
        }
        networks
    }

    /// How many instances the request can start, including those that automatic scaling may add, and the last place
    /// that adds to them. `None` if it sets no count, as with serverless compute.
    ///
    /// # Errors
    /// If a count could not be read.
    pub fn instance_count(&self) -> Read<Option<(At, u64)>> {
        if !self.operation.has(Field::ParallelJobs) {
            return self.instance_count_of(|_| true);
        }
        // At worst, all jobs that run at the same time are of the largest kind.
        let jobs = self.counts(Field::ParallelJobs)?.into_iter().map(|(_, jobs)| jobs).max().unwrap_or(1);
        let mut largest: Option<(At, u64)> = None;
        for compute in self.all(Field::Compute) {
            let count = self.instance_count_of(|at| at.is_under(&compute.at))?;
            largest = largest.into_iter().chain(count).max_by_key(|(_, count)| *count);
        }
        Ok(largest.map(|(at, count)| (at, count.saturating_mul(jobs))))
    }

    /// The same count for one of several parts of the request: the compute of the part that holds `place`.
    ///
    /// # Errors
    /// If a count could not be read.
    pub fn instance_count_around(&self, place: &At) -> Read<Option<(At, u64)>> {
        match self.all(Field::Compute).find(|compute| place.is_under(&compute.at)) {
            Some(compute) => self.instance_count_of(|at| at.is_under(&compute.at)),
            None => self.instance_count(),
        }
    }

    fn instance_count_of(&self, counts_in: impl Fn(&At) -> bool) -> Read<Option<(At, u64)>> {
        let ceilings = self.counts(Field::InstanceCountCeiling)?;
        let mut total: Option<(At, u64)> = None;
        for (at, count) in self.counts(Field::InstanceCount)?.into_iter().filter(|(at, _)| counts_in(at)) {
            let ceiling = ceilings.iter().filter(|(ceiling, _)| ceiling.is_beside(&at)).map(|(_, count)| *count).max();
            let before = total.map_or(0, |(_, before)| before);
            total = Some((at, before.saturating_add(count.max(ceiling.unwrap_or(0)))));
        }
        let choices = self.counts(Field::InstanceCountChoice)?.into_iter().filter(|(at, _)| counts_in(at));
        Ok(total.into_iter().chain(choices).max_by_key(|(_, count)| *count))
    }

    fn counts(&self, field: Field) -> Read<Vec<(At, u64)>> {
        self.all(field).filter_map(|found| Some(found.count().transpose()?.map(|count| (found.at, count)))).collect()
    }

    /// The objects of the request that launch compute, each with the instance types that it names. Serverless compute
    /// names none.
    ///
    /// # Errors
    /// If the request could not be read, or does not say what it launches.
    pub fn compute(&self) -> Read<Vec<Compute<'a>>> {
        let types = self.texts(Field::InstanceType)?;
        let is_set = |found: &Found| found.value.clone().map(|value| value.is_some());
        let mut serverless = Vec::new();
        for found in self.all(Field::Serverless) {
            if is_set(found)? {
                serverless.push(found.at);
            }
        }
        let mut launched = Vec::new();
        for object in self.all(Field::Compute) {
            let (at, is_set) = (object.at, is_set(object)?);
            let instance_types: Vec<_> = types.iter().filter(|(slot, _)| slot.is_under(&at)).copied().collect();
            let serverless = serverless.iter().find(|slot| slot.is_under(&at) || !is_set).copied();
            if instance_types.is_empty() && serverless.is_none() {
                return Err(Unread::new(at, "it names no instance type, but is not serverless"));
            }
            launched.push(Compute { at, instance_types, serverless });
        }
        // Helpers, such as debugger rules, run beside the main compute.
        let helpers: Vec<_> =
            types.into_iter().filter(|(slot, _)| !launched.iter().any(|compute| slot.is_under(&compute.at))).collect();
        if let Some((at, _)) = helpers.first().copied() {
            launched.push(Compute { at, instance_types: helpers, serverless: None });
        }
        Ok(launched)
    }
}

/// Reads the list of tags that was found.
fn tags<'a>(list: &Found<'a>) -> Read<Vec<ResourceTag<'a>>> {
    let Some(list) = list.value.clone()? else { return Ok(Vec::new()) };
    let Some(elements) = list.as_array() else {
        return Err(Unread::new(TAGS, format!("expected an array, found {}", json::kind(list))));
    };
    let tag = |(index, element)| match member_text(element, "key") {
        Some(key) => Ok(ResourceTag { key, value: member_text(element, "value").unwrap_or_default(), index }),
        None => Err(Unread::new(format!("{TAGS}[{index}]"), "expected a tag with a `key`")),
    };
    elements.iter().enumerate().map(tag).collect()
}

/// An object of a request that launches compute.
#[derive(Clone, Debug)]
pub struct Compute<'a> {
    /// Its place.
    pub at: At,
    /// The instance types that it names, each with its place.
    pub instance_types: Vec<(At, &'a str)>,
    /// What says that it is serverless, if it is.
    pub serverless: Option<At>,
}
