//! The tags and rights of roles and users at the time of a call.
//!
//! A record proves what held at its time. IAM's data counts for another time only if no record shows a change in between.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::history::TagsAt;
use super::{Evidence, IamEntity, Tags};
use crate::grants::Grants;
use crate::record::arn;

/// A role or user, as a record names it.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// Its unique id, if the record has it. A role that was deleted and made again has another one (IAM User Guide, "IAM
    /// identifiers").
    pub id: Option<&'a str>,
}

impl Evidence {
    /// What is known about the IAM role or user `arn`, to add to it.
    pub fn principal_mut(&mut self, arn: &str) -> &mut IamEntity {
        self.principals.entry(arn)
    }

    /// The ARNs of all IAM roles that are known, in order.
    pub fn roles(&self) -> BTreeSet<&str> {
        self.principals.arns().filter(|arn| !arn::is_user(arn)).collect()
    }

    /// What IAM's data says about the rights of the role `arn` at a certain time.
    ///
    /// # Errors
    /// If nothing is known about it, or a record shows that they changed between that time and the time of the data.
    pub fn role(&self, arn: &str, time: Option<Timestamp>) -> Result<&IamEntity, String> {
        let role = self.principals.find(arn, None, time, self.hint)?;
        let as_of = role.as_of.or(self.as_of).unwrap_or(Timestamp::MAX);
        let history = self.tag_history.at(arn, Some(Timestamp::MAX));
        let time = time.unwrap_or(Timestamp::MIN);
        let changed = history.and_then(|history| history.rights_changed(time.min(as_of), time.max(as_of)));
        match changed {
            None => Ok(role),
            Some((at, by)) => Err(format!(
                "IAM's data on `{arn}` is of another time than the call, and {by} at {at} changed the role in between"
            )),
        }
    }

    /// The policies of the IAM role `arn` at a certain time.
    ///
    /// # Errors
    /// As for the role itself.
    pub fn grants<'e>(&'e self, arn: &'e str, time: Option<Timestamp>) -> Result<Grants<'e>, String> {
        self.shared_grants.of(arn, self.role(arn, time)?)
    }

    /// The tags of an IAM role or user at a certain time.
    ///
    /// # Errors
    /// If nothing is known about them.
    pub fn tags<'e>(&'e self, who: Named, time: Option<Timestamp>) -> Result<PrincipalTags<'e>, String> {
        let Named { arn, id } = who;
        let data = self.principals.find(arn, id, time, self.hint);
        let history = self.tag_history.at(arn, Some(time.unwrap_or(Timestamp::MAX)));
        let history = history.map(|history| history.of_principal(id, data.as_ref().ok().and_then(|data| data.created)));
        let snapshot = data.and_then(|data| {
            let tags = data.tags.as_ref().map_err(Clone::clone)?;
            Ok(Snapshot { tags, as_of: data.as_of.or(self.as_of) })
        });
        match (history, snapshot) {
            (None, Err(why)) => Err(why),
            (history, snapshot) => Ok(PrincipalTags {
                arn: arn.to_owned(),
                id: id.map(str::to_owned),
                time,
                history,
                snapshot,
                hint: self.hint,
            }),
        }
    }
}

/// All tags, as they were at one time.
#[derive(Clone, Copy, Debug)]
struct Snapshot<'a> {
    tags: &'a Tags,
    /// `None`: after all records.
    as_of: Option<Timestamp>,
}

/// What is known about the tags of a role or user at a certain time.
#[derive(Clone, Debug)]
pub struct PrincipalTags<'a> {
    arn: String,
    id: Option<String>,
    time: Option<Timestamp>,
    /// The changes up to that time.
    history: Option<TagsAt<'a>>,
    snapshot: Result<Snapshot<'a>, String>,
    /// How the reader can provide what is missing.
    hint: &'static str,
}

/// The value of a tag, and of when the IAM data is that says it. No time: records say it.
type Dated<'a> = (Option<&'a str>, Option<Timestamp>);

