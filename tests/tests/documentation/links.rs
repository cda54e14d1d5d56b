//! Links and headings of the documents.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use tagwarden_tests::root;

/// A document of the repository.
pub struct Page {
    /// Its path from the root.
    file: PathBuf,
    /// Where its links and images lead.
    pub links: Vec<String>,
    /// The anchors of its headings.
    anchors: BTreeSet<String>,
}

impl Page {
    /// The document at a path from the root.
    pub fn read(file: &str) -> Self {
        Self::of(file, &fs::read_to_string(root().join(file)).expect(file))
    }

    /// The document that would hold `text`.
    pub fn of(file: &str, text: &str) -> Self {
        let (mut links, mut anchors, mut heading) = (Vec::new(), BTreeSet::new(), None::<String>);
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push(dest_url.to_string())
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().expect("a heading begins before it ends"));
                    let numbered = (1..).map(|number| format!("{anchor}-{number}"));
                    let free = [anchor.clone()].into_iter().chain(numbered).find(|one| !anchors.contains(one));
                    anchors.extend(free);
                }
                _ => {}
            }
        }
        Self { file: file.into(), links, anchors }
    }
}

/// The anchor that GitHub, and mdBook, give a heading.
pub fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The documents whose links are held, by their paths from the root, in order.
pub fn documents() -> Vec<String> {
    let folder = fs::read_dir(root().join("docs")).expect("docs/");
    let mut pages: Vec<_> = folder
        .map(|entry| format!("docs/{}", entry.expect("an entry").file_name().to_str().expect("UTF-8")))
        .filter(|file| file.ends_with(".md"))
        .collect();
    pages.extend(
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "events/README.md"].map(String::from),
    );
    pages.sort();
    pages
}

/// What is wrong with the links of a page. Those that lead to other sites are not followed.
pub fn problems(page: &Page) -> Vec<String> {
    let inside = page.links.iter().filter(|link| !link.contains("://"));
    inside.filter_map(|link| Some(format!("{}: `{link}`: {}", page.file.display(), problem(page, link)?))).collect()
}

fn problem(page: &Page, link: &str) -> Option<&'static str> {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let target = match path {
        "" => page.file.clone(),
        path => plain(&page.file.parent().expect("a file lies in a folder").join(path)),
    };
    let other = (!path.is_empty()).then(|| root().join(&target));
    if other.as_ref().is_some_and(|file| !file.exists()) {
        return Some("there is no such file");
    }
    if page.file.starts_with("docs") && !target.starts_with("docs") {
        return Some("it leads out of the book");
    }
    let anchors = match other {
        Some(_) if anchor.is_some() => Page::read(target.to_str().expect("UTF-8")).anchors,
        _ => page.anchors.clone(),
    };
    anchor.filter(|anchor| !anchors.contains(*anchor)).map(|_| "there is no such heading")
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
