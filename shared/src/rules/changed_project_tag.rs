//! A caller changes or removes a resource's project, or launches with a project that it gave itself.

use jiff::SignedDuration;

use super::prelude::*;
use crate::facts::{ResourceTag, TagSource, are_alike, creator, owner, owner_before, owner_in_the_end};
use crate::settings::Abac;
use crate::terms::MARK;

/// `changed-project-tag`
pub const RULE: Rule = Rule {
    id: "changed-project-tag",
    fails_when: "the Project tag of a resource, or Tagwarden's mark, is changed or removed after its creation, or a \
        role or user launches with a Project that it gave itself less than a day earlier",
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
    correcting_tag: Some(lawful_tag),
    ..Rule::DEFAULTS
};

/// How long after a principal tags itself its launches are reported. By then, those who watch IAM have had a day to
/// notice.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let key = &settings.abac.tag;
    if settings.abac.is_administrator(facts.caller.arn.as_deref()) {
        return Ok(Outcome::Skip(ADMINISTRATOR.to_owned()));
    }
    if !facts.operation.only_tags() {
        return Ok(launch(facts, key));
    }
    let mut findings = Findings::default();
    for tag in facts.tags()? {
        added(facts, settings.abac, tag, &mut findings);
    }
    findings.each_text(facts.all(Field::RemovedTag), |found, removed| {
        let message = match () {
            () if are_alike(removed, MARK) => "Tagwarden's mark is removed".to_owned(),
            () if removed == key => format!("`{key}` is removed: the resource no longer has a project"),
            () if are_alike(removed, key) => format!("`{removed}` is removed: IAM may treat it as `{key}`"),
            () => return None,
        };
        Some(Violation::new(found.at, message, "the tag left in place").actual(removed))
    });
    Ok(findings.outcome("the request names no tags"))
}

/// The tag that the resource lawfully has, if it is known and the call set another one. An administrator may have changed it
/// since.
fn lawful_tag(facts: &Facts, settings: &Settings) -> Option<(String, String)> {
    let arn = facts.operation.arn(facts.call).filter(|_| facts.operation.only_tags())?;
    let owner = owner_in_the_end(arn, facts.evidence, settings.abac)?.ok()??;
    let is_set = facts.project_tags(&settings.abac.tag).ok()?.iter().any(|tag| tag.value == owner);
    (!is_set).then(|| (settings.abac.tag.clone(), owner.to_owned()))
}

/// Judges a tag that is set.
fn added(facts: &Facts, abac: &Abac, tag: &ResourceTag, findings: &mut Findings) {
    let key = abac.tag.as_str();
    let ResourceTag { key: set, value, .. } = *tag;
    if are_alike(set, MARK) {
        let violation = Violation::new(tag.key_path(), "Tagwarden's mark is overwritten", "the mark that Tagwarden sets");
        return findings.fail(violation.actual(value));
    }
    if set != key {
        return findings.fail_if(are_alike(set, key), || {
            let message = format!("the tag key `{set}` is almost `{key}`: IAM may treat it as the same key");
            Violation::new(tag.key_path(), message, format!("`{key}`")).actual(set)
        });
    }
    let mut fail = |message: String, expected: &str| {
        findings.fail(Violation::new(tag.value_path(), message, expected).actual(value));
    };
    if value.is_empty() {
        return fail(format!("`{key}` is set to nothing: the resource no longer has a project"), "a project");
    }
    let arn = facts.operation.arn(facts.call);
    let before = arn.and_then(|arn| owner_before(arn, facts.call, facts.evidence, abac));
    if let Some(Ok(Some(before))) = before.filter(|before| *before != Ok(Some(""))) {
        // Somebody who may change it may have done so in the same second.
        let is_changed_lawfully = || {
            let now = arn.and_then(|arn| owner(arn, facts.call, facts.evidence, abac));
            now == Some(Ok(Some(value)))
        };
        if before != value && !is_changed_lawfully() {
            return fail(format!("`{key}` is changed from `{before}` to `{value}`"), &format!("`{before}`"));
        }
        return findings.pass();
    }
    let creator = arn.and_then(|arn| creator(arn, facts.call, facts.evidence, abac)).filter(|creator| creator != value);
    if let (Some(creator), Some(Ok(_))) = (creator, before) {
        return fail(format!("`{key}` is set to `{value}`, but project `{creator}` created the resource"), &format!("`{creator}`"));
    }
    match (facts.caller.tag(key), before) {
        (Ok(Some((own, source))), _) if own != value => {
            let source = source.as_str();
            fail(format!("`{key}` is set to `{value}`, but the caller's is `{own}` (from the {source})"), &format!("`{own}`"));
        }
        (Ok(None), _) => {
            fail(format!("`{key}` is set to `{value}` by a caller without a project"), "a caller of that project");
        }
        (Err(unread), _) => findings.unread(unread),
        (_, Some(Err(why))) => {
            findings.unread(Unread::new(tag.value_path(), format!("the previous value of `{key}` is not known: {why}")));
        }
        _ => findings.pass(),
    }
}

