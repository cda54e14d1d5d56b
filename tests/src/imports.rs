//! Who uses whom: the arrows between the source files of the workspace's crates, read from their `use` paths. What only
//! tests use does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The crates, by the name that others call them, and their folders.
const CRATES: [(&str, &str); 6] = [
    ("tagwarden", "shared"),
    ("tagwarden_audit", "audit"),
    ("tagwarden_cli", "cli"),
    ("tagwarden_functions", "functions"),
    ("tagwarden_roles", "roles"),
    ("tagwarden_stack", "stack"),
];

/// A module, by its path: the crate's folder, then the names of modules.
type Module = Vec<String>;

/// The source files of the workspace, and the arrows between them.
pub struct Imports {
    /// From each file to the files that it uses, as paths from the root of the repository.
    pub arrows: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// The literals in each file, as they are written.
    pub literals: BTreeMap<PathBuf, Vec<String>>,
}

/// A source file.
struct File {
    path: PathBuf,
    module: Module,
    /// What it uses: paths as they are written, with the trees of `use` taken apart.
    uses: Vec<Use>,
    /// The modules that it declares for tests.
    tests: Vec<String>,
    literals: Vec<String>,
}

/// A path that a file names.
struct Use {
    segments: Vec<String>,
    /// Whether it is re-exported, so that others find it by this module.
    is_public: bool,
}

impl Imports {
    /// Reads all source files below `root`.
    pub fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        for (_, folder) in CRATES {
            read_folder(root, &root.join(folder).join("src"), &[folder.to_owned()], &mut files);
        }
        let tests: BTreeSet<Module> = files
            .iter()
            .flat_map(|file| {
                file.tests.iter().map(|test| [file.module.as_slice(), std::slice::from_ref(test)].concat())
            })
            .collect();
        files.retain(|file| !tests.iter().any(|test| file.module.starts_with(test)));
        let modules: BTreeMap<&Module, &File> = files.iter().map(|file| (&file.module, file)).collect();
        let arrows = files.iter().map(|file| {
            let used = file.uses.iter().filter(|used| !is_facade(file) || !used.is_public);
            let targets = used.filter_map(|used| resolve(&file.module, &used.segments, &modules, 0));
            (file.path.clone(), targets.filter(|target| *target != file.path).collect())
        });
        let literals = files.iter().map(|file| (file.path.clone(), file.literals.clone()));
        Self { arrows: arrows.collect(), literals: literals.collect() }
    }

    /// The rooms that use each other, and the files in which one does: a room is a folder of a crate, or a file beside it.
    pub fn rooms(&self) -> BTreeMap<String, BTreeMap<String, &Path>> {
        let mut rooms: BTreeMap<String, BTreeMap<String, &Path>> = BTreeMap::new();
        for (file, targets) in &self.arrows {
            let used = rooms.entry(room(file)).or_default();
            for target in targets.iter().map(|target| room(target)).filter(|target| *target != room(file)) {
                used.insert(target, file);
            }
        }
        rooms
    }

    /// Files that use each other in a circle, as one such circle for each file that is in any.
    pub fn circles(&self) -> Vec<Vec<&Path>> {
        self.arrows.keys().filter_map(|start| self.way_back(start)).collect()
    }

    /// The shortest way from a file to itself.
    fn way_back<'s>(&'s self, start: &'s Path) -> Option<Vec<&'s Path>> {
        let mut ways = vec![vec![start]];
        let mut seen = BTreeSet::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                for target in way.last().and_then(|last| self.arrows.get(*last)).into_iter().flatten() {
                    if target == start {
                        return Some(way);
                    }
                    if seen.insert(target.as_path()) {
                        longer.push([way.as_slice(), &[target.as_path()]].concat());
                    }
                }
            }
            ways = longer;
        }
        None
    }
}

/// The room of a file, such as `shared/rules`.
pub fn room(file: &Path) -> String {
    let names: Vec<_> = file.iter().filter_map(|name| name.to_str()).collect();
    match names.as_slice() {
        [folder, "src", name, ..] => format!("{folder}/{}", name.trim_end_matches(".rs")),
        _ => panic!("{} is not a source file of a crate", file.display()),
    }
}

/// Files whose public `use` declarations only give names to what is elsewhere.
fn is_facade(file: &File) -> bool {
    ["mod.rs", "lib.rs"].iter().any(|name| file.path.ends_with(name))
}

fn read_folder(root: &Path, folder: &Path, module: &[String], files: &mut Vec<File>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("UTF-8").to_owned();
        let below = [module, std::slice::from_ref(&name)].concat();
        if path.is_dir() {
            read_folder(root, &path, &below, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_root = ["mod", "lib", "main"].contains(&name.as_str());
            let module = if is_root { module.to_owned() } else { below };
            let text = fs::read_to_string(&path).expect("a source file");
            let tokens = TokenStream::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root).expect("it lies below the root").to_owned();
            let mut file = File { path, module, uses: Vec::new(), tests: Vec::new(), literals: Vec::new() };
            collect(&tokens.into_iter().collect::<Vec<_>>(), &mut file);
            files.push(file);
        }
    }
}

