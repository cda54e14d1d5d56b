//! The ledger, in DynamoDB: an item for each resource.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue};
use jiff::Timestamp;
use tagwarden::evidence::{Standing, Tags};

use super::client::Aws;
use super::errors::{aws_error, condition_held, if_condition_held};
use super::items::{TableItem, number, seconds, string, text};
use crate::ports::{
    AwsError, AwsResult, CLOCK_TOLERANCE, CountStops, Creation, KnownChange, LEDGER_RETENTION, LedgerEntry,
    MOST_CHANGES, ReadLedger, UsedConfig, WriteLedger,
};

/// The prefix of the keys of resources.
const RESOURCE: &str = "creation#";

/// The attribute that holds records of changes that could not be judged.
const RECORDS: &str = "unjudged";

/// The key of the item of a resource. SageMaker writes names in ARNs in lower case, and people write them in any case.
fn key(arn: &str) -> String {
    format!("{RESOURCE}{}", arn.to_ascii_lowercase())
}

impl ReadLedger for Aws {
    async fn entries(&self, arns: &[&str]) -> AwsResult<BTreeMap<String, LedgerEntry>> {
        let ids: BTreeSet<_> = arns.iter().map(|arn| key(arn)).collect();
        let keys = ids.into_iter().map(|id| HashMap::from([("id".to_owned(), text(id))])).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let keys = keys.map_err(|error| AwsError(format!("dynamodb:BatchGetItem failed: {error}")))?;
        let found = self.dynamodb.batch_get_item().request_items(&self.table, keys).send().await;
        let found = found.map_err(aws_error("dynamodb:BatchGetItem"))?.responses.into_iter().flatten();
        let items: HashMap<_, _> = found
            .flat_map(|(_, items)| items)
            .filter_map(|item| Some((string(&item, "id")?.to_owned(), read(&item)?)))
            .collect();
        Ok(arns.iter().filter_map(|arn| Some(((*arn).to_owned(), items.get(&key(arn))?.clone()))).collect())
    }
}

impl WriteLedger for Aws {
    async fn remember(&self, arn: &str, creation: &Creation) -> AwsResult<Vec<String>> {
        let created = creation.time.as_second();
        let mut set = vec![
            ("is_dealt_with", AttributeValue::Bool(creation.is_processed)),
            ("is_caller_unknown", AttributeValue::Bool(creation.is_caller_unknown)),
            ("caller", creation.caller.as_ref().map_or(AttributeValue::Null(true), text)),
            ("told", AttributeValue::L(creation.reported.iter().map(text).collect())),
            ("judged", seconds(creation.judged.as_second())),
        ];
        if creation.tags.is_some() {
            let (standing, project, tags) = write_standing(&creation.creator);
            set.extend([("creator_standing", standing), ("creator_project", project), ("creator_tags", tags)]);
        }
        set.extend(creation.tags.as_ref().map(|tags| ("tags_at_creation", write_tags(tags))));
        set.extend(creation.config.as_ref().map(|config| ("configs", AttributeValue::L(vec![write_config(config)]))));
        let same = set.clone();
        set.push(("created", seconds(created)));
        let forgotten =
            ["tags_at_creation", "configs"].into_iter().filter(|name| set.iter().all(|(set, _)| set != name));
        let forgotten: Vec<_> = forgotten.collect();
        let forgotten = if forgotten.is_empty() { String::new() } else { format!(" REMOVE {}", forgotten.join(", ")) };
        let new = self.set(arn, &set, &forgotten).return_values(ReturnValue::AllNew);
        let new = new
            .condition_expression("attribute_not_exists(created) OR created < :earliest")
            .expression_attribute_values(":earliest", seconds(created - CLOCK_TOLERANCE.as_secs()));
        if let Some(stored) = if_condition_held(new.send().await, "dynamodb:UpdateItem")? {
            return Ok(records(stored.attributes()));
        }
        // If this condition fails, a later creation is stored.
        let again = with_same_creation(self.set(arn, &same, ""), creation.time).return_values(ReturnValue::AllNew);
        let stored = if_condition_held(again.send().await, "dynamodb:UpdateItem")?;
        Ok(stored.map(|stored| records(stored.attributes())).unwrap_or_default())
    }

    async fn add_change(&self, arn: &str, change: &KnownChange, record: Option<&str>) -> AwsResult<()> {
        // Attempts to process an event add its record once: a set has no duplicates.
        let records = record.map(|record| AttributeValue::Ss(vec![record.to_owned()]));
        let append = self
            .append(arn, "changes", write_change(change), records)
            .condition_expression("attribute_not_exists(changes) OR size(changes) < :most")
            .expression_attribute_values(":most", number(MOST_CHANGES));
        condition_held(append.send().await, "dynamodb:UpdateItem").map(drop)
    }

    async fn forget_records(&self, arn: &str) -> AwsResult<()> {
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", text(key(arn)));
        let update = update.update_expression(format!("REMOVE {RECORDS}"));
        update.send().await.map_err(aws_error("dynamodb:UpdateItem")).map(drop)
    }

