//! Resources that calls name. They are looked up, or learned from the calls that created them.

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;

use super::LookedUp;
use crate::record::Call;
use crate::record::json::{Read, Unread};

/// A kind of resource that is known by how it was created.
pub trait Created: Sized {
    /// Its name in messages.
    const WHAT: &'static str;
    /// The operation that creates it.
    const BY: &'static str;

    /// The resource that a successful call of that operation created, with its name. `None` if the request does not
    /// show it.
    fn from_request(call: &Call) -> Option<(String, Self)>;

    /// The resource that `call` created, with its name. `None` for calls that did not create one of this kind, or do
    /// not show it.
    fn read(call: &Call) -> Option<(String, Self)> {
        let creates_it = call.is_sagemaker() && call.event_name == Self::BY && call.error_code.is_none();
        creates_it.then(|| Self::from_request(call)).flatten()
    }
}

/// All known resources of a kind. A name may be used again after the resource was deleted, so each is known from a
/// certain time on.
#[derive(Clone, Debug)]
pub struct Versions<T>(HashMap<String, Vec<(Timestamp, LookedUp<T>)>>);

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Created + Clone + PartialEq> Versions<T> {
    /// Adds what is known from `since` on about a resource in the account and region of `call`.
    pub fn add(&mut self, call: &Call, name: &str, since: Timestamp, resource: LookedUp<T>) {
        let known = self.0.entry(key(call, name)).or_default();
        if !known.contains(&(since, resource.clone())) {
            known.push((since, resource));
        }
    }

    /// Learns the resource that `call` created, if it is one of this kind.
    pub fn learn(&mut self, call: &Call) {
        if let (Some((name, resource)), Some(since)) = (T::read(call), call.time()) {
            self.add(call, &name, since, Ok(resource));
        }
    }

    /// The resource `name`, which `call` uses and names at `path`, as it was at the time of the call.
    ///
    /// # Errors
    /// If it is not known.
    pub fn get(&self, call: &Call, name: &str, path: &dyn fmt::Display) -> Read<&T> {
        let unread = |why: &str| Unread::new(path, format!("the {} `{name}` {why}", T::WHAT));
        let Some(time) = call.time() else { return Err(unread("may have changed: the record has no time")) };
        let known = self.0.get(&key(call, name)).into_iter().flatten();
        let mut latest = known.filter(|(since, _)| *since <= time).collect::<Vec<_>>();
        latest.sort_by_key(|(since, _)| *since);
        match latest.as_slice() {
            [] => Err(unread(&format!("was not looked up, and no record of its {} was read", T::BY))),
            [.., (one, _), (other, _)] if one == other => Err(unread("was created twice at the same time")),
            [.., (_, resource)] => resource.as_ref().map_err(|why| unread(why)),
        }
    }
}

fn key(call: &Call, name: &str) -> String {
    format!("{}/{}/{name}", call.account.unwrap_or_default(), call.region.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::Model;
    use super::super::testing::with_call;
    use super::*;

    fn learn(models: &mut Versions<Model>, time: &str, isolation: bool) {
        let request = format!(r#"{{"modelName":"m","enableNetworkIsolation":{isolation}}}"#);
        with_call("CreateModel", time, &request, |call| models.learn(call));
    }

    fn isolated(models: &Versions<Model>, time: &str) -> Option<bool> {
        let get = |call: &Call| models.get(call, "m", &"p").ok().map(|model| model.network_isolation);
        with_call("CreateEndpointConfig", time, r#"{"x":1}"#, get)
    }

    #[test]
    fn the_latest_of_the_name_counts_in_any_order() {
        let mut models = Versions::default();
        for (time, isolation) in
            [("2026-03-03T00:00:00Z", true), ("2026-03-01T00:00:00Z", false), ("2026-03-03T00:00:00Z", true)]
        {
            learn(&mut models, time, isolation);
        }
        assert_eq!(isolated(&models, "2026-02-28T00:00:00Z"), None);
        assert_eq!(isolated(&models, "2026-03-02T00:00:00Z"), Some(false));
        assert_eq!(isolated(&models, "2026-03-04T00:00:00Z"), Some(true));
        learn(&mut models, "2026-03-03T00:00:00Z", false);
        assert_eq!(isolated(&models, "2026-03-04T00:00:00Z"), None, "two models of one name at one time");
    }
}
