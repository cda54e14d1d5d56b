//! A tag policy of the organisation: how the ABAC tag is written, and which values there are.
//!
//! Source: Organizations User Guide, "Tag policy syntax and examples" and "Services and resource types that support enforcement".

use serde_json::json;

use super::output::{OrganizationPolicy, PolicyDocument};
use super::text::{self, Style};
use super::{Attachment, Rendered, RenderedPolicy};
use crate::policy::Policy;

/// AWS's limit of a tag policy, in characters.
const MAX_CHARS: usize = 10_000;

/// SageMaker's resource types for which AWS refuses tags that a tag policy does not allow. For the others, it only reports them.
#[rustfmt::skip]
const ENFORCED: [&str; 13] = [
    "sagemaker:action", "sagemaker:app-image-config", "sagemaker:artifact", "sagemaker:context", "sagemaker:experiment",
    "sagemaker:flow-definition", "sagemaker:human-task-ui", "sagemaker:model-package", "sagemaker:model-package-group",
    "sagemaker:pipeline", "sagemaker:processing-job", "sagemaker:project", "sagemaker:training-job",
];

/// Renders the tag policy: the exact key and, if the policy names the `projects`, their names.
///
/// # Errors
/// If there are too many projects for a tag policy.
pub fn tag_policy(policy: &Policy) -> Result<Rendered, String> {
    let abac = &policy.abac;
    let mut tag = json!({"tag_key": {"@@assign": abac.tag}, "enforced_for": {"@@assign": ENFORCED}});
    if let (Some(projects), Some(tag)) = (&abac.projects, tag.as_object_mut()) {
        tag.insert("tag_value".to_owned(), json!({"@@assign": projects}));
    }
    let document = json!({"tags": {abac.tag.to_lowercase(): tag}});
    let size = text::json(&document, Style::Minified).map_err(|error| error.to_string())?.chars().count();
    if size > MAX_CHARS {
        return Err(format!(
            "the tag policy has {size} characters, but AWS allows {MAX_CHARS}: render it from a policy file \
            without `projects`, so that it holds the tag's key alone"
        ));
    }
    let policy = RenderedPolicy {
        name: "tag-policy".to_owned(),
        document: PolicyDocument::Json(document),
        attachment: Attachment::Organization(OrganizationPolicy::Tag),
    };
    Ok(Rendered::of(vec![policy]))
}
