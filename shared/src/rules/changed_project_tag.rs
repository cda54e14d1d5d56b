//! A caller changes or removes a resource's project, or launches with a project that it gave itself.

use jiff::SignedDuration;

use super::prelude::*;
use super::tagged;
use crate::facts::{
    ResourceTag, TagSource, are_alike, creators_tag, lawful_tag, lawful_tag_before, lawful_tag_in_the_end,
};
use crate::terms::MARK;

/// `changed-project-tag`
pub const RULE: Rule = Rule {
    id: "changed-project-tag",
    fails_when: "the Project tag of a resource, another tag with `match = \"principal\"`, or Tagwarden's mark, is changed or \
        removed after its creation, or a role or user launches with such a tag that it gave itself less than a day earlier",
    why: "The tag is judged when a resource is created. A caller who can change it afterwards can take over another \
        project's resource, or hand one to that project. A caller who can tag their own role can join any project.",
    fix: "restore the previous tag, and limit `sagemaker:AddTags`, `sagemaker:DeleteTags` and IAM's tagging actions to \
        tag administrators",
    action: Action::Alert,
    severity: Severity::High,
    abac_relies_on_it: true,
    governs: &[Field::Caller, Field::AddedTags, Field::RemovedTag],
    prevention: Prevention::Partly(
        "not changes by callers without the tag, or launches by callers who tagged themselves",
    ),
    example: r#"{"resourceArn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn",
 "tags": [{"key": "Project", "value": "borealis"}]}"#,
    check,
    prevent,
    correcting_tags: Some(lawful_tags),
    ..Rule::DEFAULTS
};

/// How long after a principal tags itself its launches are reported. By then, those who watch IAM have had a day to
/// notice.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let abac = settings.abac;
    if abac.is_administrator(facts.caller.arn.as_deref()) {
        return Ok(Outcome::Skip(ADMINISTRATOR.to_owned()));
    }
    if !facts.operation.only_tags() {
        let launches = watched(abac, facts.operation).map(|key| launch(facts, key));
        return Ok(launches.reduce(Outcome::and).unwrap_or(Outcome::Pass));
    }
    let mut findings = Findings::default();
    for tag in facts.tags()? {
        added(facts, abac, tag, &mut findings);
    }
    findings.each_text(facts.all(Field::RemovedTag), |found, removed| {
        let alike = watched(abac, facts.operation).find(|key| are_alike(removed, key));
        let message = match alike {
            _ if are_alike(removed, MARK) => "Tagwarden's mark is removed".to_owned(),
            Some(key) if removed == key => format!("`{key}` is removed: the resource no longer has {}", one(key, abac)),
            Some(key) => format!("`{removed}` is removed: IAM may treat it as `{key}`"),
            None => return None,
        };
        Some(Violation::new(found.at, message, "the tag left in place").actual(removed))
    });
    Ok(findings.outcome("the request names no tags"))
}

/// The keys of the tags that may not be changed: those that must equal the caller's.
fn watched<'p>(abac: &'p Abac, operation: &Operation) -> impl Iterator<Item = &'p str> {
    let further = tagged::further(abac, operation, |tag| tag.matches_principal);
    std::iter::once(abac.tag.as_str()).chain(further.map(|tag| tag.key.as_str()))
}

/// What the value of a tag is.
fn one(key: &str, abac: &Abac) -> &'static str {
    if key == abac.tag { "a project" } else { "one" }
}

/// The tags that the resource lawfully has, as far as they are known, of those that the call set to something else. An
/// administrator may have changed them since.
fn lawful_tags(facts: &Facts, settings: &Settings) -> Vec<(String, String)> {
    let abac = settings.abac;
    let Some(arn) = facts.operation.arn(facts.call).filter(|_| facts.operation.only_tags()) else { return Vec::new() };
    let lawful = |key: &str| {
        let lawful = lawful_tag_in_the_end(arn, key, facts.evidence, abac)?.ok()??;
        let set = facts.tags_like(key).ok()?;
        let is_changed = !set.is_empty() || is_removed(facts, key);
        (is_changed && !set.iter().any(|tag| tag.value == lawful)).then(|| (key.to_owned(), lawful.to_owned()))
    };
    watched(abac, facts.operation).filter_map(lawful).collect()
}

