//! SageMaker models.

use super::Created;
use crate::record::Call;
use crate::record::json::find;

/// A SageMaker model, from which hosting takes its network settings. Source: SageMaker API reference, `CreateModel`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// `EnableNetworkIsolation`
    pub network_isolation: bool,
    /// `VpcConfig.Subnets`
    pub subnets: Vec<String>,
    /// `VpcConfig.SecurityGroupIds`
    pub security_groups: Vec<String>,
}

impl Created for Model {
    const WHAT: &'static str = "model";
    const BY: &'static str = "CreateModel";

    fn from_request(call: &Call) -> Option<(String, Self)> {
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

#[cfg(test)]
mod tests {
    use super::super::testing::with_call;
    use super::*;

    #[test]
    fn the_network_of_a_model_is_read() {
        let request = r#"{"modelName":"m","enableNetworkIsolation":"true","vpcConfig":{"subnets":["subnet-1"],"securityGroupIds":["sg-1"]}}"#;
        let model = Model {
            network_isolation: true,
            subnets: vec!["subnet-1".to_owned()],
            security_groups: vec!["sg-1".to_owned()],
        };
        let read = |name| with_call(name, "2026-03-01T00:00:00Z", request, Model::read);
        assert_eq!(read("CreateModel"), Some(("m".to_owned(), model)));
        assert_eq!(read("DeleteModel"), None);
    }

    #[test]
    fn what_cannot_be_read_teaches_nothing() {
        for request in ["null", r#"{"modelName":7}"#, r#"{"modelName":"m","enableNetworkIsolation":"perhaps"}"#] {
            assert_eq!(with_call("CreateModel", "2026-03-01T00:00:00Z", request, Model::read), None, "{request}");
        }
    }
}
