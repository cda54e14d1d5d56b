//! SageMaker models: looked up, or learned from the calls that created them.

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;

use super::LookedUp;
use crate::call::Call;
use crate::json::{Read, Unread, find};

/// A SageMaker model, where hosting takes its network settings from. Source: SageMaker API reference, `CreateModel`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// `EnableNetworkIsolation`
    pub network_isolation: bool,
    /// `VpcConfig.Subnets`
    pub subnets: Vec<String>,
    /// `VpcConfig.SecurityGroupIds`
    pub security_groups: Vec<String>,
}

impl Model {
    /// The model that a successful CreateModel call created, with its name. `None` for any other call, and where the request
    /// could not be read.
    pub fn read(call: &Call) -> Option<(String, Self)> {
        if !call.is_sagemaker() || call.event_name != "CreateModel" || call.error_code.is_some() {
            return None;
        }
        let request = *call.request.as_ref().ok()?;
        let texts = |path| -> Option<Vec<String>> {
            find(request, path).iter().map(|found| found.text().ok()?.map(str::to_owned)).collect()
        };
        let name = texts("modelName")?.pop()?;
        let isolation = find(request, "enableNetworkIsolation").first()?.flag().ok()?;
        let model = Self {
            network_isolation: isolation == Some(true),
            subnets: texts("vpcConfig.subnets[]")?,
            security_groups: texts("vpcConfig.securityGroupIds[]")?,
        };
        Some((name, model))
    }
}

/// All known models. A name may be given again after the model was deleted, so each is known from a certain time on.
#[derive(Clone, Debug, Default)]
pub struct Models(HashMap<String, Vec<(Timestamp, LookedUp<Model>)>>);

impl Models {
    /// Adds what is known, from `since` on, of a model of the account and region of `call`.
    pub fn add(&mut self, call: &Call, name: &str, since: Timestamp, model: LookedUp<Model>) {
        let known = self.0.entry(key(call, name)).or_default();
        if !known.contains(&(since, model.clone())) {
            known.push((since, model));
        }
    }

    /// The model `name`, which `call` uses and names at `path`, as it was at the time of the call.
    ///
    /// # Errors
    /// Where it is not known.
    pub fn get(&self, call: &Call, name: &str, path: &dyn fmt::Display) -> Read<&Model> {
        let unread = |why: &str| Unread::new(path, format!("the model `{name}` {why}"));
        let Some(time) = call.time() else { return Err(unread("may have changed: the record does not tell its time")) };
        let known = self.0.get(&key(call, name)).into_iter().flatten();
        let mut latest = known.filter(|(since, _)| *since <= time).collect::<Vec<_>>();
        latest.sort_by_key(|(since, _)| *since);
        match latest.as_slice() {
            [] => Err(unread("was not looked up, and no record of its CreateModel was read")),
            [.., (one, _), (other, _)] if one == other => Err(unread("was created twice at the same time")),
            [.., (_, model)] => model.as_ref().map_err(|why| unread(why)),
        }
    }
}

fn key(call: &Call, name: &str) -> String {
    format!("{}/{}/{name}", call.account.unwrap_or_default(), call.region.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Value;

    fn with_call<T>(name: &str, time: &str, request: &str, then: impl FnOnce(&Call) -> T) -> T {
        let record = format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{name}","eventTime":"{time}","requestParameters":{request}}}"#
        );
        let record: Value = serde_json::from_str(&record).unwrap();
        then(&Call::read(&record).unwrap())
    }

    fn learn(models: &mut Models, time: &str, isolation: bool) {
        let request = format!(
            r#"{{"modelName":"m","enableNetworkIsolation":{isolation},"vpcConfig":{{"subnets":["subnet-1"]}}}}"#
        );
        with_call("CreateModel", time, &request, |call| {
            let (name, model) = Model::read(call).unwrap();
            models.add(call, &name, call.time().unwrap(), Ok(model));
        });
    }

    fn isolated(models: &Models, time: &str) -> Option<bool> {
        let get = |call: &Call| models.get(call, "m", &"p").ok().map(|model| model.network_isolation);
        with_call("CreateEndpointConfig", time, r#"{"x":1}"#, get)
    }

    #[test]
    fn the_latest_model_of_the_name_counts_in_any_order() {
        let mut models = Models::default();
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

    #[test]
    fn what_cannot_be_read_teaches_nothing() {
        for request in ["null", r#"{"modelName":7}"#, r#"{"modelName":"m","enableNetworkIsolation":"perhaps"}"#] {
            assert_eq!(with_call("CreateModel", "2026-03-01T00:00:00Z", request, Model::read), None, "{request}");
        }
    }
}