/// Whether the call removes the tag `key`.
fn is_removed(facts: &Facts, key: &str) -> bool {
    let mut removed = facts.all(Field::RemovedTag).filter_map(|found| found.text().ok()?);
    removed.any(|removed| removed.eq_ignore_ascii_case(key))
}

/// Judges a tag that is set.
fn added(facts: &Facts, abac: &Abac, tag: &ResourceTag, findings: &mut Findings) {
    let ResourceTag { key: set, value, .. } = *tag;
    if are_alike(set, MARK) {
        let violation = Violation::new(tag.key_path(), "Tagwarden's mark is overwritten", "the mark that Tagwarden sets");
        return findings.fail(violation.actual(value));
    }
    let Some(key) = watched(abac, facts.operation).find(|key| are_alike(set, key)) else { return findings.pass() };
    if set != key {
        let message = format!("the tag key `{set}` is almost `{key}`: IAM may treat it as the same key");
        return findings.fail(Violation::new(tag.key_path(), message, format!("`{key}`")).actual(set));
    }
    let mut fail = |message: String, expected: &str| {
        findings.fail(Violation::new(tag.value_path(), message, expected).actual(value));
    };
    let one = one(key, abac);
    if value.is_empty() {
        let expected = if key == abac.tag { one } else { "a value" };
        return fail(format!("`{key}` is set to nothing: the resource no longer has {one}"), expected);
    }
    let arn = facts.operation.arn(facts.call);
    let before = arn.and_then(|arn| lawful_tag_before(arn, key, facts.call, facts.evidence, abac));
    if let Some(Ok(Some(before))) = before.filter(|before| *before != Ok(Some(""))) {
        // Somebody who may change it may have done so in the same second.
        let is_changed_lawfully = || {
            let now = arn.and_then(|arn| lawful_tag(arn, key, facts.call, facts.evidence, abac));
            now == Some(Ok(Some(value)))
        };
        if before != value && !is_changed_lawfully() {
            return fail(format!("`{key}` is changed from `{before}` to `{value}`"), &format!("`{before}`"));
        }
        return findings.pass();
    }
    let creator = arn.and_then(|arn| creators_tag(arn, key, facts.call, facts.evidence, abac));
    if let (Some(creator), Some(Ok(_))) = (creator.filter(|creator| creator != value), before) {
        let whose = if key == abac.tag { "project" } else { "somebody of" };
        let message = format!("`{key}` is set to `{value}`, but {whose} `{creator}` created the resource");
        return fail(message, &format!("`{creator}`"));
    }
    match (facts.caller.tag(key), before) {
        (Ok(Some((own, source))), _) if own != value => {
            let source = source.as_str();
            fail(format!("`{key}` is set to `{value}`, but the caller's is `{own}` (from the {source})"), &format!("`{own}`"));
        }
        (Ok(None), _) if key == abac.tag => {
            fail(format!("`{key}` is set to `{value}` by a caller without a project"), "a caller of that project");
        }
        (Ok(None), _) => {
            let message = format!("`{key}` is set to `{value}` by a caller without the tag");
            fail(message, "a caller with that tag");
        }
        (Err(unread), _) => findings.unread(unread),
        (_, Some(Err(why))) => {
            findings.unread(Unread::new(tag.value_path(), format!("the previous value of `{key}` is not known: {why}")));
        }
        _ => findings.pass(),
    }
}

