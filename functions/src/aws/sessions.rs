//! Sessions, in DynamoDB.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tagwarden::evidence::{Session, Tags};
use tagwarden::record::Identity;

use super::client::Aws;
use super::errors::aws_error;
use super::items::{TableItem, seconds, text};
use crate::ports::{AwsError, AwsResult, FindSession, RecordSession};

/// The key of a session by its access key.
fn by_access_key(access_key_id: &str) -> String {
    format!("session#key#{access_key_id}")
}

/// The key of a session by its principal and time of issue.
fn by_principal(principal_id: &str, issued: Timestamp) -> String {
    format!("session#principal#{principal_id}#{issued}")
}

/// The set of all tags that records give a session: a JSON object for each. Two sessions of one principal that were issued in the
/// same second have the same key, and neither may hide the other's tags.
const ALL_TAGS: &str = "all_tags";

/// Where an item has the tags of a session if it was written before there were sets.
const TAGS: &str = "tags";

impl FindSession for Aws {
    async fn sessions(&self, identity: &Identity<'_>) -> AwsResult<Vec<Session>> {
        let issued = identity.principal_id.zip(identity.session_created.and_then(|time| time.parse().ok()));
        let access_key = identity.access_key_id.map(by_access_key);
        let principal = issued.map(|(principal_id, issued)| by_principal(principal_id, issued));
        let (signed, issued_then) =
            futures_util::try_join!(self.session_tags(access_key), self.session_tags(principal))?;
        let session = |access_key_id: Option<&str>, issued: Option<(&str, Timestamp)>, tags| Session {
            access_key_id: access_key_id.map(str::to_owned),
            issued: issued.map(|(principal_id, time)| (principal_id.to_owned(), time)),
            tags: Ok(tags),
        };
        let signed = signed.into_iter().map(|tags| session(identity.access_key_id, None, tags));
        let issued_then = issued_then.into_iter().map(|tags| session(None, issued, tags));
        Ok(signed.chain(issued_then).collect())
    }
}

impl Aws {
    async fn session_tags(&self, id: Option<String>) -> AwsResult<Vec<Tags>> {
        let Some(id) = id else { return Ok(Vec::new()) };
        let found =
            self.dynamodb.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true).send().await;
        found.map_err(aws_error("dynamodb:GetItem"))?.item.as_ref().map_or(Ok(Vec::new()), recorded)
    }
}

/// What the records of a session say of its tags.
fn recorded(item: &TableItem) -> AwsResult<Vec<Tags>> {
    let all = item.get(ALL_TAGS).and_then(|all| all.as_ss().ok()).into_iter().flatten();
    let all =
        all.map(|tags| serde_json::from_str(tags).map_err(|error| AwsError(format!("the recorded tags: {error}"))));
    let map = item.get(TAGS).and_then(|tags| tags.as_m().ok());
    let one = map.map(|tags| Ok(tags.iter().filter_map(|(key, value)| Some((key, value.as_s().ok()?))).collect()));
    all.chain(one).collect()
}

impl RecordSession for Aws {
    async fn record(&self, session: &Session, expires: Timestamp) -> AwsResult<()> {
        let action = "dynamodb:UpdateItem";
        let tags = session.tags.clone().unwrap_or_default();
        let tags = serde_json::to_string(&tags).map_err(|error| AwsError(format!("{action} failed: {error}")))?;
        let access_key = session.access_key_id.as_deref().map(by_access_key);
        let principal = session.issued.as_ref().map(|(principal_id, issued)| by_principal(principal_id, *issued));
        for id in access_key.into_iter().chain(principal) {
            let update = self.dynamodb.update_item().table_name(&self.table).key("id", text(id));
            let update = update.update_expression("ADD #all :tags SET #expires = :expires");
            let update = update.expression_attribute_names("#all", ALL_TAGS);
            let update = update.expression_attribute_names("#expires", "expires");
            let update = update.expression_attribute_values(":tags", AttributeValue::Ss(vec![tags.clone()]));
            let update = update.expression_attribute_values(":expires", seconds(expires.as_second()));
            update.send().await.map_err(aws_error(action))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(item: &TableItem) -> Vec<Option<String>> {
        let tags = recorded(item).expect("readable");
        tags.iter().map(|tags| tags.get("Project").map(str::to_owned)).collect()
    }

    #[test]
    fn items_of_all_versions_are_read() {
        let map = [("Project".to_owned(), text("atlas"))].into_iter().collect();
        let mut item: TableItem = [(TAGS.to_owned(), AttributeValue::M(map))].into_iter().collect();
        assert_eq!(project(&item), [Some("atlas".to_owned())]);
        let all = AttributeValue::Ss(vec![r#"{"Project":"borealis"}"#.to_owned()]);
        item.insert(ALL_TAGS.to_owned(), all);
        assert_eq!(project(&item), [Some("borealis".to_owned()), Some("atlas".to_owned())]);
        item.insert(ALL_TAGS.to_owned(), AttributeValue::Ss(vec!["{".to_owned()]));
        assert!(recorded(&item).is_err(), "what cannot be read is not passed over");
    }
}
