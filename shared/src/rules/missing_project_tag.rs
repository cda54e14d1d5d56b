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
    governs: &[Field::Tags],
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
    let (message, expected) = match facts.caller.tag(key) {
        Ok(Some((project, _))) => (String::new(), format!("a tag `{key}` with the caller's value, `{project}`")),
        Ok(None) => ("; the caller has none either, so it cannot be added".to_owned(), format!("a tag `{key}`")),
        Err(_) => ("; it cannot be added, because the caller's tag is not known".to_owned(), format!("a tag `{key}`")),
    };
    let message = format!("the request carries no tag `{key}`{message}");
    Ok(Outcome::Fail(vec![Violation::new(crate::facts::TAGS, message, expected)]))
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let key = &settings.abac.tag;
    let operations = &where_absence_counts(operations);
    vec![
        // Condition key names ignore case: `aws:RequestTag/Project` matches a tag `project` as well, but `aws:TagKeys`
        // does not.
        deny(operations, Test::none_equals("aws:TagKeys", key)),
        deny(operations, Test::lacks_text(request_tag(key))),
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
}
