//! Links to the SageMaker console.

use tagwarden::decide::Decision;

/// The link to the resource in the console, if its form is known. Other partitions have other consoles.
pub(super) fn console_link(decision: &Decision) -> Option<String> {
    let resource = decision.resource.as_ref()?;
    resource.arn.as_deref()?.strip_prefix("arn:aws:")?;
    let region = decision.region.as_deref()?;
    let page = match resource.kind {
        "endpoint" => "endpoints",
        "endpoint-config" => "endpointConfig",
        "hyper-parameter-tuning-job" => "hyper-tuning-jobs",
        "model" => "models",
        "notebook-instance" => "notebook-instances",
        "processing-job" => "processing-jobs",
        "training-job" => "jobs",
        "transform-job" => "transform-jobs",
        _ => return None,
    };
    let name = resource.name.as_deref()?;
    Some(format!("https://{region}.console.aws.amazon.com/sagemaker/home?region={region}#/{page}/{name}"))
}
