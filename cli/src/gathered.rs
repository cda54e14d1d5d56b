//! What the inputs of `check` and `explain` hold: items to judge or to explain, and the evidence for it.

use std::path::{Path, PathBuf};

use tagwarden::evidence::Evidence;
use tagwarden::record::documents::{self, Item, OtherEvent, Record};
use tagwarden_audit::log_file::{Content, content};
use tagwarden_audit::{AllProblems, Problems};

use crate::args::{IamArgs, PriceArgs};
use crate::exit::CliError;
use crate::input::{self, Source};
use crate::passed_over::PassedOver;
use crate::{iam, output, prices};

/// What is known so far, and what could not be read. The record of a caller's session, or IAM's data on the caller, may come last:
/// nothing is judged before all of it was read.
pub struct Gathered {
    pub evidence: Evidence,
    problems: AllProblems<String>,
    passed_over: PassedOver,
}

/// Something in an input.
pub enum Found<'a> {
    /// A call.
    Call(Record<'a>),
    /// An event that is not an API call.
    OtherEvent(OtherEvent<'a>),
    /// A page of IAM's data, of tags of resources or of list prices, which is now known, or something that lies beside log files.
    Other,
}

impl Gathered {
    /// What the files of `--iam` hold.
    pub fn from_iam(args: &IamArgs) -> Result<Self, CliError> {
        let (evidence, problems) = iam::load(args)?;
        Ok(Self { evidence, problems, passed_over: PassedOver::default() })
    }

    /// Adds what the files of `--prices` hold.
    pub fn add_prices(&mut self, args: &PriceArgs) -> Result<(), CliError> {
        prices::load(args, &mut self.evidence, &mut self.problems)
    }

    /// The inputs at the paths of the command line. What cannot be one is named.
    pub fn inputs(&mut self, paths: &[PathBuf]) -> Vec<PathBuf> {
        let mut inputs = Vec::new();
        for source in input::sources(paths) {
            match source {
                Source::Input(path) => inputs.push(path),
                Source::PassedOver(path, what) => self.passed_over.add(&path, &what.to_string()),
                Source::Problem(path, message) => self.add_of_file(&path, message),
            }
        }
        inputs
    }

    /// Learns from everything in the inflated bytes of an input, and passes it on. Returns what could not be read.
    pub fn read(&mut self, path: &Path, bytes: &[u8], mut each: impl FnMut(Found)) -> Problems {
        let mut problems = Problems::default();
        let text = match content(bytes, &mut problems) {
            Ok(Content::Text(text)) => text,
            Ok(Content::Neighbour(neighbour)) => {
                self.passed_over.add(path, &neighbour.to_string());
                each(Found::Other);
                return problems;
            }
            Err(why) => {
                problems.add_of_file(why);
                return problems;
            }
        };
        let mut beside = None;
        documents::split(&text, &mut |place, item| match item {
            Ok(Item::AuthorizationDetails(page) | Item::ResourceTags(page)) => {
                let unread = self.evidence.add_page(&page);
                unread.into_iter().for_each(|problem| problems.add(place.problem(problem)));
                each(Found::Other);
            }
            Ok(Item::Prices(list)) => {
                self.evidence
                    .prices
                    .add_list(list)
                    .into_iter()
                    .for_each(|problem| problems.add(place.problem(problem)));
                each(Found::Other);
            }
            Ok(Item::Neighbour(neighbour)) => {
                beside = Some(neighbour);
                each(Found::Other);
            }
            Ok(Item::OtherEvent(event)) => each(Found::OtherEvent(event)),
            Ok(Item::Record(record)) => {
                self.evidence.learn(record.call);
                each(Found::Call(record));
            }
            Err(why) => problems.add(place.problem(why)),
        });
        if let Some(neighbour) = beside {
            self.passed_over.add(path, &neighbour.to_string());
        }
        problems
    }

    /// Counts what could not be read of a file.
    pub fn add(&mut self, file: &str, problems: &Problems) {
        self.problems.add(&file.to_owned(), problems);
    }

    /// Counts a file that could not be read at all.
    pub fn add_of_file(&mut self, file: &str, why: String) {
        let mut problems = Problems::default();
        problems.add_of_file(why);
        self.add(file, &problems);
    }

    /// Reports what could not be read and what was passed over, after all of it is known. Returns how many problems there are.
    pub fn report(&self) -> u64 {
        self.passed_over.note();
        self.problems.lines(String::clone).iter().for_each(|line| output::complain(line));
        self.problems.count()
    }
}
