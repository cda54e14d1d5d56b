//! The names of an archive's files, as CloudTrail lays them out: `AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`.

use std::ffi::OsStr;
use std::path::Path;

use jiff::civil::Date;
use tagwarden::record::documents::Neighbour;

/// The day of a folder `…/CloudTrail/REGION/YYYY/MM/DD`.
pub fn day(folder: &Path) -> Option<Date> {
    let mut names = folder.components().rev().map(|component| component.as_os_str().to_str());
    let (day, month, year) = (number(names.next()??, 2)?, number(names.next()??, 2)?, number(names.next()??, 4)?);
    let _region = names.next()?;
    (names.next()?? == "CloudTrail").then(|| Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok())?
}

fn number(text: &str, digits: usize) -> Option<i16> {
    (text.len() == digits).then(|| text.parse().ok())?
}

/// The account of a file below `…/ACCOUNT/CloudTrail/`.
pub fn account(path: &Path) -> Option<&str> {
    let mut names = path.components().rev().map(|component| component.as_os_str());
    names.find(|name| *name == OsStr::new("CloudTrail"))?;
    names.next()?.to_str().filter(|name| is_account(name))
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether files and folders of this name are hidden.
pub fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// What the file at `path` is, if its place or name shows that it lies beside CloudTrail's log files. Each service has a folder
/// `AWSLogs/[o-…/]ACCOUNT/SERVICE/` (its user guide).
pub fn neighbour(path: &Path) -> Option<Neighbour> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md")) {
        return Some(Neighbour::Documentation);
    }
    if path.file_name() == Some(OsStr::new("ConfigWritabilityCheckFile")) {
        return Some(Neighbour::Config);
    }
    let folders: Vec<_> = path.parent()?.iter().map(|name| name.to_str().unwrap_or_default()).collect();
    folders.iter().enumerate().find_map(|(index, folder)| match *folder {
        "CloudTrail-Digest" => Some(Neighbour::Digest),
        "CloudTrail-Insight" => Some(Neighbour::Insights),
        "CloudTrail-Aggregated" => Some(Neighbour::Aggregated),
        folder => {
            let (account, above) = folders.get(..index)?.split_last()?;
            is_account(account).then(|| service(folder, is_log_root(above)))?
        }
    })
}

/// What the folder of a service in the folder of an account holds, if it is known not to be records.
fn service(folder: &str, is_in_log_root: bool) -> Option<Neighbour> {
    Some(match folder {
        "Config" => Neighbour::Config,
        "vpcflowlogs" => Neighbour::FlowLogs,
        "elasticloadbalancing" => Neighbour::LoadBalancers,
        "GuardDuty" => Neighbour::GuardDuty,
        "WAFLogs" => Neighbour::Waf,
        "route53" | "vpcdnsquerylogs" => Neighbour::Route53,
        folder if is_in_log_root && !folder.eq_ignore_ascii_case("CloudTrail") => Neighbour::OtherService,
        _ => return None,
    })
}

/// Whether the folders end with `AWSLogs/`, or with `AWSLogs/` and an organisation.
fn is_log_root(folders: &[&str]) -> bool {
    match folders {
        [.., "AWSLogs"] => true,
        [.., "AWSLogs", organisation] => organisation.starts_with("o-"),
        _ => false,
    }
}

/// Whether the file at `path` holds no records. A walk over folders passes over it. `path` is the whole name.
pub fn is_passed_over(path: &Path) -> bool {
    path.iter().any(is_hidden) || neighbour(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloudtrails_folders_tell_account_and_day() {
        let folder = Path::new("logs/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/03/02");
        assert_eq!(day(folder), Date::new(2026, 3, 2).ok());
        assert_eq!(account(&folder.join("x.json.gz")), Some("111122223333"));
        for other in ["2026/03/02", "CloudTrail/eu-west-1/2026/03", "CloudTrail/eu-west-1/2026/13/02", "a/b/2026/03/02"]
        {
            assert_eq!(day(Path::new(other)), None, "{other}");
        }
        assert_eq!(account(Path::new("x/CloudTrail/y.json")), None);
    }

    #[test]
    fn neighbours_are_known_by_their_place() {
        let organisation = "AWSLogs/o-4k2mexample/111122223333";
        for (name, expected) in [
            (format!("{organisation}/CloudTrail/eu-west-1/2026/03/02/x.json.gz"), None),
            (format!("{organisation}/CloudTrail-Digest/eu-west-1/2026/03/02/x.json.gz"), Some(Neighbour::Digest)),
            (format!("{organisation}/CloudTrail-Insight/eu-west-1/2026/03/02/x.json.gz"), Some(Neighbour::Insights)),
            (format!("{organisation}/CloudTrail-Aggregated/eu-west-1/x.json.gz"), Some(Neighbour::Aggregated)),
            (format!("{organisation}/Config/eu-west-1/2026/3/2/ConfigHistory/x.json.gz"), Some(Neighbour::Config)),
            ("AWSLogs/111122223333/Config/ConfigWritabilityCheckFile".to_owned(), Some(Neighbour::Config)),
            ("flat/ConfigWritabilityCheckFile".to_owned(), Some(Neighbour::Config)),
            ("./111122223333/vpcflowlogs/eu-west-1/x.log.gz".to_owned(), Some(Neighbour::FlowLogs)),
            ("AWSLogs/111122223333/elasticloadbalancing/x.log.gz".to_owned(), Some(Neighbour::LoadBalancers)),
            ("AWSLogs/111122223333/GuardDuty/x.jsonl.gz".to_owned(), Some(Neighbour::GuardDuty)),
            ("AWSLogs/111122223333/WAFLogs/x.log.gz".to_owned(), Some(Neighbour::Waf)),
            ("AWSLogs/111122223333/vpcdnsquerylogs/x.log.gz".to_owned(), Some(Neighbour::Route53)),
            ("AWSLogs/111122223333/redshift/x.gz".to_owned(), Some(Neighbour::OtherService)),
            ("mine/111122223333/redshift/x.gz".to_owned(), None),
            ("AWSLogs/111122223333/x.json.gz".to_owned(), None),
            ("Config/x.json".to_owned(), None),
            ("AWSLogs/README.md".to_owned(), Some(Neighbour::Documentation)),
        ] {
            assert_eq!(neighbour(Path::new(&name)), expected, "{name}");
            assert_eq!(is_passed_over(Path::new(&name)), expected.is_some(), "{name}");
        }
        assert!(is_passed_over(Path::new("AWSLogs/.trash/x.json.gz")));
    }
}