/// Collects the paths in some tokens of a file, but for those of items that are for tests.
fn collect(tokens: &[TokenTree], file: &mut File) {
    let mut rest = tokens;
    let mut is_public = false;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            TokenTree::Punct(hash) if hash.as_char() == '#' && is_test_attribute(behind.first()) => {
                let is_end = |token: &TokenTree| match token {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    TokenTree::Punct(punct) => punct.as_char() == ';',
                    _ => false,
                };
                let end = behind.iter().position(is_end).map_or(behind.len(), |end| end + 1);
                let (item, after) = behind.split_at(end);
                if let [.., TokenTree::Ident(word), TokenTree::Ident(name), _] = item
                    && word == "mod"
                {
                    file.tests.push(name.to_string());
                }
                rest = after;
            }
            TokenTree::Ident(word) if word == "pub" => {
                is_public = true;
                continue;
            }
            TokenTree::Group(group) if is_public && group.delimiter() == Delimiter::Parenthesis => continue,
            TokenTree::Ident(word) if word == "use" => {
                let end = behind.iter().position(|token| is_punct(token, ';')).unwrap_or(behind.len());
                let (tree, after) = behind.split_at(end);
                use_tree(tree, &[], is_public, &mut file.uses);
                rest = after;
            }
            TokenTree::Ident(word) if is_path(behind) => {
                let mut segments = vec![word.to_string()];
                while let [colon, _, TokenTree::Ident(segment), ..] = rest
                    && is_punct(colon, ':')
                {
                    segments.push(segment.to_string());
                    rest = rest.get(3..).unwrap_or_default();
                }
                file.uses.push(Use { segments, is_public: false });
            }
            TokenTree::Literal(literal) => file.literals.push(literal.to_string()),
            TokenTree::Group(group) => collect(&group.stream().into_iter().collect::<Vec<_>>(), file),
            _ => {}
        }
        is_public = false;
    }
}

fn is_path(behind: &[TokenTree]) -> bool {
    matches!(behind, [one, other, ..] if is_punct(one, ':') && is_punct(other, ':'))
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_test_attribute(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Takes a tree such as `crate::a::{B, c::D}` apart.
fn use_tree(tree: &[TokenTree], prefix: &[String], is_public: bool, uses: &mut Vec<Use>) {
    let mut segments = prefix.to_owned();
    for token in tree {
        match token {
            TokenTree::Ident(word) if word == "as" => break,
            TokenTree::Ident(word) if word == "self" && !segments.is_empty() => {}
            TokenTree::Ident(word) => segments.push(word.to_string()),
            TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                for branch in inner.split(|token| is_punct(token, ',')).filter(|branch| !branch.is_empty()) {
                    use_tree(branch, &segments, is_public, uses);
                }
                return;
            }
            _ => {}
        }
    }
    uses.push(Use { segments, is_public });
}

/// The file that a path, written in `module`, leads to: through the re-exports of modules on the way.
fn resolve(module: &Module, segments: &[String], modules: &BTreeMap<&Module, &File>, depth: usize) -> Option<PathBuf> {
    assert!(depth < 16, "{module:?}: {segments:?} leads to itself");
    let (first, rest) = segments.split_first()?;
    let mut here = match first.as_str() {
        "crate" => module.get(..1)?.to_vec(),
        "self" => module.clone(),
        "super" => module.get(..module.len().checked_sub(1)?)?.to_vec(),
        name => match CRATES.iter().find(|(known, _)| *known == name) {
            Some((_, folder)) => vec![(*folder).to_owned()],
            None => {
                let child = [module.as_slice(), std::slice::from_ref(first)].concat();
                if !modules.contains_key(&child) {
                    return None;
                }
                child
            }
        },
    };
    let mut rest = rest;
    while let Some((name, behind)) = rest.split_first() {
        let next = if name == "super" {
            here.get(..here.len().checked_sub(1)?)?.to_vec()
        } else {
            [here.as_slice(), std::slice::from_ref(name)].concat()
        };
        if !modules.contains_key(&next) {
            break;
        }
        (here, rest) = (next, behind);
    }
    let file = modules.get(&here)?;
    if let Some(item) = rest.first().filter(|_| is_facade(file)) {
        let named = file.uses.iter().find(|used| used.is_public && used.segments.last() == Some(item));
        if let Some(target) = named.and_then(|used| resolve(&here, &used.segments, modules, depth + 1)) {
            return Some(target);
        }
    }
    Some(file.path.clone())
}
