//! A deployed stack: its parameters and its resources.

use std::collections::BTreeMap;

use crate::aws::Aws;
use crate::errors::failed;

/// A deployed stack.
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its state, such as `UPDATE_COMPLETE`.
    pub status: String,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Its resources.
    pub resources: Vec<Resource>,
}

/// A resource of a stack.
pub struct Resource {
    /// Its name in the template.
    pub id: String,
    /// Its name in AWS: for queues a URL, for topics an ARN.
    pub physical: String,
    /// Its type, such as `AWS::SNS::Topic`.
    pub kind: String,
}

impl Stack {
    /// Reads a stack.
    ///
    /// # Errors
    /// If it does not exist, or cannot be read.
    pub async fn read(name: &str, aws: &Aws) -> Result<Self, String> {
        let described = aws.cloudformation.describe_stacks().stack_name(name).send().await;
        let described = described.map_err(failed("cloudformation:DescribeStacks"))?;
        let stack = described.stacks().first().ok_or_else(|| format!("there is no stack `{name}`"))?;
        let parameter = |one: &aws_sdk_cloudformation::types::Parameter| {
            Some((one.parameter_key()?.to_owned(), one.parameter_value()?.to_owned()))
        };
        let mut resources = Vec::new();
        let mut pages = aws.cloudformation.list_stack_resources().stack_name(name).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed("cloudformation:ListStackResources"))?;
            resources.extend(page.stack_resource_summaries().iter().filter_map(|one| {
                Some(Resource {
                    id: one.logical_resource_id()?.to_owned(),
                    physical: one.physical_resource_id()?.to_owned(),
                    kind: one.resource_type()?.to_owned(),
                })
            }));
        }
        Ok(Self {
            name: name.to_owned(),
            status: stack.stack_status().map_or("?", |status| status.as_str()).to_owned(),
            parameters: stack.parameters().iter().filter_map(parameter).collect(),
            resources,
        })
    }

    /// The value of a parameter, if it is not empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The resources of a type.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// What is wrong with the resources of a type, each named, and how many resources there are.
    ///
    /// # Errors
    /// If one cannot be read.
    pub async fn problems(
        &self,
        kind: &str,
        of: impl AsyncFn(&Resource) -> Result<Option<String>, String>,
    ) -> Result<(usize, Vec<String>), String> {
        let (mut count, mut problems) = (0, Vec::new());
        for resource in self.of_kind(kind) {
            count += 1;
            problems.extend(of(resource).await?.map(|problem| format!("`{}` {problem}", resource.id)));
        }
        Ok((count, problems))
    }

    /// The physical name of a resource, if the stack has it.
    pub fn physical(&self, id: &str) -> Option<&str> {
        self.resources.iter().find(|resource| resource.id == id).map(|resource| resource.physical.as_str())
    }
}