/// Judges whether the caller gave itself its tag `key` a short time before. If the records do not show it, the caller is
/// not suspected.
fn launch(facts: &Facts, key: &str) -> Outcome {
    let Ok(Some((value, TagSource::Role | TagSource::User))) = facts.caller.tag(key) else {
        return Outcome::Skip(format!("the caller's `{key}` is not from a tag of a role or user"));
    };
    let skip = || Outcome::Skip("no record shows that the caller changed its own tag".to_owned());
    let (Some(arn), Some(now)) = (facts.caller.arn.as_deref(), facts.call.time()) else { return skip() };
    let change = facts.evidence.tag_history.at(arn, Some(now)).and_then(|tags| tags.set_by(key));
    let Some((at, author)) = change.filter(|(at, author)| author.is(arn) && now.duration_since(*at) < RECENT) else {
        return skip();
    };
    let event = |id: Option<&str>| id.map(|id| format!(", event `{id}`")).unwrap_or_default();
    let message = format!(
        "`{arn}` gave itself `{key}` = `{value}` with {} at {at} (`{}`{}), and called {} at {now}{}",
        author.event_name,
        author.arn.as_deref().unwrap_or(arn),
        event(author.event_id.as_deref()),
        facts.call.event_name,
        event(facts.call.event_id),
    );
    let violation = Violation::new("userIdentity", message, "a tag that another principal set").actual(value);
    Outcome::Fail(vec![Violation {
        fix: Some("find out why the caller changed its own tag, and limit IAM's tagging actions to tag \
            administrators".to_owned()),
        ..violation
    }])
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let abac = settings.abac;
    let called = |name: &str| operations.iter().copied().filter(|operation| operation.name == name).collect::<Vec<_>>();
    // Calls that create a resource need `sagemaker:AddTags` as well. Other rules judge their tags.
    let by_tagged = Test::has_text(principal_tag(&abac.tag));
    let changes = |condition: Condition| {
        let condition = condition.with(Test::is_unset("sagemaker:TaggingAction"));
        deny(&called("AddTags"), condition.with(by_tagged.clone())).but(UNTAGGED)
    };
    let keys: Vec<_> = called("AddTags").into_iter().flat_map(|operation| watched(abac, operation)).collect();
    let mut denials = Vec::new();
    for key in &keys {
        let (of_request, of_resource) = (request_tag(key), format!("aws:ResourceTag/{key}"));
        let given_away = [Test::differs_from(&of_request, &principal_tag(key)), Test::has_text(&of_request)];
        let taken_over =
            [Test::differs_from(&of_resource, &of_request), Test::has_text(&of_resource), Test::has_text(&of_request)];
        let emptied = [Test::any_equals("aws:TagKeys", &[key]), Test::lacks_text(&of_request)];
        let unchanged = Difference::Stricter(
            "another project's caller sets a resource's tag to the value that it already has",
        );
        let launched = Difference::Looser("launches by a caller that gave itself the tag: see `--no-escalation`");
        denials.extend([
            changes(given_away.into()).but(unchanged).but(launched),
            changes(taken_over.into()),
            changes(emptied.into()),
        ]);
        if *key != abac.tag {
            // Without the tag, the policy variable to compare with has no value.
            let by_nobody = [Test::has_text(&of_request), Test::lacks_text(principal_tag(key))];
            denials.push(changes(by_nobody.into()));
        }
    }
    let marked = Test::any_equals_ignoring_case("aws:TagKeys", &[MARK]);
    denials.push(changes(marked.into()).but(Difference::Looser("white space in the key")));
    for delete in called("DeleteTags") {
        let keys: Vec<_> = watched(abac, delete).chain([MARK]).collect();
        let removed = [Test::any_equals_ignoring_case("aws:TagKeys", &keys), by_tagged.clone()];
        denials.push(deny(&[delete], removed).but(UNTAGGED));
    }
    let almost = keys.iter().flat_map(|key| almost(key));
    denials.extend(almost.map(|condition| changes(condition).but(UNUSUAL_CASE)));
    denials.into_iter().map(|denial| denial.except_administrators(abac)).collect()
}

/// Callers without a project: Tagwarden's functions, and those who lift marks and remove stray tags.
const UNTAGGED: Difference = Difference::Looser(
    "changes by callers without the tag: see `--protect-tags`, which denies them to all but administrators",
);

#[cfg(test)]
mod tests {
    use super::super::testing::{ACCOUNT, CALLER, FOUR_TAGS};
    use super::*;

    const ATLAS: &[(&str, &str)] = &[("Project", "atlas")];
    const ARN: &str = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn";

