//! The documents say what the program says, and each of their links leads somewhere.

mod cost;
mod examples;
mod generated;
mod links;

use std::fs;

use tagwarden::operations::Operation;
use tagwarden::rules::RULES;
use tagwarden_tests::root;

use crate::examples::Example;
use crate::links::{Page, problems};

#[test]
fn generated_parts_are_current() {
    for (file, name, generated) in [
        ("docs/rules.md", "rules", generated::rules()),
        ("docs/operations.md", "operations", generated::operations()),
        ("docs/deploy.md", "cost", cost::cost().0),
    ] {
        let path = root().join(file);
        let page = fs::read_to_string(&path).expect(file);
        let begin =
            format!("<!-- {name}: generated, `UPDATE=1 cargo test --workspace --test documentation` renews it -->\n");
        let end = format!("<!-- end of {name} -->\n");
        let (before, rest) = page.split_once(&begin).expect("the beginning of the generated part");
        let (written, after) = rest.split_once(&end).expect("the end of the generated part");
        let current = format!("\n{generated}\n");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, format!("{before}{begin}{current}{end}{after}")).expect("written");
        } else {
            assert!(written == current, "{file} is stale: renew it as its comment says");
        }
    }
}

/// An organisation has many accounts and regions, and most of them are quiet.
#[test]
fn a_quiet_stack_with_everything_on_costs_less_than_a_dollar_and_a_half_a_month() {
    let (_, total) = cost::cost();
    assert!(total < 1.5, "{total}");
}

#[test]
fn every_operation_has_an_area() {
    let placed = generated::AREAS.iter().flat_map(|(area, _)| Operation::about(*area)).count();
    assert_eq!(placed, Operation::all().count());
}

#[test]
fn every_example_violates_its_rule() {
    for rule in RULES {
        let ran = Example::of(rule).check(&["--format", "json"]);
        assert_eq!(ran.status, 1, "{}: {}{}", rule.id, ran.stdout, ran.stderr);
        assert_eq!(ran.json_lines()[0]["findings"][0]["rule"], rule.id);
    }
}

#[test]
fn every_link_leads_somewhere() {
    let found: Vec<_> = links::documents().iter().flat_map(|file| problems(&Page::read(file))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    for (link, is_broken) in [
        ("check.md", false),
        ("check.md#json", false),
        ("#here", false),
        ("audit.png", false),
        ("https://docs.aws.amazon.com/", false),
        ("chekc.md", true),
        ("check.md#yaml", true),
        ("#there", true),
        ("../policy.toml", true), // The book, once built, does not hold it.
    ] {
        let page = Page::of("docs/page.md", &format!("# Here\n\n[text]({link})\n"));
        assert_eq!(!problems(&page).is_empty(), is_broken, "{link}");
    }
}

#[test]
fn the_summary_names_every_page() {
    let mut named = Page::read("docs/SUMMARY.md").links;
    named.sort();
    let in_book = |file: String| file.strip_prefix("docs/").filter(|page| *page != "SUMMARY.md").map(str::to_owned);
    let pages: Vec<_> = links::documents().into_iter().filter_map(in_book).collect();
    assert_eq!(named, pages);
}

#[test]
fn the_readme_is_short() {
    let lines = fs::read_to_string(root().join("README.md")).expect("README.md").lines().count();
    assert!(lines <= 150, "{lines} lines: the book in docs/ has room");
}
