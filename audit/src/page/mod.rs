//! The report as a page: one file, which needs nothing else. `page.html` and `page.js` are its frame; its data is
//! between them, as JSON.

mod once;

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
pub use once::Once;
use once::Repeated;
use serde::Serialize;
use tagwarden::decide::{Decision, Verdict};
use tagwarden::settings::Abac;

use crate::summary::Verdicts;
use crate::{AuditError, Period, PolicySource, Summary, Written};

const FRAME: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

/// How many launches the page lists at most, and how many compliant ones among them: browsers have limits.
const MAX_LAUNCHES: u64 = 20_000;
const MAX_COMPLIANT: u64 = 5_000;

/// A page that is being written, launch by launch.
pub struct Page {
    file: Written,
    launches: u64,
    compliant: u64,
    left_out: u64,
    repeated: Repeated,
}

/// A launch: `eventID`, time and verdict; operation, name of the resource, caller, project, account and region; findings;
/// actions. All but the id, the time, the verdict and the name are numbers.
#[derive(Serialize)]
struct LaunchRow<'d>(
    &'d Option<String>,
    &'d Option<String>,
    Verdict,
    usize,
    Option<&'d str>,
    Option<usize>,
    usize,
    Option<usize>,
    Option<usize>,
    Vec<usize>,
    Vec<usize>,
);

#[derive(Serialize)]
struct PageData<'s> {
    policy_name: &'s str,
    policy_text: &'s str,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    left_out: u64,
    hours: &'s BTreeMap<String, Verdicts>,
    #[serde(flatten)]
    repeated: &'s Repeated,
    #[serde(flatten)]
    summary: &'s Summary,
}

impl Page {
    /// Begins the page in `file`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn begin(mut file: Written) -> Result<Self, AuditError> {
        file.text(FRAME.trim_end())?;
        file.text("[")?;
        Ok(Self { file, launches: 0, compliant: 0, left_out: 0, repeated: Repeated::default() })
    }

    pub(crate) fn launch(&mut self, decision: &Decision, abac: &Abac) -> Result<(), AuditError> {
        let is_compliant = decision.verdict == Verdict::Compliant;
        if self.launches >= MAX_LAUNCHES || is_compliant && self.compliant >= MAX_COMPLIANT {
            self.left_out += 1;
            return Ok(());
        }
        self.file.text(if self.launches == 0 { "\n" } else { ",\n" })?;
        self.launches += 1;
        self.compliant += u64::from(is_compliant);
        let row = row(decision, abac, &mut self.repeated);
        json(&mut self.file, &row)
    }

    pub(crate) fn finish(mut self, summary: &Summary, policy: &PolicySource, period: Period) -> Result<(), AuditError> {
        self.file.text("]</script>\n<script type=\"application/json\" id=\"summary-data\">")?;
        let data = PageData {
            policy_name: &policy.name,
            policy_text: &policy.text,
            since: period.since,
            until: period.until,
            left_out: self.left_out,
            hours: summary.hours(),
            repeated: &self.repeated,
            summary,
        };
        json(&mut self.file, &data)?;
        self.file.text("</script>\n<script>\n")?;
        self.file.text(SCRIPT)?;
        self.file.text("</script>\n</body>\n</html>\n")?;
        self.file.close()
    }
}

fn row<'d>(decision: &'d Decision, abac: &Abac, repeated: &mut Repeated) -> LaunchRow<'d> {
    let caller = decision.principal.as_ref().and_then(|principal| principal.arn.as_deref());
    let resource = decision.resource.as_ref().and_then(|resource| resource.name.as_deref());
    LaunchRow(
        &decision.event_id,
        &decision.event_time,
        decision.verdict,
        repeated.text(&decision.event_name),
        resource,
        caller.map(|caller| repeated.text(caller)),
        repeated.text(&crate::project(decision, abac)),
        decision.account.as_deref().map(|account| repeated.text(account)),
        decision.region.as_deref().map(|region| repeated.text(region)),
        decision.findings.iter().map(|finding| repeated.finding(finding)).collect(),
        decision.actions.iter().map(|action| repeated.text(&action.action.name())).collect(),
    )
}

fn json(file: &mut Written, value: &impl Serialize) -> Result<(), AuditError> {
    file.bytes(&script_json(value)?)
}

/// The style of pages, as a style element.
pub fn style() -> &'static str {
    between("<style>", "</style>").unwrap_or_default()
}

/// The source of that style, as a content security policy names it.
pub fn style_source() -> &'static str {
    between("style-src ", ";").unwrap_or_default()
}

fn between(before: &str, after: &str) -> Option<&'static str> {
    let (_, rest) = FRAME.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// JSON that can stand in a script element.
///
/// # Errors
/// If the value cannot be JSON.
pub fn script_json(value: &impl Serialize) -> Result<Vec<u8>, AuditError> {
    let mut serializer = serde_json::Serializer::with_formatter(Vec::new(), ForScript);
    value.serialize(&mut serializer).map_err(|error| AuditError(error.to_string()))?;
    Ok(serializer.into_inner())
}

/// Writes JSON that cannot end the script element around it, or open a comment there (HTML, "Restrictions for contents
/// of script elements").
struct ForScript;

impl serde_json::ser::Formatter for ForScript {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut parts = fragment.split('<');
        writer.write_all(parts.next().unwrap_or_default().as_bytes())?;
        parts.try_for_each(|part| write!(writer, "\\u003c{part}"))
    }
}

#[cfg(test)]
mod tests {
    use tagwarden::decide::{Finding, FindingOutcome};
    use tagwarden::policy::Policy;
    use tagwarden::terms::Severity;

    use super::*;

    /// The size of a page of `count` launches that differ in their ids only.
    fn size(count: u8) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        let text = "version = 1".to_owned();
        let policy = PolicySource { name: "policy.toml".to_owned(), policy: Policy::parse(&text).unwrap(), text };
        let long = || "what is wrong, and what was expected. ".repeat(20);
        let finding = Finding {
            rule: "missing-vpc",
            outcome: FindingOutcome::Fail,
            severity: Severity::High,
            path: "requestParameters.vpcConfig".to_owned(),
            actual: None,
            expected: long(),
            message: long(),
            fix: long(),
        };
        let mut page = Page::begin(Written::create(&path).unwrap()).unwrap();
        for id in 0..count {
            let event_id = Some(format!("{id:036}"));
            page.launch(
                &Decision { event_id, findings: vec![finding.clone(); 3], ..Decision::default() },
                &policy.policy.abac,
            )
            .unwrap();
        }
        page.finish(&Summary::default(), &policy, Period::default()).unwrap();
        path.metadata().unwrap().len()
    }

    #[test]
    fn what_launches_repeat_is_stored_once() {
        let more = (size(101) - size(1)) / 100;
        assert!(more < 100, "{more} bytes a launch");
    }
}