impl<'a> PrincipalTags<'a> {
    /// The value of the tag `key`; `None` if there is no such tag.
    ///
    /// # Errors
    /// If the value is not known.
    pub fn get(&self, key: &str) -> Result<Option<&'a str>, String> {
        self.dated(key).map(|(value, _)| value)
    }

    /// The time of the IAM data that says which value the tag `key` has. `None` if records say it, or that time is not known.
    pub fn as_of(&self, key: &str) -> Option<Timestamp> {
        self.dated(key).ok()?.1
    }

    /// All tags that are known.
    pub fn known(&self) -> Tags {
        let of_history = self.history.map(|history| history.known()).unwrap_or_default();
        let of_snapshot = self.snapshot.as_ref().map(|snapshot| snapshot.tags.clone()).unwrap_or_default();
        let keys = of_snapshot.iter().chain(of_history.iter()).map(|(key, _)| key);
        keys.filter_map(|key| Some((key, self.get(key).ok()??))).collect()
    }

    fn dated(&self, key: &str) -> Result<Dated<'a>, String> {
        let unknown = |why: &str| format!("of `{}`, the tag `{key}` is not known: {why}", self.arn);
        let Some(history) = self.history else { return self.of_snapshot(key) };
        let Some(time) = self.time else {
            return match history.show(key) {
                true => Err(unknown("it changed, and the record of the call has no time")),
                false => self.of_snapshot(key),
            };
        };
        let as_of = self.snapshot.as_ref().ok().map(|snapshot| snapshot.as_of.unwrap_or(Timestamp::MAX));
        let since_snapshot = as_of.filter(|as_of| *as_of <= time);
        let history = since_snapshot.map_or(history, |as_of| history.since(as_of));
        if history.show(key) {
            if let (Some(id), Some(created)) = (&self.id, history.created_id())
                && id != created
            {
                return Err(unknown(&format!(
                    "another role or user of that name was created before the call: its id is `{created}`, the caller's `{id}`"
                )));
            }
            let value = history.get(key).map_err(unknown)?;
            return match self.contradicts(key, value, history) {
                true => Err(unknown("records and IAM's data contradict each other: the record of a change is missing")),
                false => Ok((value, None)),
            };
        }
        match as_of.and_then(|as_of| history.changed_after(key, as_of)) {
            Some(at) => Err(unknown(&format!("it changed at {at}, between the call and the time of IAM's data"))),
            None if self.snapshot.is_err() => Err(unknown(&format!("no earlier record shows this tag{}", self.hint))),
            None => self.of_snapshot(key),
        }
    }

    /// Whether IAM's data of a known later time shows another value, although no record shows a change in between.
    fn contradicts(&self, key: &str, value: Option<&str>, history: TagsAt) -> bool {
        let Ok(Snapshot { tags, as_of: Some(as_of) }) = &self.snapshot else { return false };
        Some(*as_of) >= self.time && tags.get(key) != value && history.changed_after(key, *as_of).is_none()
    }

    fn of_snapshot(&self, key: &str) -> Result<Dated<'a>, String> {
        let Snapshot { tags, as_of } = self.snapshot.as_ref().map_err(Clone::clone)?;
        Ok((tags.get(key), *as_of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::json::Value;

    const ARN: &str = "arn:aws:iam::111122223333:role/ml/Train";

    fn data(entries: &str, more: &str) -> Evidence {
        let mut evidence = Evidence::new("");
        add(&mut evidence, entries, more);
        evidence
    }

    fn add(evidence: &mut Evidence, entries: &str, more: &str) {
        let page = format!(r#"{{"RoleDetailList":[{entries}]{more}}}"#);
        let page: Value = serde_json::from_str(&page).unwrap();
        assert_eq!(evidence.add_page(&page), [""; 0]);
    }

    fn role(id: &str, created: &str, project: &str) -> String {
        format!(
            r#"{{"Arn":"{ARN}","RoleId":"{id}","CreateDate":"{created}","Tags":[{{"Key":"Project","Value":"{project}"}}]}}"#
        )
    }

    /// The project of the role at nine.
    fn project(evidence: &Evidence, id: Option<&str>) -> Result<Option<String>, String> {
        let arn = "arn:aws:iam::111122223333:role/Train";
        let tags = evidence.tags(Named { arn, id }, "2026-03-02T09:00:00Z".parse().ok())?;
        Ok(tags.get("project")?.map(str::to_owned))
    }

    fn why(evidence: &Evidence, id: Option<&str>) -> String {
        project(evidence, id).unwrap_err()
    }

    #[test]
    fn a_role_is_its_id() {
        let atlas = role("AROA1", "2025-01-01T00:00:00+00:00", "atlas");
        let one = data(&atlas, "");
        assert_eq!(project(&one, Some("AROA1")), Ok(Some("atlas".to_owned())));
        assert_eq!(project(&one, None), Ok(Some("atlas".to_owned())));
        assert!(why(&one, Some("AROA2")).contains("its id is `AROA1`, the caller's `AROA2`"));
        let later = data(&role("AROA1", "2026-03-02T09:00:01Z", "atlas"), "");
        assert!(why(&later, None).contains("created at 2026-03-02T09:00:01Z, after the call"));
        let both = data(&[atlas, role("AROA2", "2026-03-02T08:00:00Z", "borealis")].join(","), "");
        assert_eq!(project(&both, Some("AROA2")), Ok(Some("borealis".to_owned())));
        assert!(why(&both, None).contains("several"));
    }

    #[test]
    fn what_was_given_twice_must_agree() {
        let atlas = role("AROA1", "2025-01-01T00:00:00+00:00", "atlas");
        let mut evidence = data(&atlas, "");
        add(&mut evidence, &atlas, "");
        assert_eq!(project(&evidence, None), Ok(Some("atlas".to_owned())));
        add(&mut evidence, &atlas.replace("atlas", "borealis"), "");
        assert_eq!(why(&evidence, None), "IAM's data was given twice, and its tags differ");
    }

    #[test]
    fn a_page_of_more_is_named() {
        for more in [r#","IsTruncated":true,"Marker":"x""#, r#","NextToken":"x""#] {
            assert!(why(&data("", more), None).contains("one page of more"), "{more}");
        }
        for whole in ["", r#","IsTruncated":false"#, r#","NextToken":null"#] {
            assert!(!why(&data("", whole), None).contains("page"), "{whole}");
        }
    }

    #[test]
    fn data_of_a_known_time_that_contradicts_a_record_is_unknown() {
        let record = r#"{"eventSource":"iam.amazonaws.com","eventName":"TagRole","eventTime":"2026-03-02T08:00:00Z",
            "recipientAccountId":"111122223333",
            "requestParameters":{"roleName":"Train","tags":[{"key":"Project","value":"borealis"}]}}"#;
        let record: Value = serde_json::from_str(record).unwrap();
        let mut evidence = data(&role("AROA1", "2025-01-01T00:00:00+00:00", "atlas"), "");
        evidence.learn(&crate::record::Call::read(&record).unwrap());
        assert_eq!(project(&evidence, None), Ok(Some("borealis".to_owned())), "the record outweighs it");
        evidence.as_of = "2026-03-02T10:00:00Z".parse().ok();
        assert!(why(&evidence, None).contains("contradict"));
        evidence.as_of = "2026-03-02T08:30:00Z".parse().ok();
        assert_eq!(project(&evidence, None), Ok(Some("atlas".to_owned())), "it is of a later time than the record");
    }

    #[test]
    fn rights_that_changed_in_between_are_unknown() {
        let mut evidence = data(&role("AROA1", "2025-01-01T00:00:00+00:00", "atlas"), "");
        let at = |time: &str| format!("2026-03-02T{time}Z").parse().ok();
        let record = r#"{"eventSource":"iam.amazonaws.com","eventName":"DetachRolePolicy",
            "eventTime":"2026-03-02T09:30:00Z","recipientAccountId":"111122223333","requestParameters":{"roleName":"Train"}}"#;
        let record: Value = serde_json::from_str(record).unwrap();
        evidence.learn(&crate::record::Call::read(&record).unwrap());
        assert!(evidence.role(ARN, at("09:00:00")).unwrap_err().contains("DetachRolePolicy at 2026-03-02T09:30:00Z"));
        assert!(evidence.role(ARN, at("09:30:00")).is_ok());
        evidence.as_of = at("09:00:00");
        assert!(evidence.role(ARN, at("08:00:00")).is_ok());
        assert!(evidence.role(ARN, at("10:00:00")).is_err());
    }
}
