//! The request names a KMS key that is not approved.

use super::prelude::*;
use crate::record::kms;
use crate::terms::Pattern;
use crate::statement::wildcards;

/// `unapproved-kms-key`
pub const RULE: Rule = Rule {
    id: "unapproved-kms-key",
    fails_when: "a key is outside `allow`, or is not customer-managed",
    why: "The organisation cannot withdraw or audit a key that AWS owns or manages, and the owner of a foreign key can \
        read what it encrypts.",
    fix: "use one of the approved keys",
    action: Action::Stop,
    severity: Severity::High,
    concern: Concern::Protection,
    options: &[ALLOW],
    governs: &Field::KEYS,
    needs: &[Need::Keys],
    prevention: Prevention::Partly(
        "not AWS-managed keys that are named by id or ARN, or the keys of outputs and contents other than jobs' \
            outputs",
    ),
    example: r#"{"trainingJobName": "churn", "outputDataConfig": {"s3OutputPath": "s3://atlas-models/churn",
 "kmsKeyId": "alias/aws/s3"}}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

/// `allow`
pub const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "the approved keys: ids, ARNs, aliases or alias ARNs; without it, any customer-managed key",
    kind: Kind::Patterns(is_aws_managed),
    default: DefaultValue::Unset,
    example: "['arn:aws:kms:eu-west-1:111122223333:key/0d1e2f3a-4b5c-4d6e-8f70-112233445566']",
};

fn is_aws_managed(pattern: &str) -> Option<Doubt> {
    let reserved = pattern.starts_with("alias/aws/") || kms::is_aws_managed_alias(pattern);
    let why = "aliases that begin with `alias/aws/` are AWS-managed keys, which always fail";
    reserved.then(|| Doubt::NeverMatches(why.to_owned()))
}

fn check(facts: &Facts, settings: &Settings) -> Checked {
    // The request may name the key in another form than the policy: compare ARNs.
    let allow = settings.patterns(&ALLOW).map(|patterns| {
        patterns.iter().map(|pattern| Pattern::new(kms::arn(pattern.as_str(), facts.call))).collect::<Vec<_>>()
    });
    let mut findings = Findings::default();
    for field in Field::KEYS {
        for found in facts.all(field) {
            if let Some(Some(reference)) = findings.read(found.text()) {
                let problem = problem(facts, &kms::arn(reference, facts.call), allow.as_deref());
                match problem.map_err(|why| Unread::new(found.at, why)) {
                    Ok(None) => findings.pass(),
                    Ok(Some(message)) => {
                        let expected = settings.patterns(&ALLOW).map_or("a customer-managed key".to_owned(), super::outcome::one_of);
                        findings.fail(Violation::new(found.at, message, expected).actual(reference));
                    }
                    Err(unread) => findings.unread(unread),
                }
            }
        }
    }
    Ok(findings.outcome("the request names no KMS key"))
}

/// What is wrong with the key whose own or alias ARN is `arn`.
///
/// # Errors
///
/// If something is not known, says what has to be looked up.
fn problem(facts: &Facts, arn: &str, allow: Option<&[Pattern]>) -> Result<Option<String>, String> {
    if kms::is_aws_managed_alias(arn) {
        return Ok(Some(format!("`{arn}` is an AWS-managed key")));
    }
    // A key's own ARN names one key in all accounts: no look-up could approve it.
    let is_outside = |allow: &[Pattern]| {
        let names_a_key = |pattern: &Pattern| pattern.is_exact() && !kms::is_alias(pattern.as_str());
        !kms::is_alias(arn) && allow.iter().all(|pattern| names_a_key(pattern) && !pattern.matches(arn))
    };
    if allow.is_some_and(is_outside) {
        return Ok(Some(format!("`{arn}` is not an approved key")));
    }
    let looked_up = facts.evidence.key(arn)?;
    if let Some(key) = looked_up.filter(|key| !key.customer_managed) {
        return Ok(Some(format!("`{}` is an AWS-managed key", key.arn)));
    }
    if let Some(allow) = allow {
        let names = |pattern: &&Pattern| {
            pattern.matches(arn) || looked_up.is_some_and(|key| pattern.matches(&key.arn))
        };
        match allow.iter().find(names) {
            Some(pattern) if pattern.is_exact() => return Ok(None),
            Some(_) => {}
            None => {
                // An alias and a key id may name the same key.
                let other_form = |pattern: &Pattern| kms::is_alias(pattern.as_str()) != kms::is_alias(arn);
                if looked_up.is_none() && allow.iter().any(other_form) {
                    return Err(format!("the key behind `{arn}` was not looked up"));
                }
                return Ok(Some(format!("`{arn}` is not an approved key")));
            }
        }
    }
    // AWS-managed keys have only reserved aliases, and cannot be used from another account (KMS developer guide).
    let surely_customer_managed = kms::is_alias(arn) || arn::account(arn) != facts.call.account;
    if looked_up.is_some() || surely_customer_managed {
        Ok(None)
    } else {
        Err(format!("whether `{arn}` is customer-managed was not looked up"))
    }
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let allow = settings.patterns(&ALLOW);
    let mut denials = Vec::new();
    for names in KMS_KEYS {
        for key in names {
            let carrying = carrying(operations, &Field::KEYS, key);
            if let Some(allow) = allow {
                let outside = match allow {
                    [] => Condition::from(Test::is_set(key)),
                    _ => [Test::is_set(key), Test::not_like_values(key, allow.iter().flat_map(references))].into(),
                };
                let by_arn = Difference::Stricter(
                    "an approved key that the request names in another form than the policy",
                );
                denials.push(deny(&carrying, outside).but(by_arn));
            }
            if allow.is_none_or(|allow| !allow.iter().all(Pattern::is_exact)) {
                let aws_managed = [Pattern::new("alias/aws/*"), Pattern::new("arn:*:kms:*:*:alias/aws/*")];
                let by_id = Difference::Looser("an AWS-managed key that is named by its id or ARN");
                denials.push(deny(&carrying, Test::like(key, &aws_managed)).but(by_id));
            }
        }
    }
    denials
}

