//! The report as a page: one file, which needs nothing else. `page.html` and `page.js` are its frame; its data is
//! between them, as JSON.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;
use tagwarden::decide::{Decision, Verdict};
use tagwarden::settings::Abac;

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
}

#[derive(Serialize)]
struct LaunchRow<'d> {
    project: String,
    #[serde(flatten)]
    decision: &'d Decision,
}

#[derive(Serialize)]
struct PageData<'s> {
    policy_name: &'s str,
    policy_text: &'s str,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    left_out: u64,
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
        Ok(Self { file, launches: 0, compliant: 0, left_out: 0 })
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
        self.json(&LaunchRow { project: crate::project(decision, abac), decision })
    }

    pub(crate) fn finish(mut self, summary: &Summary, policy: &PolicySource, period: Period) -> Result<(), AuditError> {
        self.file.text("]</script>\n<script type=\"application/json\" id=\"summary-data\">")?;
        let Period { since, until } = period;
        let (policy_name, policy_text) = (policy.name.as_str(), policy.text.as_str());
        self.json(&PageData { policy_name, policy_text, since, until, left_out: self.left_out, summary })?;
        self.file.text("</script>\n<script>\n")?;
        self.file.text(SCRIPT)?;
        self.file.text("</script>\n</body>\n</html>\n")?;
        self.file.close()
    }

    fn json(&mut self, value: &impl Serialize) -> Result<(), AuditError> {
        self.file.bytes(&script_json(value)?)
    }
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
