//! The names of an archive's files, as CloudTrail lays them out: `AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`.

use std::ffi::OsStr;
use std::path::Path;

use jiff::civil::Date;

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
    let account = names.next()?.to_str()?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// Whether files and folders of this name are hidden.
pub fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a folder of this name holds checksums of log files.
pub fn is_digest(name: &OsStr) -> bool {
    name == "CloudTrail-Digest"
}

/// Whether a file of this name is documentation.
pub fn is_documentation(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
}

/// Whether the file of this name holds no records. A walk over folders passes over it. `name` is the whole name.
pub fn is_passed_over(path: &Path) -> bool {
    is_documentation(path) || path.iter().any(|name| is_hidden(name) || is_digest(name))
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
    fn what_is_no_log_file_is_passed_over() {
        for (name, expected) in [
            ("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/x.json.gz", false),
            ("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/x.json.gz", true),
            ("AWSLogs/.trash/x.json.gz", true),
            ("AWSLogs/README.md", true),
        ] {
            assert_eq!(is_passed_over(Path::new(name)), expected, "{name}");
        }
    }
}
