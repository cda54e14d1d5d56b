//! The files of an archive, as CloudTrail lays them out: `AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use tagwarden::audit::{Input, Period};

use crate::input::{self, Source};
use crate::output;

/// What there is to read.
#[derive(Default)]
pub struct Archive {
    pub files: Vec<LogFile>,
    /// What cannot be listed.
    pub problems: Vec<String>,
}

/// A file to read.
pub struct LogFile {
    pub path: PathBuf,
    /// Its size in bytes, zero where that is not known.
    pub size: u64,
}

/// The files behind `paths` that can tell anything about launches of `period`, without those that are `written` to. Counts
/// the days that are left out, and the accounts of the others.
pub fn list(paths: &[PathBuf], period: Period, written: &[&Path], counts: &mut Input) -> Archive {
    let written: Vec<_> = written.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let mut archive = Archive::default();
    let sources = input::sources_but(paths, |folder| {
        let is_outside = day(folder).is_some_and(|day| !period.needs_day(day));
        counts.days_left_out += u64::from(is_outside);
        is_outside
    });
    for source in sources {
        match source {
            Source::Input(path) => {
                if !written.is_empty() && path.canonicalize().is_ok_and(|path| written.contains(&path)) {
                    continue;
                }
                counts.accounts.extend(account(&path).map(str::to_owned));
                let size = path.metadata().map_or(0, |metadata| metadata.len());
                archive.files.push(LogFile { path, size });
            }
            Source::PassedOver(path, what) => output::note(&format!("passed over {}: {what}", path.display())),
            Source::Problem(problem) => archive.problems.push(problem),
        }
    }
    archive
}

/// The day of a folder `…/CloudTrail/REGION/YYYY/MM/DD`.
fn day(folder: &Path) -> Option<Date> {
    let mut names = folder.components().rev().map(|component| component.as_os_str().to_str());
    let (day, month, year) = (number(names.next()??, 2)?, number(names.next()??, 2)?, number(names.next()??, 4)?);
    let _region = names.next()?;
    (names.next()?? == "CloudTrail").then(|| Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok())?
}

fn number(text: &str, digits: usize) -> Option<i16> {
    (text.len() == digits).then(|| text.parse().ok())?
}

/// The account of a file below `…/ACCOUNT/CloudTrail/`.
fn account(path: &Path) -> Option<&str> {
    let mut names = path.components().rev().map(|component| component.as_os_str());
    names.find(|name| *name == OsStr::new("CloudTrail"))?;
    let account = names.next()?.to_str()?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
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
}
