//! What the inputs of `check` and `explain` hold: items to judge or to explain, and the evidence for it.

use std::path::PathBuf;

use tagwarden::evidence::Evidence;
use tagwarden::record::Call;
use tagwarden::record::documents::{self, Item, OtherEvent};
use tagwarden::record::json::Value;

use crate::args::IamArgs;
use crate::exit::CliError;
use crate::input::{self, Source};
use crate::{iam, output};

/// What is known so far, and how many inputs, or parts of them, could not be read. The record of a caller's session, or
/// IAM's data on the caller, may come last: nothing is judged before all of it was read.
pub struct Gathered {
    pub evidence: Evidence,
    pub problems: usize,
}

/// Something in an input.
pub enum Found<'a> {
    /// A call, with the JSON text of its record.
    Call(&'a Call<'a>, &'a str),
    /// An event that is not an API call.
    OtherEvent(OtherEvent<'a>),
    /// A page of IAM's data or of tags of resources, which is now known.
    Page,
}

impl Gathered {
    /// What the files of `--iam` hold.
    pub fn from_iam(args: &IamArgs) -> Result<Self, CliError> {
        let (evidence, problems) = iam::load(args)?;
        let mut gathered = Self { evidence, problems: 0 };
        gathered.complain(&problems);
        Ok(gathered)
    }

    /// The inputs at the paths of the command line. What cannot be one is named.
    pub fn inputs(&mut self, paths: &[PathBuf]) -> Vec<PathBuf> {
        let mut inputs = Vec::new();
        for source in input::sources(paths) {
            match source {
                Source::Input(path) => inputs.push(path),
                Source::PassedOver(path, what) => output::note(&format!("passed over {}: {what}", path.display())),
                Source::Problem(message) => self.complain(&[message]),
            }
        }
        inputs
    }

    /// Learns from everything in the text of an input, and passes it on. Returns what could not be read.
    pub fn read(&mut self, place: &str, text: &str, mut each: impl FnMut(Found)) -> Vec<String> {
        let mut problems = Vec::new();
        documents::split(text, &mut |item| match item {
            Ok(Item::AuthorizationDetails(page) | Item::ResourceTags(page)) => {
                let unread = self.evidence.add_page(&page);
                problems.extend(unread.iter().map(|problem| format!("{place}: {problem}")));
                each(Found::Page);
            }
            Ok(Item::OtherEvent(event)) => each(Found::OtherEvent(event)),
            Ok(Item::Record(json)) => {
                if let Err(why) = self.record(json, &mut each) {
                    problems.push(format!("{place}: {why}"));
                }
            }
            Err(problem) => problems.push(format!("{place}:{}: {}", problem.line, problem.message)),
        });
        problems
    }

    fn record(&mut self, json: &str, each: &mut impl FnMut(Found)) -> Result<(), String> {
        let value: Value = serde_json::from_str(json).map_err(|error| format!("a record that is not JSON: {error}"))?;
        let call = Call::read(&value)?;
        self.evidence.learn(&call);
        each(Found::Call(&call, json));
        Ok(())
    }

    /// Reports and counts what could not be read.
    pub fn complain(&mut self, problems: &[String]) {
        self.problems += problems.len();
        problems.iter().for_each(|problem| output::complain(problem));
    }
}
