//! IAM's data on roles and users. It is of one time. A role that was deleted and made again is another role.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::iter;

use jiff::Timestamp;

use super::carrier::carrier;
use super::{IamEntity, LookedUp};

/// IAM's data on roles and users.
#[derive(Clone, Debug, Default)]
pub(super) struct Principals {
    /// By carrier.
    by_name: HashMap<String, Namesakes>,
    /// Whether there is more data than was given.
    pub(super) is_truncated: bool,
}

/// The roles or users of one name. There are several if data of several times was given, and one was deleted in between.
#[derive(Clone, Debug, Default)]
struct Namesakes {
    /// As IAM's data gives it, with its path.
    arn: String,
    first: IamEntity,
    others: Vec<IamEntity>,
}

impl Principals {
    /// What is known about the role or user `arn`, to add to it.
    pub fn entry(&mut self, arn: &str) -> &mut IamEntity {
        let new = || Namesakes { arn: arn.to_owned(), ..Namesakes::default() };
        &mut self.by_name.entry(carrier(arn).unwrap_or_default()).or_insert_with(new).first
    }

    /// Adds a role or user. What contradicts earlier data on the same one is not known any more.
    pub fn add(&mut self, arn: &str, entity: IamEntity) {
        match self.by_name.entry(carrier(arn).unwrap_or_default()) {
            Entry::Vacant(entry) => {
                entry.insert(Namesakes { arn: arn.to_owned(), first: entity, others: Vec::new() });
            }
            Entry::Occupied(entry) => {
                let Namesakes { first, others, .. } = entry.into_mut();
                match iter::once(first).chain(others.iter_mut()).find(|known| known.id == entity.id) {
                    Some(known) => known.reconcile(entity),
                    None => others.push(entity),
                }
            }
        }
    }

    /// The ARNs of all of them.
    pub fn arns(&self) -> impl Iterator<Item = &str> {
        self.by_name.values().map(|namesakes| namesakes.arn.as_str())
    }

    /// The one role or user with this ARN and, if that is known, this unique id, that existed at that time.
    pub fn find(&self, arn: &str, id: Option<&str>, time: Option<Timestamp>, hint: &str) -> Result<&IamEntity, String> {
        let Some(Namesakes { first, others, .. }) = carrier(arn).and_then(|carrier| self.by_name.get(&carrier)) else {
            let more = if self.is_truncated { ", and what was given is one page of more (`IsTruncated`)" } else { "" };
            return Err(format!("IAM's data on `{arn}` is missing{more}{hint}"));
        };
        if let Some(entity) =
            iter::once(first).chain(others).find(|known| known.id.is_some() && known.id.as_deref() == id)
        {
            return Ok(entity);
        }
        let another = |how: String| Err(format!("in IAM's data, `{arn}` is another role or user of that name: {how}"));
        match (&first.id, id) {
            _ if !others.is_empty() => Err(format!("IAM's data has several roles or users with the ARN `{arn}`")),
            (Some(known), Some(id)) => another(format!("its id is `{known}`, the caller's `{id}`")),
            _ => match (first.created, time) {
                (Some(created), Some(time)) if created > time => {
                    another(format!("it was created at {created}, after the call"))
                }
                _ => Ok(first),
            },
        }
    }
}

impl IamEntity {
    fn reconcile(&mut self, other: Self) {
        reconcile("its tags", &mut self.tags, other.tags);
        reconcile("what grants it permissions", &mut self.grants, other.grants);
        reconcile("its trust policy", &mut self.trust_policy, other.trust_policy);
    }
}

fn reconcile<T: PartialEq>(what: &str, known: &mut LookedUp<T>, other: LookedUp<T>) {
    match (&known, other) {
        (Ok(one), Ok(other)) if *one != other => {
            *known = Err(format!("IAM's data was given twice, and {what} differ"));
        }
        (Err(_), other) => *known = other,
        _ => {}
    }
}
