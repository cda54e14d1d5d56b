//! The parts of the book that are generated from the program.

use tagwarden::operations::{Absence, Area, Operation, Stop};
use tagwarden::rules::{Prevention, RULES, Rule};
use tagwarden_tests::tagwarden;

use crate::examples::Example;
use crate::links::anchor;

/// What operations are about, with a title for each.
pub const AREAS: [(Area, &str); 8] = [
    (Area::Training, "Training, tuning and AutoML"),
    (Area::Jobs, "Other jobs"),
    (Area::Monitoring, "Model monitoring"),
    (Area::Hosting, "Models and endpoints"),
    (Area::Studio, "Notebooks and Studio"),
    (Area::Clusters, "Clusters"),
    (Area::Assets, "Pipelines, MLflow, and what is kept"),
    (Area::Tags, "Tags of existing resources"),
];

/// The rules: a table of all, and a section for each.
pub fn rules() -> String {
    let rows = RULES.iter().map(|rule| {
        let prevention = match rule.prevention {
            Prevention::Iam => "yes",
            Prevention::Partly(_) => "partly",
            Prevention::None(_) => "no",
        };
        [link(rule, ""), rule.fails_when.to_owned(), default(rule), prevention.to_owned()]
    });
    let overview = table(["rule", "fails when", "default action, severity", "IAM can prevent it"], rows);
    RULES.iter().fold(overview, |page, rule| page + &section(rule))
}

fn section(rule: &Rule) -> String {
    let Rule { id, fails_when, why, fix, example: request, .. } = rule;
    let prevention = match rule.prevention {
        Prevention::Iam => "IAM can deny such a request before it is carried out".to_owned(),
        Prevention::Partly(what) => format!("IAM can deny some of it: {what}"),
        Prevention::None(why) => format!("IAM cannot deny it: {why}"),
    };
    let areas: Vec<_> = AREAS.iter().filter_map(|(area, title)| applies_in(rule, *area, title)).collect();
    let options = match rule.options {
        [] => String::new(),
        _ => format!("\n{}", table(["option", "meaning", "values"], options(rule))),
    };
    let example = Example::of(rule);
    let printed = example.check(&[]).stdout;
    let verdict = printed.split("\n\n").next().expect("a verdict");
    format!(
        "
## `{id}`

Fails when {fails_when}.

{why}

- **Fix:** {fix}
- **Default action, severity:** {default}
- **Prevention:** {prevention}
- **Applies to:** {areas}
{options}
A request of `{operation}` that violates it, and a policy that turns the rule on:

```json
{request}
```

```toml
{policy}```

```text
{verdict}
```
",
        default = default(rule),
        operation = example.operation,
        policy = example.policy,
        areas = areas.join("; "),
    )
}

/// How many operations of an area a rule applies to, if it applies to any.
fn applies_in(rule: &Rule, area: Area, title: &str) -> Option<String> {
    let (all, judged) = (Operation::about(area), Operation::about(area).filter(|one| rule.applies_to(one)).count());
    let share = match all.count() {
        all if all == judged => "all".to_owned(),
        all => format!("{judged} of {all}"),
    };
    (judged > 0).then(|| format!("[{title}](operations.md#{}) ({share})", anchor(title)))
}

/// The options that a rule has of its own, as `tagwarden rules` explains them: a line with name and meaning, and one with values.
fn options(rule: &Rule) -> Vec<[String; 3]> {
    let printed = tagwarden(&["rules", rule.id]).stdout;
    let (_, options) = printed.split_once("options").expect("options are explained");
    let lines: Vec<_> = options.lines().skip(1).map(str::trim).take(2 * rule.options.len()).collect();
    let explained = lines.chunks(2).map(|option| {
        let (name, meaning) = option[0].split_once(' ').expect("a name and its meaning");
        [format!("`{name}`"), meaning.trim().to_owned(), option[1].to_owned()]
    });
    explained.collect()
}

/// The operations: a section for each area.
pub fn operations() -> String {
    AREAS.iter().map(|(area, title)| format!("## {title}\n\n{}", operations_of(*area))).collect::<Vec<_>>().join("\n")
}

fn operations_of(area: Area) -> String {
    let operations: Vec<_> = Operation::about(area).collect();
    let rows = operations.iter().map(|operation| {
        let undone = match operation.stop {
            Stop::By(undo) => format!("`{undo}`"),
            Stop::Never(why) => format!("alert only: {why}"),
        };
        [format!("`{}`", operation.name), format!("`{}`", operation.kind), undone]
    });
    let mut groups: Vec<(Vec<bool>, Vec<String>)> = Vec::new();
    for rule in RULES {
        let judged: Vec<_> = operations.iter().map(|operation| rule.applies_to(operation)).collect();
        match groups.iter_mut().find(|(same, _)| *same == judged) {
            Some((_, rules)) => rules.push(link(rule, "rules.md")),
            None => groups.push((judged, vec![link(rule, "rules.md")])),
        }
    }
    let rules = groups
        .into_iter()
        .filter(|(judged, _)| judged.contains(&true))
        .map(|(judged, rules)| [rules.join(", "), names(&operations, &judged)]);
    let changes: Vec<_> = operations.iter().map(|operation| operation.absence == Absence::Unchanged).collect();
    let changing = match changes.contains(&true) {
        true => format!("Judged only by what the request sets: {}.\n\n", names(&operations, &changes)),
        false => String::new(),
    };
    let undoing = table(["operation", "resource", "undone by"], rows);
    format!("{undoing}\n{changing}These rules apply:\n\n{}", table(["rules", "apply to"], rules))
}

/// The operations that are judged, or those that are not, if these are fewer.
fn names(operations: &[&Operation], judged: &[bool]) -> String {
    let named = |wanted| {
        let chosen = operations.iter().zip(judged).filter(|(_, judged)| **judged == wanted);
        chosen.map(|(operation, _)| format!("`{}`", operation.name)).collect::<Vec<_>>()
    };
    let (judged, others) = (named(true), named(false));
    match others.len() {
        0 => "all".to_owned(),
        count if count < judged.len() => format!("all but {}", others.join(", ")),
        _ => judged.join(", "),
    }
}

fn link(rule: &Rule, page: &str) -> String {
    format!("[`{id}`]({page}#{id})", id = rule.id)
}

fn default(rule: &Rule) -> String {
    format!("{}, {}", rule.action.as_str(), rule.severity.as_str())
}

pub fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let row = |cells: [String; N]| format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    let head = [headings, ["---"; N]].map(|cells| cells.map(str::to_owned));
    head.into_iter().chain(rows).map(row).collect()
}
