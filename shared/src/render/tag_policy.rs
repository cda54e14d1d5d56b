//! A tag policy of the organisation: how tags are written, and which values there are.
//!
//! Source: Organizations User Guide, "Tag policy syntax and examples" and "Services and resource types that support enforcement".

use serde_json::{Value, json};

use super::output::{OrganizationPolicy, PolicyDocument};
use super::text::{self, Style};
use super::{Attachment, Rendered, RenderedPolicy};
use crate::policy::Policy;
use crate::settings::TagRequirement;

/// AWS's limit of a tag policy, in characters.
const MAX_CHARS: usize = 10_000;

/// SageMaker's resource types for which AWS refuses tags that a tag policy does not allow. For the others, it only reports them.
#[rustfmt::skip]
const ENFORCED: [&str; 13] = [
    "sagemaker:action", "sagemaker:app-image-config", "sagemaker:artifact", "sagemaker:context", "sagemaker:experiment",
    "sagemaker:flow-definition", "sagemaker:human-task-ui", "sagemaker:model-package", "sagemaker:model-package-group",
    "sagemaker:pipeline", "sagemaker:processing-job", "sagemaker:project", "sagemaker:training-job",
];

/// Renders the tag policy: the exact key of each tag of the policy and, if the policy limits them, its values.
///
/// # Errors
/// If a tag policy cannot say it, or there are too many values for one.
pub fn tag_policy(policy: &Policy) -> Result<Rendered, String> {
    let abac = &policy.abac;
    let mut tags = serde_json::Map::new();
    tags.insert(abac.tag.to_lowercase(), tag(&abac.tag, abac.projects.as_deref()));
    for TagRequirement { key, values, .. } in &abac.tags {
        let values: Option<Vec<_>> =
            values.as_ref().map(|values| values.iter().map(|value| value.as_str().to_owned()).collect());
        // "You can use only one wildcard per tag value."
        if let Some(value) = values.iter().flatten().find(|value| value.matches('*').count() > 1) {
            return Err(format!(
                "the value `{value}` of the tag `{key}` has several `*`, but a tag policy takes one in a value: write it as \
                several values with one `*` each"
            ));
        }
        tags.insert(key.to_lowercase(), tag(key, values.as_deref()));
    }
    let document = json!({"tags": tags});
    let size = text::json(&document, Style::Minified).map_err(|error| error.to_string())?.chars().count();
    if size > MAX_CHARS {
        return Err(format!(
            "the tag policy has {size} characters, but AWS allows {MAX_CHARS}: render it from a policy file without \
            `projects` and with fewer `values`, so that it holds the tags' keys alone"
        ));
    }
    let policy = RenderedPolicy {
        name: "tag-policy".to_owned(),
        document: PolicyDocument::Json(document),
        attachment: Attachment::Organization(OrganizationPolicy::Tag),
    };
    Ok(Rendered::of(vec![policy]))
}

/// What a tag policy says of one tag.
fn tag(key: &str, values: Option<&[String]>) -> Value {
    let mut tag = json!({"tag_key": {"@@assign": key}, "enforced_for": {"@@assign": ENFORCED}});
    if let (Some(values), Some(tag)) = (values, tag.as_object_mut()) {
        tag.insert("tag_value".to_owned(), json!({"@@assign": values}));
    }
    tag
}
