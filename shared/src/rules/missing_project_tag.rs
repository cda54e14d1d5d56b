//! The request carries no Project tag.

use super::prelude::*;
use super::tagged;
use crate::settings::TagDefault;

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
    correcting_tags: Some(|facts, settings| {
        tagged::default_tag(facts, &settings.abac.tag, &TagDefault::Principal).into_iter().collect()
    }),
    hint: |_, _| {
        let hint = "A role without `sagemaker:AddTags` cannot tag on create: the request fails, or its users leave \
            out the tag.";
        Some(hint.to_owned())
    },
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    tagged::missing(facts, settings.abac, &settings.abac.tag, Some(&TagDefault::Principal))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    tagged::deny_missing(operations, &settings.abac.tag)
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