/// The forms in which a request may name an approved key: the policy's form and, if that is relative to the account and
/// region of the call, the ARN.
fn references(approved: &Pattern) -> Vec<String> {
    let mut references = vec![wildcards(approved)];
    if !approved.as_str().starts_with("arn:") {
        let resource = kms::resource_of(approved.as_str());
        let resource = wildcards(&Pattern::new(&*resource));
        references.push(format!("arn:*:kms:${{aws:RequestedRegion}}:${{aws:PrincipalAccount}}:{resource}"));
    }
    references
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Key;

    const OWN: &str = "arn:aws:kms:eu-west-1:111122223333:key/0d1e";
    const CENTRAL: &str = "arn:aws:kms:eu-west-1:999900001111:key/77aa";

    fn request(key: &str) -> Case {
        Case::training(&format!(r#"{{"resourceConfig":{{"volumeKmsKeyId":"{key}"}}}}"#))
    }

    fn key(arn: &str, customer_managed: bool) -> Key {
        Key { arn: arn.to_owned(), customer_managed }
    }

    const FAIL: &str = "fail resourceConfig.volumeKmsKeyId";
    const UNKNOWN: &str = "unknown resourceConfig.volumeKmsKeyId";

    #[test]
    fn every_form_of_reference_is_compared() {
        let allow = format!("allow = ['{OWN}', 'alias/ml']");
        for (reference, expected) in [
            (OWN, "pass"),
            ("0d1e", "pass"),
            ("alias/ml", "pass"),
            ("arn:aws:kms:eu-west-1:111122223333:alias/ml", "pass"),
            ("alias/aws/sagemaker", FAIL),
            ("alias/other", UNKNOWN),
            (CENTRAL, UNKNOWN),
        ] {
            assert_eq!(request(reference).policy(&allow).says(&RULE), expected, "{reference}");
        }
        for (reference, expected) in [(CENTRAL, FAIL), ("77aa", FAIL), ("alias/ml", UNKNOWN)] {
            assert_eq!(request(reference).policy(&format!("allow = ['{OWN}']")).says(&RULE), expected, "{reference}");
        }
        let resolved = request("alias/other").policy(&format!("allow = ['{OWN}']"));
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/other";
        assert_eq!(resolved.key(alias, key(OWN, true)).says(&RULE), "pass");
    }

    #[test]
    fn without_a_list_the_key_must_be_customer_managed() {
        for (reference, expected) in
            [(OWN, UNKNOWN), ("0d1e", UNKNOWN), ("alias/ml", "pass"), (CENTRAL, "pass"), ("alias/aws/s3", FAIL)]
        {
            assert_eq!(request(reference).says(&RULE), expected, "{reference}");
        }
        assert_eq!(request("0d1e").key(OWN, key(OWN, true)).says(&RULE), "pass");
        assert_eq!(request("0d1e").key(OWN, key(OWN, false)).says(&RULE), FAIL);
        assert_eq!(request("").says(&RULE), "skip");
    }

    #[test]
    fn a_wildcard_does_not_admit_aws_managed_keys() {
        let any_own = "allow = ['arn:aws:kms:*:111122223333:key/*']";
        assert_eq!(request(OWN).policy(any_own).says(&RULE), UNKNOWN);
        assert_eq!(request(OWN).policy(any_own).key(OWN, key(OWN, true)).says(&RULE), "pass");
        assert_eq!(request(OWN).policy(any_own).key(OWN, key(OWN, false)).says(&RULE), FAIL);
    }
}
