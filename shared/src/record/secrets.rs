//! Credentials among the environment variables and hyperparameters of a request. Whoever may read CloudTrail or describe the resource
//! can read them there. A credential is named by its kind, never by its value.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Members of requests and descriptions that may hold secrets, in CloudTrail's spelling. Nothing that Tagwarden stores or sends holds
/// their values.
pub const SECRET_MEMBERS: [&str; 7] = [
    "environment",
    "hyperParameters",
    "staticHyperParameters",
    "textGenerationHyperParameters",
    "optimizationEnvironment",
    "overrideEnvironment",
    "containerEnvironmentVariables",
];

/// A credential that is known by how it begins.
struct Form {
    kind: &'static str,
    prefixes: &'static [&'static str],
    /// The characters that follow.
    body: fn(u8) -> bool,
    length: RangeInclusive<usize>,
}

/// A credential that is known by the name of its variable. Its own form says too little.
struct Named {
    kind: &'static str,
    name: &'static str,
    body: fn(u8) -> bool,
    length: RangeInclusive<usize>,
}

const ANY: usize = usize::MAX;

/// Sources: IAM User Guide, "IAM identifiers", unique ID prefixes; GitHub Docs, "About authentication to GitHub", token formats;
/// GitLab Docs, "Token overview", token prefixes; Slack's documentation, "Tokens"; Hugging Face Hub documentation, "User access
/// tokens"; OpenAI's and Anthropic's API references, "Authentication"; Google Cloud documentation, "API keys"; PyPI's help, "How can I
/// use API tokens"; npm Docs, "About access tokens"; Databricks documentation, "Personal access tokens".
const FORMS: [Form; 12] = [
    Form { kind: "AWS access key ID", prefixes: &["AKIA", "ASIA"], body: is_base32, length: 16..=16 },
    Form {
        kind: "GitHub token",
        prefixes: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        body: is_alphanumeric,
        length: 36..=ANY,
    },
    Form { kind: "GitHub token", prefixes: &["github_pat_"], body: is_word, length: 36..=ANY },
    Form { kind: "GitLab token", prefixes: &["glpat-", "gldt-"], body: is_url_safe, length: 20..=ANY },
    Form { kind: "Slack token", prefixes: &["xoxb-", "xoxp-", "xapp-"], body: is_url_safe, length: 20..=ANY },
    Form { kind: "Hugging Face token", prefixes: &["hf_"], body: is_alphanumeric, length: 34..=ANY },
    Form { kind: "OpenAI API key", prefixes: &["sk-proj-", "sk-svcacct-"], body: is_url_safe, length: 20..=ANY },
    Form { kind: "Anthropic API key", prefixes: &["sk-ant-"], body: is_url_safe, length: 20..=ANY },
    Form { kind: "Google API key", prefixes: &["AIza"], body: is_url_safe, length: 35..=35 },
    Form { kind: "PyPI token", prefixes: &["pypi-AgE"], body: is_url_safe, length: 50..=ANY },
    Form { kind: "npm token", prefixes: &["npm_"], body: is_alphanumeric, length: 36..=36 },
    Form { kind: "Databricks token", prefixes: &["dapi"], body: is_hex, length: 32..=34 },
];

/// Sources: AWS SDKs and Tools Reference Guide, "AWS access keys"; Weights & Biases documentation, "Environment variables".
const NAMED: [Named; 3] = [
    Named { kind: "AWS secret access key", name: "AWS_SECRET_ACCESS_KEY", body: is_base64, length: 40..=40 },
    Named { kind: "AWS session token", name: "AWS_SESSION_TOKEN", body: is_base64, length: 100..=ANY },
    Named { kind: "Weights & Biases API key", name: "WANDB_API_KEY", body: is_word, length: 40..=ANY },
];

/// RFC 7468, section 10, and its like for each kind of key
const PRIVATE_KEY: &str = "private key";

/// RFC 7519: the header and the payload are JSON objects in Base64url, and `{"` begins with `eyJ` there.
const WEB_TOKEN: &str = "JSON Web Token";

/// RFC 3986, section 3.2.1, `userinfo`
const PASSWORD: &str = "password in a URL";

fn is_base32(byte: u8) -> bool {
    byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte)
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_url_safe(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// What kind of credential a variable of this name holds, if its value is one or contains one. What [`redacted`] left of a value still
/// says it.
pub fn credential(name: &str, value: &str) -> Option<&'static str> {
    let kinds = FORMS.iter().map(|form| form.kind).chain(NAMED.iter().map(|named| named.kind));
    let mut kinds = kinds.chain([PRIVATE_KEY, WEB_TOKEN, PASSWORD]);
    if let Some(left) = value.strip_prefix('(').and_then(|value| value.strip_suffix(')')) {
        return kinds.find(|kind| *kind == left);
    }
    // SageMaker's SDK writes hyperparameters as JSON.
    let bare = value.trim_matches('"');
    let is_whole = |named: &&Named| {
        name.eq_ignore_ascii_case(named.name) && named.length.contains(&bare.len()) && bare.bytes().all(named.body)
    };
    let named = NAMED.iter().find(is_whole).map(|named| named.kind);
    let formed = || FORMS.iter().find(|form| form.is_in(value)).map(|form| form.kind);
    named.or_else(formed).or_else(|| is_private_key(value).then_some(PRIVATE_KEY)).or_else(|| {
        let mut words = value.split(|end: char| end.is_ascii_whitespace() || "\"',;".contains(end));
        words.find_map(|word| if is_web_token(word) { Some(WEB_TOKEN) } else { has_password(word).then_some(PASSWORD) })
    })
}