    fn add_tags(tags: &str) -> Case {
        Case::of("AddTags", &format!(r#"{{"resourceArn":"{ARN}","tags":[{tags}]}}"#)).caller(ATLAS)
    }

    fn project(value: &str) -> String {
        format!(r#"{{"key":"Project","value":"{value}"}}"#)
    }

    /// The record of a call half an hour earlier, about the same job.
    fn earlier(operation: &str, tags: &str) -> String {
        let (name, request) = match operation {
            "DeleteTags" => ("resourceArn", format!(r#""tagKeys":[{tags}]"#)),
            "AddTags" => ("resourceArn", format!(r#""tags":[{tags}]"#)),
            _ => ("trainingJobArn", format!(r#""tags":[{tags}]"#)),
        };
        // The service lowers the case of names in ARNs, people do not.
        let arn = ARN.replace("churn", "Churn");
        format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{operation}","eventTime":"2026-03-02T08:30:00Z",
            "requestParameters":{{"{name}":"{arn}",{request}}}}}"#
        )
    }

    #[test]
    fn another_project_than_the_callers_is_found() {
        for (tags, expected) in [
            (project("atlas"), "pass"),
            (project("borealis"), "fail tags[0].value"),
            (project(""), "fail tags[0].value"),
            (r#"{"key":"Team","value":"x"}"#.to_owned(), "pass"),
            (r#"{"key":"project","value":"atlas"}"#.to_owned(), "fail tags[0].key"),
            (r#"{"key":"Project ","value":"atlas"}"#.to_owned(), "fail tags[0].key"),
            (r#"{"key":"tagwarden:violation","value":""}"#.to_owned(), "fail tags[0].key"),
            ("7".to_owned(), "unknown tags[0]"),
        ] {
            assert_eq!(add_tags(&tags).says(&RULE), expected, "{tags}");
        }
        assert_eq!(add_tags(&project("atlas")).caller(&[]).says(&RULE), "fail tags[0].value");
        let unknown = Case::of("AddTags", &format!(r#"{{"resourceArn":"{ARN}","tags":[{}]}}"#, project("atlas")));
        assert_eq!(unknown.says(&RULE), "unknown userIdentity");
    }

    #[test]
    fn administrators_may_change_it() {
        let administered = |pattern: &str| format!("[abac]\nadministrators = ['{pattern}']\n");
        let request = format!(r#"{{"resourceArn":"{ARN}","tagKeys":["Project"]}}"#);
        let removed = |pattern: &str| Case::of("DeleteTags", &request).policy(&administered(pattern)).says(&RULE);
        assert_eq!(removed("arn:aws:iam::*:role/DataScientist"), "skip");
        assert_eq!(removed("arn:aws:iam::*:role/TagAdmin"), "fail tagKeys[0]");
        add_tags(&project("borealis")).policy(&administered("arn:aws:iam::*:role/A")).with_facts(&RULE, |_, settings, _| {
            for denial in RULE.denials(settings) {
                let last = denial.condition.tests().last();
                assert_eq!(last, Some(&Test::not_like("aws:PrincipalArn", &settings.abac.administrators)));
            }
        });
    }

    #[test]
    fn another_project_than_the_resource_had_is_found() {
        let after = |operation: &str, tags: &str, now: &str| {
            add_tags(&project(now)).record(&earlier(operation, tags)).says(&RULE)
        };
        assert_eq!(after("CreateTrainingJob", &project("borealis"), "atlas"), "fail tags[0].value", "a take-over");
        assert_eq!(after("CreateTrainingJob", &project("borealis"), "borealis"), "pass", "it changes nothing");
        assert_eq!(after("CreateTrainingJob", "", "atlas"), "pass", "a tag that was missing");
        assert_eq!(after("CreateTrainingJob", "", "borealis"), "fail tags[0].value");
        assert_eq!(after("AddTags", &project("borealis"), "atlas"), "unknown tags[0].value", "it may be restored");
        assert_eq!(after("DeleteTags", r#""Project""#, "atlas"), "pass");
        assert_eq!(after("CreateTrainingJob", "7", "atlas"), "unknown tags[0].value");
        assert_eq!(after("CreateTrainingJob", "7", "borealis"), "fail tags[0].value");
    }

    /// The record of a change of the job's tag, or of its creation, by the user of that project.
    fn change(operation: &str, time: &str, by: &str, tag: &str) -> String {
        let name = if operation == "AddTags" { "resourceArn" } else { "trainingJobArn" };
        format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{operation}","eventTime":"2026-03-02T{time}Z",
            "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::{ACCOUNT}:user/{by}"}},
            "requestParameters":{{"{name}":"{ARN}","tags":[{}]}}}}"#,
            project(tag)
        )
    }

    #[test]
    fn a_stolen_resource_remains_its_owners() {
        let case = |now: &str| {
            let stolen = change("AddTags", "08:40:00", "borealis", "borealis");
            let case = add_tags(&project(now)).record(&change("CreateTrainingJob", "08:30:00", "atlas", "atlas"));
            case.record(&stolen).user("atlas", &[("Project", "atlas")]).user("borealis", &[("Project", "borealis")])
        };
        assert_eq!(case("atlas").says(&RULE), "pass", "its owner restores the tag");
        assert_eq!(case("borealis").says(&RULE), "fail tags[0].value", "another theft");
        let administered = "[abac]\nadministrators = ['arn:aws:iam::*:user/borealis']\n";
        assert_eq!(case("atlas").policy(administered).says(&RULE), "fail tags[0].value", "it was given away lawfully");
        let Outcome::Fail(violations) = case("borealis").outcome(&RULE) else { panic!("no violation") };
        assert!(violations[0].message.contains("from `atlas` to `borealis`"), "{}", violations[0].message);
    }

    #[test]
    fn what_was_created_without_a_tag_is_its_creators() {
        let case = |by: &str| {
            let created = change("CreateTrainingJob", "08:30:00", by, "").replace(&project(""), "");
            add_tags(&project("atlas")).record(&created).user("atlas", ATLAS).user("borealis", &[("Project", "borealis")])
        };
        assert_eq!(case("atlas").says(&RULE), "pass");
        assert_eq!(case("borealis").says(&RULE), "fail tags[0].value");
    }

    #[test]
    fn tags_that_must_be_the_callers_are_watched_as_well() {
        let own: &[_] = &[("Project", "atlas"), ("CostCenter", "CC-1")];
        let tag = |key: &str, value: &str| format!(r#"{{"key":"{key}","value":"{value}"}}"#);
        let says = |tags: &str, caller, policy: &str| add_tags(tags).caller(caller).policy(policy).says(&RULE);
        for (tags, caller, expected) in [
            (tag("CostCenter", "CC-1"), own, "pass"),
            (tag("CostCenter", "CC-2"), own, "fail tags[0].value"),
            (tag("CostCenter", ""), own, "fail tags[0].value"),
            (tag("costcenter", "CC-1"), own, "fail tags[0].key"),
            (tag("CostCenter", "CC-2"), ATLAS, "fail tags[0].value"),
            (tag("Environment", "prod"), own, "pass"),
        ] {
            assert_eq!(says(&tags, caller, FOUR_TAGS), expected, "{tags}");
            assert_eq!(says(&tags, caller, ""), "pass", "{tags}: the policy does not say so");
        }
        let elsewhere = "[tags.CostCenter]\nmatch = 'principal'\noperations = ['CreateModel']\n";
        assert_eq!(says(&tag("CostCenter", "CC-2"), own, elsewhere), "pass", "the policy is about other calls");
        let removed = format!(r#"{{"resourceArn":"{ARN}","tagKeys":["Owner","CostCenter"]}}"#);
        assert_eq!(Case::of("DeleteTags", &removed).policy(FOUR_TAGS).says(&RULE), "fail tagKeys[1]");
    }

    #[test]
    fn each_tag_has_its_own_history() {
        let of_creator = |by: &str, value: &str| {
            let tags = format!(r#"{},{{"key":"CostCenter","value":"{value}"}}"#, project("atlas"));
            change("CreateTrainingJob", "08:30:00", by, "").replace(&project(""), &tags)
        };
        let own: &[_] = &[("Project", "atlas"), ("CostCenter", "CC-1")];
        let case = |before: &str, now: &str| {
            let case = add_tags(&format!(r#"{{"key":"CostCenter","value":"{now}"}}"#)).caller(own).policy(FOUR_TAGS);
            case.record(&of_creator("ana", before)).user("ana", &[("Project", "atlas"), ("CostCenter", before)])
        };
        assert_eq!(case("CC-1", "CC-1").says(&RULE), "pass");
        assert_eq!(case("CC-2", "CC-1").says(&RULE), "fail tags[0].value");
        case("CC-2", "CC-1").with_facts(&RULE, |facts, settings, _| {
            assert_eq!(lawful_tags(facts, settings), [("CostCenter".to_owned(), "CC-2".to_owned())]);
        });
    }

    #[test]
    fn removing_a_tag_is_found_whoever_does_it() {
        for (keys, expected) in [
            (r#""Team""#, "pass"),
            (r#""Team","Project""#, "fail tagKeys[1]"),
            (r#""PROJECT""#, "fail tagKeys[0]"),
            (r#""tagwarden:violation""#, "fail tagKeys[0]"),
            ("7", "unknown tagKeys[0]"),
            ("", "unknown tagKeys[]"),
        ] {
            let case = || Case::of("DeleteTags", &format!(r#"{{"resourceArn":"{ARN}","tagKeys":[{keys}]}}"#));
            assert_eq!(case().says(&RULE), expected, "{keys}");
            assert_eq!(case().caller(ATLAS).says(&RULE), expected, "{keys}");
        }
    }

    /// A launch by the caller at nine, after a role was tagged by `by` at `time`.
    fn launch(by: &str, time: &str, role: &str, tag: &str) -> Case {
        let record = format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"TagRole","eventTime":"{time}","eventID":"e1",
            "recipientAccountId":"{ACCOUNT}","userIdentity":{{"type":"AssumedRole",
            "arn":"arn:aws:sts::{ACCOUNT}:assumed-role/{by}/ana"}},
            "requestParameters":{{"roleName":"{role}","tags":[{{"key":"{tag}","value":"borealis"}}]}}}}"#
        );
        Case::training(r#"{"trainingJobName":"churn"}"#).record(&record)
    }

    #[test]
    fn who_tags_their_own_role_and_launches_with_it_is_found() {
        let own = CALLER.rsplit('/').next().expect("a name");
        let found = "fail userIdentity";
        for (by, time, role, tag, expected) in [
            (own, "2026-03-02T08:40:00Z", own, "Project", found),
            (own, "2026-03-01T09:00:01Z", own, "project", found),
            (own, "2026-03-01T09:00:00Z", own, "Project", "skip"),
            (own, "2026-03-02T09:00:01Z", own, "Project", "skip"),
            ("Admin", "2026-03-02T08:40:00Z", own, "Project", "skip"),
            (own, "2026-03-02T08:40:00Z", "other", "Project", "skip"),
            (own, "2026-03-02T08:40:00Z", own, "Team", "skip"),
        ] {
            assert_eq!(launch(by, time, role, tag).says(&RULE), expected, "{by} {time} {role} {tag}");
        }
        // IAM's own data may be of a later time.
        assert_eq!(launch(own, "2026-03-02T08:40:00Z", own, "Project").caller(ATLAS).says(&RULE), found);
        let Outcome::Fail(violations) = launch(own, "2026-03-02T08:40:00Z", own, "Project").outcome(&RULE) else {
            panic!("no violation")
        };
        for part in ["TagRole at 2026-03-02T08:40:00Z", "event `e1`", "/ana", "at 2026-03-02T09:00:00Z"] {
            assert!(violations[0].message.contains(part), "{part}: {}", violations[0].message);
        }
    }

    #[test]
    fn setting_the_value_that_was_there_changes_nothing() {
        let own = CALLER.rsplit('/').next().expect("a name");
        let before = format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"CreateRole","eventTime":"2026-02-02T09:00:00Z",
            "recipientAccountId":"{ACCOUNT}","requestParameters":{{"roleName":"{own}","tags":[{}]}}}}"#,
            project("borealis")
        );
        let case = launch(own, "2026-03-02T08:40:00Z", own, "Project").record(&before);
        assert_eq!(case.says(&RULE), "skip");
    }
}
