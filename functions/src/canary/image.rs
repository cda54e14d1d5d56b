//! The container image of the model.

/// The URI of the image with this tag in the repository of this ARN.
/// Source: Amazon ECR User Guide, "Amazon ECR private registry"; "Endpoints and ARNs for AWS in China".
///
/// # Errors
/// If this is not the ARN of a repository.
pub fn image(repository_arn: &str, tag: &str) -> Result<String, String> {
    let parts: Vec<_> = repository_arn.splitn(6, ':').collect();
    let [_, partition, "ecr", region, account, repository] = parts.as_slice() else {
        return Err(format!("`{repository_arn}` is not the ARN of a repository"));
    };
    let name = repository.strip_prefix("repository/");
    let name = name.ok_or_else(|| format!("`{repository_arn}` is not the ARN of a repository"))?;
    let suffix = if *partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    Ok(format!("{account}.dkr.ecr.{region}.{suffix}/{name}:{tag}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_by_its_repository_and_tag() {
        for (arn, expected) in [
            (
                "arn:aws:ecr:eu-west-1:111122223333:repository/team/base",
                Some("111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/base:v1"),
            ),
            (
                "arn:aws-cn:ecr:cn-north-1:111122223333:repository/base",
                Some("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/base:v1"),
            ),
            ("arn:aws:s3:::bucket", None),
            ("arn:aws:ecr:eu-west-1:111122223333:base", None),
            ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/base:v1", None),
        ] {
            assert_eq!(image(arn, "v1").ok().as_deref(), expected, "{arn}");
        }
    }
}