    async fn add_config(&self, arn: &str, created: Timestamp, config: &UsedConfig) -> AwsResult<()> {
        let append = with_same_creation(self.append(arn, "configs", write_config(config), None), created);
        condition_held(append.send().await, "dynamodb:UpdateItem").map(drop)
    }
}

impl CountStops for Aws {
    async fn count_stop(&self, hour: Timestamp) -> AwsResult<u64> {
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", text(format!("stops#{hour}")));
        let update = update
            .update_expression("SET expires = :expires ADD stops :one")
            .expression_attribute_values(":one", seconds(1))
            .expression_attribute_values(":expires", seconds(hour.as_second() + 24 * 60 * 60))
            .return_values(ReturnValue::UpdatedNew);
        let counted = update.send().await.map_err(aws_error("dynamodb:UpdateItem"))?.attributes;
        let stops = counted.as_ref().and_then(|item| item.get("stops")?.as_n().ok()?.parse().ok());
        stops.ok_or_else(|| AwsError("dynamodb:UpdateItem returned no count".to_owned()))
    }
}

impl Aws {
    /// An update that sets these attributes of the item of a resource, and when it expires.
    fn set(&self, arn: &str, set: &[(&str, AttributeValue)], more: &str) -> UpdateItemFluentBuilder {
        let expires = Timestamp::now().as_second() + LEDGER_RETENTION.as_secs();
        let mut update = self.dynamodb.update_item().table_name(&self.table).key("id", text(key(arn)));
        let mut expression = "SET expires = :expires".to_owned();
        update = update.expression_attribute_values(":expires", seconds(expires));
        for (name, value) in set {
            expression.push_str(&format!(", {name} = :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), value.clone());
        }
        update.update_expression(expression + more)
    }

    /// An update that adds to a list, and to the set of records.
    fn append(
        &self,
        arn: &str,
        list: &str,
        one: AttributeValue,
        records: Option<AttributeValue>,
    ) -> UpdateItemFluentBuilder {
        let expires = Timestamp::now().as_second() + LEDGER_RETENTION.as_secs();
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", text(key(arn)));
        let add = records.as_ref().map(|_| format!(" ADD {RECORDS} :records")).unwrap_or_default();
        let set = format!("SET expires = :expires, {list} = list_append(if_not_exists({list}, :none), :one)");
        let update = update
            .update_expression(set + &add)
            .expression_attribute_values(":expires", seconds(expires))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", AttributeValue::L(vec![one]));
        match records {
            Some(records) => update.expression_attribute_values(":records", records),
            None => update,
        }
    }
}

/// The records in an item that are still to be judged.
fn records(item: Option<&TableItem>) -> Vec<String> {
    item.and_then(|item| item.get(RECORDS)?.as_ss().ok().cloned()).unwrap_or_default()
}

/// On the condition that the item is about the resource that was created at this time.
fn with_same_creation(update: UpdateItemFluentBuilder, created: Timestamp) -> UpdateItemFluentBuilder {
    let created = created.as_second();
    update
        .condition_expression("created BETWEEN :earliest AND :latest")
        .expression_attribute_values(":earliest", seconds(created - CLOCK_TOLERANCE.as_secs()))
        .expression_attribute_values(":latest", seconds(created + CLOCK_TOLERANCE.as_secs()))
}

fn write_tags(tags: &Tags) -> AttributeValue {
    AttributeValue::M(tags.iter().map(|(key, value)| (key.to_owned(), text(value))).collect())
}

fn write_change(KnownChange { at, key, value, author, standing }: &KnownChange) -> AttributeValue {
    let optional = |value: &Option<String>| value.as_ref().map_or(AttributeValue::Null(true), text);
    let (standing, project, tags) = write_standing(standing);
    AttributeValue::M(HashMap::from([
        ("at".to_owned(), seconds(at.as_second())),
        ("key".to_owned(), text(key)),
        ("value".to_owned(), optional(value)),
        ("author".to_owned(), optional(author)),
        ("standing".to_owned(), standing),
        ("project".to_owned(), project),
        ("tags".to_owned(), tags),
    ]))
}

/// What is known of somebody: the standing, the project, and other tags.
fn write_standing(standing: &Standing) -> (AttributeValue, AttributeValue, AttributeValue) {
    let none = Tags::default();
    let (standing, project, tags) = match standing {
        Standing::Trusted => ("trusted", None, &none),
        Standing::Member(project, tags) => ("member", project.as_ref(), tags),
        Standing::Unknown => ("unknown", None, &none),
    };
    (text(standing), project.map_or(AttributeValue::Null(true), text), write_tags(tags))
}

/// The same, in the attributes of these names. Items of before have no tags.
fn read_standing(item: &TableItem, [standing, project, tags]: [&str; 3]) -> Standing {
    match string(item, standing).map(String::as_str) {
        Some("trusted") => Standing::Trusted,
        Some("member") => Standing::Member(string(item, project).cloned(), read_tags(item, tags).unwrap_or_default()),
        _ => Standing::Unknown,
    }
}

fn read_tags(item: &TableItem, name: &str) -> Option<Tags> {
    let tags = item.get(name)?.as_m().ok()?;
    Some(tags.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_s().ok()?.as_str()))).collect())
}

