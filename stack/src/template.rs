//! The template of a stack, with the values of its parameters.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::TemplateStage;
use serde_json::{Map, Value};

use crate::aws::Aws;
use crate::errors::failed;
use crate::stack::Stack;

/// The template of a stack, as CloudFormation uses it: after transforms.
pub struct Template {
    body: Value,
    parameters: BTreeMap<String, String>,
}

impl Template {
    /// Reads the template of a stack.
    ///
    /// # Errors
    /// If it cannot be read, or is not JSON. A transform's result always is.
    pub async fn read(stack: &Stack, aws: &Aws) -> Result<Self, String> {
        let get = aws.cloudformation.get_template().stack_name(&stack.name).template_stage(TemplateStage::Processed);
        let template = get.send().await.map_err(failed("cloudformation:GetTemplate"))?;
        let body = serde_json::from_str(template.template_body().unwrap_or_default())
            .map_err(|error| format!("the processed template is not JSON: {error}"))?;
        Ok(Self { body, parameters: stack.parameters.clone() })
    }

    /// A property of a resource, without what its conditions leave out. Functions other than `Fn::If` stay as they are.
    pub fn property(&self, resource: &str, property: &str) -> Option<Value> {
        self.chosen(self.body.get("Resources")?.get(resource)?.get("Properties")?.get(property)?)
    }

    /// A value without its `Fn::If`s. Nothing, if the choice is `AWS::NoValue`.
    fn chosen(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Object(object) => match only(object) {
                Some(("Fn::If", Value::Array(parts))) => {
                    let [condition, then, otherwise] = parts.as_slice() else { return None };
                    let condition = self.body.get("Conditions")?.get(condition.as_str()?)?;
                    self.chosen(if self.holds(condition)? { then } else { otherwise })
                }
                Some(("Ref", name)) if name == "AWS::NoValue" => None,
                _ => Some(object.iter().filter_map(|(key, value)| Some((key.clone(), self.chosen(value)?))).collect()),
            },
            Value::Array(values) => Some(values.iter().filter_map(|value| self.chosen(value)).collect()),
            _ => Some(value.clone()),
        }
    }

    /// Whether a condition holds (CloudFormation user guide, "Condition functions"). `None` if it is of a form that no template of
    /// Tagwarden has.
    fn holds(&self, condition: &Value) -> Option<bool> {
        let (function, operands) = only(condition.as_object()?)?;
        if function == "Condition" {
            return self.holds(self.body.get("Conditions")?.get(operands.as_str()?)?);
        }
        let operands = operands.as_array()?;
        match function {
            "Fn::Equals" => Some(self.text(operands.first()?)? == self.text(operands.get(1)?)?),
            "Fn::Not" => Some(!self.holds(operands.first()?)?),
            "Fn::And" => operands.iter().try_fold(true, |all, one| Some(all & self.holds(one)?)),
            "Fn::Or" => operands.iter().try_fold(false, |any, one| Some(any | self.holds(one)?)),
            _ => None,
        }
    }

    /// A text, or the value of the parameter that is named.
    fn text<'a>(&'a self, value: &'a Value) -> Option<&'a str> {
        match value.get("Ref") {
            Some(parameter) => self.parameters.get(parameter.as_str()?).map(String::as_str),
            None => value.as_str(),
        }
    }
}

/// The member of an object that has no other.
fn only(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = object.iter();
    members.next().filter(|_| members.next().is_none()).map(|(name, value)| (name.as_str(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_choose_what_a_property_holds() {
        let body = json!({
            "Conditions": {
                "HasKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Key"}, ""]}]},
                "OwnTopic": {"Fn::Equals": [{"Ref": "Topic"}, ""]},
                "Both": {"Fn::And": [{"Condition": "HasKey"}, {"Condition": "OwnTopic"}]},
                "Either": {"Fn::Or": [{"Condition": "HasKey"}, {"Condition": "OwnTopic"}]},
            },
            "Resources": {"Role": {"Properties": {"Policies": [
                {"Fn::If": ["HasKey", "key", {"Ref": "AWS::NoValue"}]},
                {"Fn::If": ["Both", "both", {"Ref": "AWS::NoValue"}]},
                {"Fn::If": ["Either", "either", {"Ref": "AWS::NoValue"}]},
                {"Name": {"Fn::If": ["OwnTopic", "own", "another's"]}, "Arn": {"Fn::Sub": "${Key}"}},
            ]}}},
        });
        for (key, topic, expected) in [
            ("", "", json!(["either", {"Name": "own", "Arn": {"Fn::Sub": "${Key}"}}])),
            ("k", "", json!(["key", "both", "either", {"Name": "own", "Arn": {"Fn::Sub": "${Key}"}}])),
            ("k", "t", json!(["key", "either", {"Name": "another's", "Arn": {"Fn::Sub": "${Key}"}}])),
            ("", "t", json!([{"Name": "another's", "Arn": {"Fn::Sub": "${Key}"}}])),
        ] {
            let parameters = [("Key", key), ("Topic", topic)].map(|(name, value)| (name.to_owned(), value.to_owned()));
            let template = Template { body: body.clone(), parameters: parameters.into() };
            assert_eq!(template.property("Role", "Policies"), Some(expected), "{key} {topic}");
        }
    }
}
