//! Access that old documents did not give, shown by a request.

use serde::Serialize;
use tagwarden::grants::{Answer, Context, Grants, Request};
use tagwarden::record::arn;

use crate::actions::covered;

/// A request that new documents allow, and old ones do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewAccess {
    /// Such as `s3:DeleteObject`.
    pub action: String,
    /// An ARN, or `*` if the old documents allow the action on nothing.
    pub resource: String,
    /// The statement that allows it.
    pub by: String,
}

/// Requests that `new` allows and `old` does not, one for each action of each pattern at most. If there are none, there may still be
/// others. What depends on a condition key that is not known, or on a policy that is not known, is not shown.
pub fn new_access(new: &Grants, old: &Grants, role: &str, region: &str) -> Vec<NewAccess> {
    let place = Place { partition: arn::partition(region), region, account: arn::account(role).unwrap_or_default() };
    let mut found: Vec<NewAccess> = Vec::new();
    for by in new.allowing() {
        let resources = by.statement.resource_patterns(&new.principal);
        let actions = by.statement.action_patterns();
        let actions = actions.iter().flat_map(|pattern| covered(pattern));
        for (service, name, _) in actions {
            let action = format!("{service}:{name}");
            if found.iter().any(|known| known.action == action) || !by.statement.covers_action(&action) {
                continue;
            }
            let mut candidates = resources.iter().flat_map(|pattern| place.examples(service, name, pattern, old));
            let context = by.statement.satisfied(Context::default());
            let is_new = |resource: &String| {
                let request = Request { context: context.clone(), ..Request::new(&action, resource) };
                matches!(new.decide(&request), Ok(Answer::Yes(_))) && matches!(old.decide(&request), Ok(Answer::No))
            };
            if let Some(resource) = candidates.find(is_new) {
                found.push(NewAccess { action, resource, by: by.to_string() });
            }
        }
    }
    found
}

/// Where a role is.
struct Place<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
}

impl Place<'_> {
    /// Resources that a pattern covers and that have the form of the action's resources. Where that is not known, it is `*`, and only
    /// if the old documents never allow the action: then the resource does not matter.
    fn examples(&self, service: &str, name: &str, pattern: &str, old: &Grants) -> Vec<String> {
        let mut examples = Vec::new();
        if old.never_allows(&format!("{service}:{name}")) {
            examples.push("*".to_owned());
        }
        let parts: Vec<_> = pattern.splitn(6, ':').collect();
        if let [_, partition, of, region, account, resource] = parts.as_slice() {
            let or = |part: &str, own: &str| if part == "*" { own.to_owned() } else { part.to_owned() };
            let begins_literally = !resource.starts_with(['*', '?']);
            let head = format!(
                "arn:{}:{of}:{}:{}:",
                or(partition, self.partition),
                or(region, self.region),
                or(account, self.account)
            );
            let is_whole = !head.contains(['*', '?']);
            let filled = ["any", "any/any", ""].map(|run| resource.replace('*', run));
            let has_form = |resource: &String| service != "s3" || is_object(name) == resource.contains('/');
            if is_whole && (begins_literally || service == "s3") {
                examples.extend(filled.into_iter().filter(has_form).map(|resource| format!("{head}{resource}")));
            }
        } else if service == "s3" && is_object(name) {
            examples.push(format!("arn:{}:s3:::any/any", self.partition));
        }
        examples
    }
}

/// Whether an action of S3 is about objects, not buckets (Service Authorization Reference, "Actions defined by Amazon S3").
fn is_object(name: &str) -> bool {
    (name.contains("Object") || name.contains("Multipart")) && !name.contains("Bucket") && !name.contains("AccessPoint")
}

#[cfg(test)]
mod tests {
    use tagwarden::Evidence;

    use super::*;
    use crate::given;

    const ROLE: &str = "arn:aws:iam::111122223333:role/r";

    /// The first request that documents of a new statement allow, and those of an old one do not.
    fn first(new: &str, old: &str) -> String {
        let evidence = |statement: &str| {
            let mut evidence = Evidence::new("");
            let document =
                serde_json::from_str(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)).unwrap();
            given::read(&document, "r", Some("111122223333"), &mut evidence).unwrap();
            evidence
        };
        let (new, old) = (evidence(new), evidence(old));
        let grants = [&new, &old].map(|evidence| evidence.grants(ROLE, None).unwrap());
        let found = new_access(&grants[0], &grants[1], ROLE, "eu-west-1");
        found.first().map(|found| format!("{} on {}", found.action, found.resource)).unwrap_or_default()
    }

    fn allow(action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    }

    #[test]
    fn what_is_found_is_new() {
        let (object, bucket) = ("arn:aws:s3:::atlas-data/*", "arn:aws:s3:::atlas-data");
        for (new, old, expected) in [
            (allow("s3:GetObject", object), allow("s3:GetObject", object), ""),
            (allow("s3:GetObject", object), allow("s3:*", "*"), ""),
            (allow("s3:GetObject", "*"), allow("s3:GetObject", "arn:aws:s3:::*/*"), ""),
            (allow("s3:GetObject", "arn:aws:s3:::*"), allow("s3:GetObject", "arn:aws:s3:::*/*"), ""),
            (
                allow("s3:ListBucket", "arn:aws:s3:::*"),
                allow("s3:ListBucket", bucket),
                "s3:ListBucket on arn:aws:s3:::any",
            ),
            (allow("s3:GetObject", "*"), allow("s3:GetObject", object), "s3:GetObject on arn:aws:s3:::any/any"),
            (
                allow("s3:*Object", object),
                allow("s3:GetObject", object),
                "s3:DeleteObject on arn:aws:s3:::atlas-data/any",
            ),
            (
                allow("sagemaker:StopTrainingJob", "*"),
                allow("sagemaker:StopTrainingJob", "arn:aws:sagemaker:*:*:training-job/*"),
                "",
            ),
            (
                allow("sagemaker:StopTrainingJob", "arn:aws:sagemaker:*:*:training-job/*"),
                allow("sagemaker:StopTrainingJob", "arn:aws:sagemaker:*:*:training-job/atlas-*"),
                "sagemaker:StopTrainingJob on arn:aws:sagemaker:eu-west-1:111122223333:training-job/any",
            ),
            (allow("ec2:RunInstances", "*"), allow("s3:GetObject", object), "ec2:RunInstances on *"),
            (r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#.to_owned(), allow("*", "*"), ""),
        ] {
            assert_eq!(first(&new, &old), expected, "{new} over {old}");
        }
        let deny = r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}"#;
        assert_eq!(first(&format!("{},{deny}", allow("s3:GetObject", object)), deny), "");
        assert_eq!(
            first(&allow("s3:GetObject", object), &format!("{},{deny}", allow("s3:*", "*"))),
            "s3:GetObject on arn:aws:s3:::atlas-data/any"
        );
    }
}
