//! Where each project's execution roles are.

use crate::statement::wildcards;
use crate::terms::Pattern;

/// The ARNs of the roles below `path`, in which `{project}` stands for the caller's project.
///
/// # Errors
/// If the path has no `{project}`.
pub(super) fn role_arns(path: &str, tag: &str) -> Result<String, String> {
    let path = path.trim_matches('/');
    let Some((before, after)) = path.split_once("{project}") else {
        return Err(format!("`{path}` has no `{{project}}`: expected a path such as `ml/{{project}}/`"));
    };
    let (before, after) = (wildcards(&Pattern::new(before)), wildcards(&Pattern::new(after)));
    Ok(format!("arn:*:iam::*:role/{before}${{aws:PrincipalTag/{tag}}}{after}/*"))
}
