//! Tags a resource, if its tags still are as the call left them.

use serde_json::Value;
use tagwarden::record::json::member_text;
use tagwarden::terms::MARK;

use super::gate::{Examined, examine};
use super::subject::Subject;
use crate::ports::{AddTags, AwsError, AwsResult, DescribeResource};

/// Why a resource of some kinds is not tagged.
const UNDESCRIBED: &str = "Tagwarden cannot ask when it was created, so it may be another one of the same name";

/// Tags.
pub(super) type Tags = [(String, String)];

/// Sets these tags on the resource of a call. It returns why it did not, if so.
///
/// # Errors
/// If the resource cannot be described or tagged.
pub(super) async fn tag(
    subject: &Subject<'_>,
    tags: &Tags,
    ports: &(impl DescribeResource + AddTags),
) -> AwsResult<Option<String>> {
    let Some(arn) = subject.arn.as_deref() else {
        return Err(AwsError("the record does not have the ARN of the resource".to_owned()));
    };
    let mut examined = Examined::Another(UNDESCRIBED.to_owned());
    for by in subject.described_by() {
        examined = examine(subject, by.name, ports).await?;
        if examined != Examined::Gone {
            break;
        }
    }
    match examined {
        // An ended job keeps its tags, and its costs are reported by them.
        Examined::TheOne(_) | Examined::Ended => {}
        Examined::Gone => return Ok(Some("it does not exist any more".to_owned())),
        Examined::Another(reason) => return Ok(Some(reason)),
    }
    let now = ports.tags_of(arn).await?;
    // An earlier attempt may have set them, or somebody else.
    if tags.iter().all(|(key, value)| value_of(&now, key) == Some(value)) {
        return Ok(Some("it has these tags already".to_owned()));
    }
    let changed = tags.iter().find(|(key, _)| key != MARK && value_of(&now, key) != set_by_call(subject, key));
    if let Some((key, _)) = changed {
        let value = value_of(&now, key).map_or("gone".to_owned(), |value| format!("`{value}`"));
        return Ok(Some(format!("it was mended, or changed again: `{key}` is {value} now")));
    }
    ports.add_tags(arn, tags).await?;
    Ok(None)
}

/// The value of a tag in the API's list.
fn value_of<'a>(tags: &'a Value, key: &str) -> Option<&'a str> {
    let list = tags.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().find(|tag| tag["Key"] == key)?["Value"].as_str()
}

/// The value that the call itself gave a tag.
fn set_by_call<'a>(subject: &'a Subject, key: &str) -> Option<&'a str> {
    let list = subject.call.request.as_ref().ok()?.get("tags").as_array()?;
    list.iter().find(|tag| member_text(tag, "key") == Some(key)).and_then(|tag| member_text(tag, "value"))
}
