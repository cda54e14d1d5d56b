//! Sessions, in DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tagwarden::evidence::{Session, Tags};
use tagwarden::record::Identity;

use super::client::Aws;
use super::errors::aws_error;
use super::items::{seconds, text};
use crate::ports::{AwsResult, FindSession, RecordSession};

/// The key of a session by its access key.
fn by_access_key(access_key_id: &str) -> String {
    format!("session#key#{access_key_id}")
}

/// The key of a session by its principal and time of issue.
fn by_principal(principal_id: &str, issued: Timestamp) -> String {
    format!("session#principal#{principal_id}#{issued}")
}

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
        let signed = signed.map(|tags| session(identity.access_key_id, None, tags));
        let issued_then = issued_then.map(|tags| session(None, issued, tags));
        Ok(signed.into_iter().chain(issued_then).collect())
    }
}

impl Aws {
    async fn session_tags(&self, id: Option<String>) -> AwsResult<Option<Tags>> {
        let Some(id) = id else { return Ok(None) };
        let found =
            self.dynamodb.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true).send().await;
        let item = found.map_err(aws_error("dynamodb:GetItem"))?.item;
        let tags = item.and_then(|item| item.get("tags")?.as_m().ok().cloned());
        let pair = |(key, value): (&String, &AttributeValue)| Some((key.clone(), value.as_s().ok()?.clone()));
        Ok(tags.map(|tags| {
            let pairs: Vec<_> = tags.iter().filter_map(pair).collect();
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
        }))
    }
}

impl RecordSession for Aws {
    async fn record(&self, session: &Session, expires: Timestamp) -> AwsResult<()> {
        let tags = session.tags.iter().flat_map(Tags::iter);
        let tags: HashMap<_, _> = tags.map(|(key, value)| (key.to_owned(), text(value))).collect();
        let access_key = session.access_key_id.as_deref().map(by_access_key);
        let principal = session.issued.as_ref().map(|(principal_id, issued)| by_principal(principal_id, *issued));
        for id in access_key.into_iter().chain(principal) {
            let put = self.dynamodb.put_item().table_name(&self.table).item("id", text(id));
            let put = put.item("tags", AttributeValue::M(tags.clone())).item("expires", seconds(expires.as_second()));
            put.send().await.map_err(aws_error("dynamodb:PutItem"))?;
        }
        Ok(())
    }
}
