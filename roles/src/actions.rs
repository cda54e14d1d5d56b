//! The actions of IAM, by service.
//!
//! `data/actions.txt` says where they come from, and how it is read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tagwarden::grants::ActionPattern;

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

/// The actions that a pattern such as `s3:Get*` or `*` covers, in order: service, name, and what CloudTrail shows of it. An action that
/// the table lacks covers nothing.
pub fn covered(pattern: &str) -> impl Iterator<Item = (&'static str, &'static str, Trace)> {
    let service = pattern.split_once(':').map(|(service, _)| service.to_ascii_lowercase());
    let services = ACTIONS.iter().filter(move |(name, _)| service.as_deref().is_none_or(|service| service == **name));
    let all = services
        .flat_map(|(service, actions)| actions.iter().map(move |(name, trace)| (*service, name.as_str(), *trace)));
    let pattern = ActionPattern::read(pattern);
    all.filter(move |(service, name, _)| {
        pattern.as_ref().is_some_and(|pattern| pattern.covers(&format!("{service}:{name}")))
    })
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
        let covered = |pattern: &str| covered(pattern).map(|(_, name, _)| name).collect::<Vec<_>>();
        assert_eq!(
            covered("STS:assume*"),
            ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot"]
        );
        assert!(covered("s*:*").is_empty() && covered("sts:Nothing").is_empty());
        assert!(covered("*").len() > 20_000);
    }
}