/// Judges whether the caller gave itself its project a short time before. If the records do not show it, the caller is
/// not suspected.
fn launch(facts: &Facts, key: &str) -> Outcome {
    let Ok(Some((project, TagSource::Role | TagSource::User))) = facts.caller.tag(key) else {
        return Outcome::Skip("the caller's project is not from a tag of a role or user".to_owned());
    };
    let skip = || Outcome::Skip("no record shows that the caller changed its own tag".to_owned());
    let (Some(arn), Some(now)) = (facts.caller.arn.as_deref(), facts.call.time()) else { return skip() };
    let change = facts.evidence.tag_history.at(arn, Some(now)).and_then(|tags| tags.set_by(key));
    let Some((at, author)) = change.filter(|(at, author)| author.is(arn) && now.duration_since(*at) < RECENT) else {
        return skip();
    };
    let event = |id: Option<&str>| id.map(|id| format!(", event `{id}`")).unwrap_or_default();
    let message = format!(
        "`{arn}` gave itself `{key}` = `{project}` with {} at {at} (`{}`{}), and called {} at {now}{}",
        author.event_name,
        author.arn.as_deref().unwrap_or(arn),
        event(author.event_id.as_deref()),
        facts.call.event_name,
        event(facts.call.event_id),
    );
    let violation = Violation::new("userIdentity", message, "a tag that another principal set").actual(project);
    Outcome::Fail(vec![Violation {
        fix: Some("find out why the caller changed its own tag, and limit IAM's tagging actions to tag \
            administrators".to_owned()),
        ..violation
    }])
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let key = &settings.abac.tag;
    let called = |name: &str| operations.iter().copied().filter(|operation| operation.name == name).collect::<Vec<_>>();
    let (of_request, of_resource) = (request_tag(key), format!("aws:ResourceTag/{key}"));
    // Calls that create a resource need `sagemaker:AddTags` as well. Other rules judge their tags.
    let by_tagged = Test::has_text(principal_tag(key));
    let changes = |condition: Condition| {
        let condition = condition.with(Test::is_unset("sagemaker:TaggingAction"));
        deny(&called("AddTags"), condition.with(by_tagged.clone())).but(UNTAGGED)
    };
    let removed = [Test::any_equals_ignoring_case("aws:TagKeys", &[key, MARK]), by_tagged.clone()];
    let given_away = [Test::differs_from(&of_request, &principal_tag(key)), Test::has_text(&of_request)];
    let taken_over =
        [Test::differs_from(&of_resource, &of_request), Test::has_text(&of_resource), Test::has_text(&of_request)];
    let emptied = [Test::any_equals("aws:TagKeys", &[key]), Test::lacks_text(&of_request)];
    let marked = Test::any_equals_ignoring_case("aws:TagKeys", &[MARK]);
    let unchanged = Difference::Stricter(
        "another project's caller sets a resource's tag to the value that it already has",
    );
    let launched = Difference::Looser("launches by a caller that gave itself the tag: see `--no-escalation`");
    let white_space = Difference::Looser("white space in the key");
    let mut denials = vec![
        changes(given_away.into()).but(unchanged).but(launched),
        changes(taken_over.into()),
        changes(emptied.into()),
        changes(marked.into()).but(white_space),
        deny(&called("DeleteTags"), removed).but(UNTAGGED),
    ];
    denials.extend(almost(key).into_iter().map(|condition| changes(condition).but(UNUSUAL_CASE)));
    denials.into_iter().map(|denial| denial.except_administrators(settings.abac)).collect()
}

/// Callers without a project: Tagwarden's functions, and those who lift marks and remove stray tags.
const UNTAGGED: Difference = Difference::Looser(
    "changes by callers without the tag: see `--protect-tags`, which denies them to all but administrators",
);

#[cfg(test)]
mod tests {
    use super::super::testing::{ACCOUNT, CALLER};
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
