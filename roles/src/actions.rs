//! The actions of IAM, by service.
//!
//! `data/actions.txt` says where they come from, and how it is read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../data/actions.txt");

/// What CloudTrail shows of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trace {
    /// An event of the action's name that reads.
    Reads,
    /// An event of the action's name that writes.
    Writes,
    /// No event of its name.
    None,
}

/// The actions of a service, by name.
pub type ServiceActions = BTreeMap<String, Trace>;

/// All actions, by service: `s3` → `GetObject`.
pub static ACTIONS: LazyLock<BTreeMap<&'static str, ServiceActions>> = LazyLock::new(|| {
    let mut services: BTreeMap<&str, ServiceActions> = BTreeMap::new();
    let mut service = "";
    for line in TABLE.lines().filter(|line| !line.starts_with(['#', '='])) {
        match line.strip_prefix(' ').and_then(|line| line.split_once(' ')) {
            None => service = line,
            Some((kind, names)) => {
                let trace = match kind {
                    "r" => Trace::Reads,
                    "w" => Trace::Writes,
                    _ => Trace::None,
                };
                let names = names.split(' ').flat_map(unpacked).map(|name| (name, trace));
                services.entry(service).or_default().extend(names);
            }
        }
    }
    services
});

/// Services by other names that events have for them: `monitoring` → `cloudwatch`.
pub static OTHER_NAMES: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let names = TABLE.lines().filter_map(|line| line.strip_prefix("= ")?.split_once(' '));
    names.collect()
});

/// What CloudTrail shows of an action, if the table has it.
pub fn trace(service: &str, name: &str) -> Option<Trace> {
    ACTIONS.get(service)?.get(name).copied()
}

/// `Get{Object,Tags}` → `GetObject`, `GetTags`
fn unpacked(packed: &str) -> Vec<String> {
    match packed.strip_suffix('}').and_then(|packed| packed.split_once('{')) {
        None => vec![packed.to_owned()],
        Some((word, rests)) => rests.split(',').map(|rest| format!("{word}{rest}")).collect(),
    }
}

/// Whether a pattern of actions, such as `s3:Get*` or `*`, covers an action. Neither has case (IAM User Guide, "Action"). A wildcard
/// in the name of the service matches nothing, unless the pattern is `*` alone.
pub fn covers(pattern: &str, action: &str) -> bool {
    let is_sound = match pattern.split_once(':') {
        Some((service, _)) => !service.contains(['*', '?']),
        None => pattern == "*",
    };
    is_sound && matches(pattern.as_bytes(), action.as_bytes())
}

fn matches(mut pattern: &[u8], mut text: &[u8]) -> bool {
    // Where the last `*` stands, and what it has not swallowed yet.
    let mut last_run: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => return true,
            (Some((b'*', behind)), _) => {
                last_run = Some((behind, text));
                pattern = behind;
            }
            (Some((unit, behind)), Some((byte, rest))) if *unit == b'?' || unit.eq_ignore_ascii_case(byte) => {
                (pattern, text) = (behind, rest);
            }
            _ => {
                let Some((behind, (_, rest))) = last_run.and_then(|(behind, left)| Some((behind, left.split_first()?)))
                else {
                    return false;
                };
                last_run = Some((behind, rest));
                (pattern, text) = (behind, rest);
            }
        }
    }
}

/// The actions that a pattern covers, in order: service and name. An action that the table lacks covers nothing.
pub fn covered(pattern: &str) -> impl Iterator<Item = (&'static str, &'static str, Trace)> {
    let service = pattern.split_once(':').map(|(service, _)| service.to_ascii_lowercase());
    let services = ACTIONS.iter().filter(move |(name, _)| service.as_deref().is_none_or(|service| service == **name));
    let all = services
        .flat_map(|(service, actions)| actions.iter().map(move |(name, trace)| (*service, name.as_str(), *trace)));
    let pattern = pattern.to_owned();
    all.filter(move |(service, name, _)| covers(&pattern, &format!("{service}:{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert!(ACTIONS.len() > 400, "{}", ACTIONS.len());
        assert!(ACTIONS.values().map(BTreeMap::len).sum::<usize>() > 20_000);
        assert_eq!(trace("s3", "GetObject"), Some(Trace::Reads));
        assert_eq!(trace("sagemaker", "CreateTrainingJob"), Some(Trace::Writes));
        assert_eq!(trace("iam", "PassRole"), Some(Trace::None));
        assert_eq!(trace("kms", "VerifyMac"), Some(Trace::Writes));
        assert_eq!(trace("kms", "Verify"), Some(Trace::Writes));
    }

    #[test]
    fn patterns_cover_actions() {
        for (pattern, action, expected) in [
            ("*", "s3:GetObject", true),
            ("s3:*", "s3:GetObject", true),
            ("S3:get?bject", "s3:GetObject", true),
            ("s3:*Object", "s3:GetObjectAcl", false),
            ("s*:*", "s3:GetObject", false),
            ("s3:Get*Tag*", "s3:GetObjectTagging", true),
        ] {
            assert_eq!(covers(pattern, action), expected, "{pattern} on {action}");
        }
        let covered: Vec<_> = covered("sts:Assume*").map(|(_, name, _)| name).collect();
        assert_eq!(covered, ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot"]);
    }
}