impl Form {
    fn is_in(&self, text: &str) -> bool {
        let starts = self.prefixes.iter().flat_map(|prefix| text.match_indices(prefix));
        starts.into_iter().any(|(at, prefix)| {
            let before = text.as_bytes().get(..at).and_then(<[u8]>::last);
            let rest = text.as_bytes().get(at + prefix.len()..).unwrap_or_default();
            let length = rest.iter().take_while(|byte| (self.body)(**byte)).count();
            let is_word_before = before.is_some_and(|byte| is_word(*byte));
            let is_word_after = rest.get(length).is_some_and(|byte| is_word(*byte));
            !is_word_before && !is_word_after && self.length.contains(&length)
        })
    }
}

fn is_private_key(text: &str) -> bool {
    text.split("-----BEGIN ")
        .skip(1)
        .any(|rest| rest.split("-----").next().is_some_and(|label| label.ends_with("PRIVATE KEY")))
}

fn is_web_token(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    let is_part = |part: &&str| part.len() > 10 && part.bytes().all(is_url_safe);
    parts.len() == 3 && parts.iter().all(is_part) && parts.iter().take(2).all(|part| part.starts_with("eyJ"))
}

/// `scheme://user:password@host`, unless the password is a placeholder.
fn has_password(word: &str) -> bool {
    let authority = word.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    let user = authority.and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
    let password = user.and_then(|user| user.split_once(':')).map(|(_, password)| password);
    password.is_some_and(|password| !password.is_empty() && !password.contains(['*', '$', '{', '<']))
}

/// What may be kept of variables, which are names and values: which of them hold credentials, and of what kind.
pub fn redacted<'v>(variables: impl Iterator<Item = (&'v str, Option<&'v str>)>) -> BTreeMap<String, String> {
    let kind =
        |(name, value): (&str, Option<&str>)| Some((name.to_owned(), format!("({})", credential(name, value?)?)));
    variables.filter_map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A credential of this form, put together so that none stands in the source.
    fn made(prefix: &str, body: char, length: usize) -> String {
        format!("{prefix}{}", body.to_string().repeat(length))
    }

    #[test]
    fn credentials_are_known_by_their_form() {
        for (value, kind) in [
            (made("AKIA", 'B', 16), "AWS access key ID"),
            (made("ASIA", 'B', 16), "AWS access key ID"),
            (format!("key={};", made("AKIA", 'B', 16)), "AWS access key ID"),
            (made("ghp_", 'a', 36), "GitHub token"),
            (made("github_pat_", '1', 82), "GitHub token"),
            (made("glpat-", '-', 20), "GitLab token"),
            (made("xoxb-", '1', 40), "Slack token"),
            (format!("\"{}\"", made("hf_", 'A', 34)), "Hugging Face token"),
            (made("sk-proj-", 'x', 48), "OpenAI API key"),
            (made("sk-ant-", 'x', 90), "Anthropic API key"),
            (made("AIza", '-', 35), "Google API key"),
            (made("dapi", 'a', 32), "Databricks token"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE".to_owned(), PRIVATE_KEY),
            ("-----BEGIN PRIVATE KEY-----".to_owned(), PRIVATE_KEY),
            (format!("Bearer {}.{}.{}", made("eyJ", 'a', 20), made("eyJ", 'b', 20), made("", 'c', 43)), WEB_TOKEN),
            ("postgres://ml:hunter2@db.internal:5432/features".to_owned(), PASSWORD),
        ] {
            assert_eq!(credential("x", &value), Some(kind), "{value}");
        }
    }

    #[test]
    fn some_are_known_by_the_name_of_their_variable() {
        for (name, value, kind) in [
            ("AWS_SECRET_ACCESS_KEY", made("", 'a', 40), Some("AWS secret access key")),
            ("aws_secret_access_key", format!("\"{}\"", made("", '/', 40)), Some("AWS secret access key")),
            ("AWS_SESSION_TOKEN", made("", 'a', 300), Some("AWS session token")),
            ("WANDB_API_KEY", made("", '0', 40), Some("Weights & Biases API key")),
            ("commit", made("", '0', 40), None),
            ("WANDB_API_KEY", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:wandb".to_owned(), None),
        ] {
            assert_eq!(credential(name, &value), kind, "{name} {value}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for value in [
            "",
            "0.001",
            "s3://atlas-data/train",
            "arn:aws:iam::111122223333:role/train",
            "AKIA",
            "xAKIABBBBBBBBBBBBBBBB",
            "AKIABBBBBBBBBBBBBBBBB",
            "hf_transfer",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----",
            "https://user@example.com/",
            "postgres://ml:${PASSWORD}@db/features",
            "https://example.com:8443/a@b",
            "eyJ.eyJ.x",
            "1.2.3",
            "(AWS)",
        ] {
            assert_eq!(credential("x", value), None, "{value}");
        }
    }

    #[test]
    fn what_is_kept_says_the_kind_and_nothing_else() {
        let secret = made("ghp_", 'a', 36);
        let kept = redacted([("TOKEN", Some(secret.as_str())), ("EPOCHS", Some("3")), ("NESTED", None)].into_iter());
        assert_eq!(kept, BTreeMap::from([("TOKEN".to_owned(), "(GitHub token)".to_owned())]));
        assert_eq!(credential("TOKEN", &kept["TOKEN"]), Some("GitHub token"));
    }
}
