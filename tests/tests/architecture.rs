//! The code has the structure that ARCHITECTURE.md shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tagwarden::RULES;
use tagwarden_tests::imports::Imports;
use tagwarden_tests::root;

/// No file uses itself by way of others.
#[test]
fn imports_make_no_circles() {
    let imports = Imports::read(root());
    let circles: BTreeSet<String> = imports
        .circles()
        .iter()
        .map(|circle| circle.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" → "))
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

/// The rooms in ARCHITECTURE.md, each with those that it may use: rows such as ``| `shared/facts` | … | `record`, `evidence` |``.
/// Rooms of the same crate may be named without it. A crate stands for all of its rooms.
fn map() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut map = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').collect();
        let [rooms, .., used] = cells.as_slice() else { panic!("{line}") };
        for room in quoted(rooms).into_iter().filter(|room| room.contains('/')) {
            let (folder, _) = room.split_once('/').expect("a room of a crate");
            let is_crate = |name: &str| ["shared", "audit", "roles", "cli", "functions"].contains(&name);
            let is_full = |name: &str| name.contains('/') || is_crate(name);
            let full = |name: String| if is_full(&name) { name } else { format!("{folder}/{name}") };
            assert!(map.insert(room.clone(), quoted(used).into_iter().map(full).collect()).is_none(), "{room} twice");
        }
    }
    map
}

#[test]
fn rooms_use_those_that_the_map_allows_and_no_others() {
    let (map, imports) = (map(), Imports::read(root()));
    let roots = ["lib", "main"];
    let mut problems = Vec::new();
    let mut unused: BTreeSet<(&str, &str)> =
        map.iter().flat_map(|(room, used)| used.iter().map(move |used| (room.as_str(), used.as_str()))).collect();
    for (room, used) in imports.rooms() {
        let (folder, name) = room.split_once('/').expect("a room of a crate");
        if roots.contains(&name) {
            continue;
        }
        let Some((room, allowed)) = map.get_key_value(&room) else {
            problems.push(format!("the map lacks `{room}`"));
            continue;
        };
        for (target, file) in used {
            let (target_folder, _) = target.split_once('/').expect("a room of a crate");
            let target = if target_folder == folder { target } else { target_folder.to_owned() };
            unused.retain(|arrow| *arrow != (room.as_str(), target.as_str()));
            if !allowed.contains(&target) {
                problems.push(format!("`{room}` may not use `{target}`, as {} does", file.display()));
            }
        }
    }
    let rooms = imports.rooms();
    problems.extend(map.keys().filter(|room| !rooms.contains_key(*room)).map(|room| format!("there is no `{room}`")));
    problems.extend(unused.iter().map(|(room, used)| format!("`{room}` does not use `{used}`")));
    assert!(problems.is_empty(), "{problems:#?}");
}

/// A rule's file says all about it: other code that named its id would silently do nothing once the rule is renamed.
#[test]
fn no_code_names_a_rule_but_its_own() {
    let imports = Imports::read(root());
    let mut problems = Vec::new();
    for (file, literals) in &imports.literals {
        for rule in RULES.iter().filter(|rule| !file.ends_with(format!("{}.rs", rule.id.replace('-', "_")))) {
            let names = literals.iter().filter(|literal| literal.contains(&format!("\"{}\"", rule.id)));
            problems.extend(names.map(|_| format!("{} names `{}`", file.display(), rule.id)));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