fn write_config(UsedConfig { at, name, is_at_fault }: &UsedConfig) -> AttributeValue {
    AttributeValue::M(HashMap::from([
        ("at".to_owned(), seconds(at.as_second())),
        ("name".to_owned(), text(name)),
        ("is_at_fault".to_owned(), AttributeValue::Bool(*is_at_fault)),
    ]))
}

fn read(item: &TableItem) -> Option<LedgerEntry> {
    let list = |name: &str| item.get(name).and_then(|list| list.as_l().ok()).map(Vec::as_slice).unwrap_or_default();
    let maps = |name: &str| list(name).iter().filter_map(|one| one.as_m().ok()).collect::<Vec<_>>();
    let flag = |item: &TableItem, name: &str| item.get(name).and_then(|is| is.as_bool().ok()) == Some(&true);
    let created = time(item, "created")?;
    let change = |change: &TableItem| {
        let (key, at) = (string(change, "key")?.clone(), time(change, "at")?);
        let optional = |name| string(change, name).cloned();
        let standing = read_standing(change, ["standing", "project", "tags"]);
        Some(KnownChange { at, key, value: optional("value"), author: optional("author"), standing })
    };
    let config = |config: &TableItem| {
        let (name, at) = (string(config, "name")?.clone(), time(config, "at")?);
        Some(UsedConfig { at, name, is_at_fault: flag(config, "is_at_fault") })
    };
    Some(LedgerEntry {
        creation: Creation {
            time: created,
            judged: time(item, "judged").unwrap_or(created),
            is_processed: flag(item, "is_dealt_with"),
            is_caller_unknown: flag(item, "is_caller_unknown"),
            caller: string(item, "caller").cloned(),
            reported: list("told").iter().filter_map(|one| one.as_s().ok().cloned()).collect(),
            tags: read_tags(item, "tags_at_creation"),
            creator: read_standing(item, ["creator_standing", "creator_project", "creator_tags"]),
            config: None,
        },
        changes: LedgerEntry::since_creation(created, maps("changes").into_iter().filter_map(change).collect()),
        configs: maps("configs").into_iter().filter_map(config).collect(),
    })
}

fn time(item: &TableItem, name: &str) -> Option<Timestamp> {
    Timestamp::from_second(item.get(name)?.as_n().ok()?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::aws::items::damaged;

    fn member() -> Standing {
        Standing::Member(Some("atlas".to_owned()), [("CostCenter", "4711")].into_iter().collect())
    }

    /// An item as it is written, of a creation with a change and a configuration.
    fn item() -> TableItem {
        let at = Timestamp::UNIX_EPOCH;
        let (author, standing) = (Some("ada".to_owned()), member());
        let change = KnownChange { at, key: "Project".to_owned(), value: None, author, standing };
        let config = UsedConfig { at, name: "churn".to_owned(), is_at_fault: true };
        TableItem::from([
            ("created".to_owned(), seconds(at.as_second())),
            ("judged".to_owned(), seconds(at.as_second())),
            ("caller".to_owned(), text("ada")),
            ("told".to_owned(), AttributeValue::L(vec![text("missing-vpc")])),
            ("tags_at_creation".to_owned(), write_tags(&[("Project", "atlas")].into_iter().collect())),
            ("creator_standing".to_owned(), text("trusted")),
            ("changes".to_owned(), AttributeValue::L(vec![write_change(&change)])),
            ("configs".to_owned(), AttributeValue::L(vec![write_config(&config)])),
        ])
    }

    #[test]
    fn what_is_written_is_read() {
        let entry = read(&item()).expect("readable");
        assert_eq!((entry.changes.len(), entry.configs.len()), (1, 1));
        assert_eq!(entry.changes.first().map(|change| &change.standing), Some(&member()));
        assert!(entry.configs.first().is_some_and(|config| config.is_at_fault));
        assert_eq!(
            entry.creation.tags.and_then(|tags| Some(tags.get("Project")?.to_owned())).as_deref(),
            Some("atlas")
        );
    }

    /// A damaged item is no entry or one that says less. It trusts nobody whom the item does not trust.
    #[test]
    fn no_item_makes_reading_panic() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..20_000 {
            let item = damaged(&mut rng, item());
            let trusted = string(&item, "creator_standing").is_some_and(|standing| standing == "trusted");
            if let Some(entry) = read(&item) {
                assert!(trusted || entry.creation.creator != Standing::Trusted, "{item:?}");
                assert!(entry.changes.len() <= 1 && entry.configs.len() <= 1, "{item:?}");
            }
        }
    }
}
