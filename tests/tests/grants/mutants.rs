//! The comparison notices an evaluator that is wrong: here, the core is asked what such an evaluator would see.

use serde_json::{Value, json};

use crate::compare::{Case, compare, simulated};
use crate::random::cases;

struct Mutant {
    name: &'static str,
    change: fn(&mut Case),
}

/// Changes every statement of all policies.
fn each(case: &mut Case, change: impl Fn(&mut Value)) {
    for document in case.policies.iter_mut().chain(&mut case.boundary) {
        document["Statement"].as_array_mut().expect("a list").iter_mut().for_each(&change);
    }
}

fn rename(statement: &mut Value, from: &str, to: &str) {
    let members = statement.as_object_mut().expect("an object");
    if let Some(value) = members.remove(from) {
        members.insert(to.to_owned(), value);
    }
}

/// Changes the name of every operator.
fn operators(case: &mut Case, change: impl Fn(&str) -> String) {
    each(case, |statement| {
        if let Some(condition) = statement["Condition"].as_object() {
            let changed = condition.iter().map(|(name, keys)| (change(name), keys.clone())).collect();
            statement["Condition"] = Value::Object(changed);
        }
    });
}

/// Changes all texts of these members.
fn values(case: &mut Case, names: [&str; 2], change: impl Fn(&str) -> String) {
    each(case, |statement| {
        for name in names {
            let values: Vec<_> = match &statement[name] {
                Value::Array(values) => values.iter().filter_map(Value::as_str).map(&change).collect(),
                Value::String(value) => vec![change(value)],
                _ => continue,
            };
            statement[name] = json!(values);
        }
    });
}

fn resources(case: &mut Case, change: impl Fn(&str) -> String) {
    values(case, ["Resource", "NotResource"], change);
}

static MUTANTS: &[Mutant] = &[
    Mutant {
        name: "Deny is ignored",
        change: |case| {
            for document in case.policies.iter_mut().chain(&mut case.boundary) {
                document["Statement"]
                    .as_array_mut()
                    .expect("a list")
                    .retain(|statement| statement["Effect"] == "Allow");
            }
        },
    },
    Mutant { name: "the boundary is ignored", change: |case| case.boundary = None },
    Mutant { name: "the boundary allows by itself", change: |case| case.policies.extend(case.boundary.clone()) },
    Mutant { name: "only the first policy counts", change: |case| case.policies.truncate(1) },
    Mutant {
        name: "conditions are ignored",
        change: |case| {
            each(case, |one| {
                one.as_object_mut().expect("an object").remove("Condition");
            })
        },
    },
    Mutant { name: "NotAction is Action", change: |case| each(case, |one| rename(one, "NotAction", "Action")) },
    Mutant { name: "NotResource is Resource", change: |case| each(case, |one| rename(one, "NotResource", "Resource")) },
    Mutant {
        name: "names of actions have case",
        change: |case| values(case, ["Action", "NotAction"], |text| text.replace("S3:", "none:")),
    },
    Mutant {
        name: "variables are text",
        change: |case| {
            case.policies
                .iter_mut()
                .chain(&mut case.boundary)
                .for_each(|document| document["Version"] = json!("2008-10-17"));
        },
    },
    Mutant { name: "a question mark is text", change: |case| resources(case, |text| text.replace('?', "${?}")) },
    Mutant { name: "a star is text", change: |case| resources(case, |text| text.replace('*', "${*}")) },
    Mutant {
        name: "resources ignore case",
        change: |case| {
            resources(case, str::to_lowercase);
            case.resource = case.resource.to_lowercase();
        },
    },
    Mutant { name: "tags are not known", change: |case| case.tags.clear() },
    Mutant { name: "IfExists is ignored", change: |case| operators(case, |name| name.replace("IfExists", "")) },
    Mutant { name: "negations are ignored", change: |case| operators(case, |name| name.replace("Not", "")) },
    Mutant {
        name: "every value is any value",
        change: |case| operators(case, |name| name.replace("ForAllValues", "ForAnyValue")),
    },
    Mutant {
        name: "any value is every value",
        change: |case| operators(case, |name| name.replace("ForAnyValue", "ForAllValues")),
    },
    Mutant { name: "values have no wildcards", change: |case| operators(case, |name| name.replace("Like", "Equals")) },
    Mutant {
        name: "values all have wildcards",
        change: |case| {
            operators(case, |name| {
                if name.ends_with("StringEquals") { name.replace("Equals", "Like") } else { name.to_owned() }
            })
        },
    },
    Mutant {
        name: "limits are included",
        change: |case| operators(case, |name| name.replace("NumericLessThan", "NumericLessThanEquals")),
    },
    Mutant { name: "the request carries nothing", change: |case| case.context.clear() },
];

#[test]
fn every_mutant_is_noticed() {
    let cases = cases(3_000);
    let answers = simulated(&cases);
    assert!(compare(&cases, &answers).disagreements.is_empty(), "nothing is wrong without a mutant");
    let survivors: Vec<_> = MUTANTS
        .iter()
        .filter(|mutant| {
            let mut changed = cases.clone();
            changed.iter_mut().for_each(mutant.change);
            let tally = compare(&changed, &answers);
            println!("{}: {} of {}", mutant.name, tally.disagreements.len(), cases.len());
            tally.disagreements.is_empty()
        })
        .map(|mutant| mutant.name)
        .collect();
    assert!(survivors.is_empty(), "{survivors:?}");
}
