//! What could not be read. Equal problems are summed up, so that a log with many bad lines says so once and fits in memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tagwarden::record::documents::Problem;

/// How many different messages are kept.
const MESSAGES: usize = 100;

/// How many files are named for the same message.
const FILES: usize = 10;

/// The message that stands for all messages beyond the limit.
const OTHERS: &str = "further problems, different from those that are listed";

/// What could not be read of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problems(Vec<Repeated>);

/// A message, how often it occurs, and where first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Repeated {
    place: String,
    message: String,
    count: u64,
}

impl Problems {
    /// Adds a problem at its place.
    pub fn add(&mut self, Problem { line, member, message }: Problem) {
        self.push(message, || if member.is_empty() { format!(":{line}") } else { format!(":{line}: `{member}`") });
    }

    /// Adds a problem of the whole file.
    pub fn add_of_file(&mut self, message: impl Into<String>) {
        self.push(message.into(), String::new);
    }

    fn push(&mut self, message: String, place: impl FnOnce() -> String) {
        let is_listed = self.0.len() < MESSAGES || self.0.iter().any(|known| known.message == message);
        let message = if is_listed { message } else { OTHERS.to_owned() };
        match self.0.iter_mut().find(|known| known.message == message) {
            Some(known) => known.count += 1,
            None => self.0.push(Repeated { place: place(), message, count: 1 }),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|problem| problem.count).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What could not be read of all files.
#[derive(Clone, Debug)]
pub struct AllProblems<File>(BTreeMap<String, Places<File>>);

/// Where a message occurs.
#[derive(Clone, Debug)]
struct Places<File> {
    /// The first place in each of the first files, and how often it occurs in the file.
    first: BTreeMap<File, (String, u64)>,
    /// How many other files it occurs in, and how often.
    others: (u64, u64),
}

impl<File> Default for AllProblems<File> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<File: Ord + Clone> AllProblems<File> {
    /// Adds those of a file.
    pub fn add(&mut self, file: &File, problems: &Problems) {
        for Repeated { place, message, count } in &problems.0 {
            let Places { first, others } = self.places(message);
            first.entry(file.clone()).or_insert_with(|| (place.clone(), 0)).1 += count;
            if first.len() > FILES
                && let Some((_, (_, count))) = first.pop_last()
            {
                *others = (others.0 + 1, others.1 + count);
            }
        }
    }

    fn places(&mut self, message: &str) -> &mut Places<File> {
        let is_listed = self.0.contains_key(message) || self.0.len() < MESSAGES;
        self.0.entry(if is_listed { message } else { OTHERS }.to_owned()).or_insert_with(Places::new)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        let counts =
            |places: &Places<File>| places.others.1 + places.first.values().map(|(_, count)| count).sum::<u64>();
        self.0.values().map(counts).sum()
    }

    /// A line for each message and file, in the order of the files. `name` names a file.
    pub fn lines(&self, name: impl Fn(&File) -> String) -> Vec<String> {
        let mut lines = Vec::new();
        for (message, Places { first, others }) in &self.0 {
            for (file, (place, count)) in first {
                let times = if *count > 1 { format!(" ({count} times, here first)") } else { String::new() };
                lines.push((Some(file), format!("{}{place}: {message}{times}", name(file))));
            }
            if let (files @ 1.., times) = others {
                lines.push((None, format!("{files} more files: {message} ({times} times)")));
            }
        }
        // Of a file, those of the first lines of this sort; at last what was summed up.
        lines.sort_by_key(|(file, _)| (file.is_none(), *file));
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

impl<File> Places<File> {
    fn new() -> Self {
        Self { first: BTreeMap::new(), others: (0, 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: usize, message: &str) -> Problem {
        Problem { line, member: String::new(), message: message.to_owned() }
    }

    #[test]
    fn equal_problems_are_one_line() {
        let (mut bad, mut worse) = (Problems::default(), Problems::default());
        (1..=200_000).for_each(|line| bad.add(problem(line, "not JSON")));
        bad.add(Problem { line: 7, member: "Records[3]".to_owned(), message: "null".to_owned() });
        (0..300).for_each(|number| worse.add(problem(1, &format!("message {number}"))));
        worse.add_of_file("truncated");
        assert_eq!((bad.count(), worse.count(), worse.0.len()), (200_001, 301, MESSAGES + 1));
        let mut all = AllProblems::default();
        (0..20).for_each(|file| all.add(&file, &bad));
        let lines = all.lines(|file| format!("{file}.json"));
        assert_eq!(lines[..2], ["0.json:1: not JSON (200000 times, here first)", "0.json:7: `Records[3]`: null"]);
        assert_eq!(lines[20..], ["10 more files: not JSON (2000000 times)", "10 more files: null (10 times)"]);
        assert_eq!(all.count(), 20 * 200_001);
        (0..20).for_each(|file| all.add(&file, &worse));
        assert_eq!(all.0.len(), MESSAGES + 1);
        assert_eq!(all.count(), 20 * (200_001 + 301));
    }
}
