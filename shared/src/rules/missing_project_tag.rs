//! The request carries no Project tag.

use super::prelude::*;

/// `missing-project-tag`
pub const RULE: Rule = Rule {
    id: "missing-project-tag",
    fails_when: "the request carries no Project tag, regardless of the caller's tags",
    why: "A resource without the tag belongs to no project: tag-based permissions cannot protect it, and its cost \
        cannot be assigned. A role that lacks `sagemaker:AddTags` cannot tag on create.",
    fix: "send the tag with the request; the calling role also needs `sagemaker:AddTags`",
    action: Action::Tag,
    severity: Severity::Medium,
    abac_relies_on_it: true,
    governs: &[Field::Tags],
    needs: &[Need::InheritedTags],
    prevention: BY_REQUEST_TAGS,
    example: r#"{"trainingJobName": "churn", "tags": [{"key": "Team", "value": "growth"}]}"#,
    check,
    prevent,
    correcting_tag: Some(|facts, settings| {
        let key = &settings.abac.tag;
        let (project, _) = facts.caller.tag(key).ok()??;
        Some((key.clone(), project.to_owned()))
    }),
    hint: |_, _| {
        let hint = "A role without `sagemaker:AddTags` cannot tag on create: the request fails, or its users leave \
            out the tag.";
        Some(hint.to_owned())
    },
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let key = &settings.abac.tag;
    if facts.operation.absence == Absence::Unchanged {
        return Ok(Outcome::Skip("an update without the tag does not change it".to_owned()));
    }
    let is_there = facts.tags()?.iter().any(|tag| tag.key == key && !tag.value.is_empty());
    if is_there {
        return Ok(Outcome::Pass);
    }
    if let Some(outcome) = by_inheritance(facts, settings) {
        return Ok(outcome);
    }
    let (message, expected) = match facts.caller.tag(key) {
        Ok(Some((project, _))) => (String::new(), format!("a tag `{key}` with the caller's value, `{project}`")),
        Ok(None) => ("; the caller has none either, so it cannot be added".to_owned(), format!("a tag `{key}`")),
        Err(_) => ("; it cannot be added, because the caller's tag is not known".to_owned(), format!("a tag `{key}`")),
    };
    let message = format!("the request carries no tag `{key}`{message}");
    Ok(Outcome::Fail(vec![Violation::new(crate::facts::TAGS, message, expected)]))
}

/// What IAM cannot tell from what the rule reports.
const TAGGED_OTHERWISE: Difference = Difference::Looser(
    "apps, spaces and model packages: Studio creates apps and spaces without tags, versions of model packages cannot have \
        any, and no condition key tells a version from another model package",
);

/// Judges a resource that has the tags of others, unless its own are missing just as well.
fn by_inheritance(facts: &Facts, settings: &Settings) -> Option<Outcome> {
    let mut findings = Findings::default();
    let mut untagged = None;
    for resource in facts.tagged_like() {
        let Some(resource) = findings.read(resource) else { continue };
        match findings.read(resource.is_tagged(facts.call, facts.evidence, settings.abac)) {
            Some(true) => return Some(Outcome::Pass),
            Some(false) => untagged = Some(resource),
            None => {}
        }
    }
    if let (Untagged::Shares(_), Some(NamedResource { at, name, .. })) = (facts.operation.untagged, &untagged) {
        let key = &settings.abac.tag;
        let message = format!("the resource has the tags of `{name}`, which has no tag `{key}`");
        findings.fail(Violation {
            fix: Some(format!("set the tag `{key}` of `{name}`: AWS refuses tags on the resource itself")),
            at_most: Some(Action::Alert),
            ..Violation::new(at, message, format!("a tag `{key}` on `{name}`"))
        });
    }
    let outcome = findings.outcome("");
    (!matches!(outcome, Outcome::Skip(_))).then_some(outcome)
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let key = &settings.abac.tag;
    let mut operations = where_absence_counts(operations);
    operations.retain(|operation| operation.untagged == Untagged::HasNone);
    vec![
        // Condition key names ignore case: `aws:RequestTag/Project` matches a tag `project` as well, but `aws:TagKeys`
        // does not.
        deny(&operations, Test::none_equals("aws:TagKeys", key)).but(TAGGED_OTHERWISE),
        deny(&operations, Test::lacks_text(request_tag(key))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_key_with_a_value_counts() {
        for (request, expected) in [
            (r#"{"tags":[{"key":"Project","value":"atlas"}]}"#, "pass"),
            (r#"{"tags":[{"key":"Team","value":"x"},{"key":"Project","value":"borealis"}]}"#, "pass"),
            (r#"{"tags":[{"key":"project","value":"atlas"}]}"#, "fail tags"),
            (r#"{"tags":[{"key":"Project","value":""}]}"#, "fail tags"),
            (r#"{"tags":[],"x":1}"#, "fail tags"),
            (r#"{"x":1}"#, "fail tags"),
            (r#"{"tags":"Project"}"#, "unknown tags"),
            (r#"{"tags":[7]}"#, "unknown tags[0]"),
            ("null", "unknown requestParameters"),
        ] {
            assert_eq!(Case::training(request).says(&RULE), expected, "{request}");
        }
        let update = Case::of("UpdateProject", r#"{"projectName":"p","tags":[{"key":"Team","value":"x"}]}"#);
        assert_eq!(update.says(&RULE), "skip");
    }
    #[test]
    fn versions_of_model_packages_have_the_tags_of_their_group() {
        let version = || Case::of("CreateModelPackage", r#"{"modelPackageGroupName":"Churn"}"#);
        let group = "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/churn";
        let at = "modelPackageGroupName";
        assert_eq!(version().owned(group, "atlas").says(&RULE), "pass");
        assert_eq!(version().owned(group, "").says(&RULE), format!("fail {at}"));
        assert_eq!(version().says(&RULE), format!("unknown {at}"), "the group was not looked up");
        let other = Case::of("CreateModelPackage", r#"{"modelPackageName":"churn"}"#);
        assert_eq!(other.says(&RULE), "fail tags", "it is no version");
    }

    #[test]
    fn apps_inherit() {
        let app = || Case::of("CreateApp", r#"{"domainId":"d-1","userProfileName":"ana","appName":"default"}"#);
        let arn = |resource: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{resource}/d-1");
        let (domain, profile) = (arn("domain"), arn("user-profile") + "/ana");
        assert_eq!(app().owned(&profile, "atlas").says(&RULE), "pass");
        assert_eq!(app().owned(&profile, "").owned(&domain, "atlas").says(&RULE), "pass");
        assert_eq!(app().says(&RULE), "unknown domainId");
        assert_eq!(app().owned(&profile, "").says(&RULE), "fail tags", "it can get its own");
    }
}
