//! Nothing in the service control policies is idle: without any statement some request would pass that must not, and without
//! any part of a condition some request would be denied that must pass.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tagwarden::terms::Pattern;
use tagwarden_tests::list;
use tagwarden_tests::simulator::Simulator;

use crate::cases::{self, ACCOUNT};
use crate::compare::question;
use crate::journeys::{Journey, origin};
use crate::organisation::{Organisation, table, text, texts};

/// How many random calls there are, beside the journeys.
const CALLS: usize = 1500;

/// The statements of the documents.
fn statements(documents: &[Value]) -> impl Iterator<Item = &Value> {
    documents.iter().flat_map(|document| list(&document["Statement"]))
}

/// The statements that deny a request, by the rule or guardrail that they are of.
fn denying(answer: &Value) -> BTreeMap<String, BTreeSet<&str>> {
    let mut denying: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for sid in list(&answer["denied"]).iter().flat_map(|denied| texts(&denied["by"])) {
        denying.entry(origin(sid)).or_default().insert(sid);
    }
    denying
}

/// The statement without one of its exceptions, each in turn, with what was left out.
fn without_each(statement: &Value) -> Vec<(String, Value)> {
    let mut mutants = Vec::new();
    for (operator, tests) in table(&statement["Condition"]) {
        for (key, _) in table(tests) {
            let mut mutant = statement.clone();
            let tests = mutant["Condition"][operator].as_object_mut().expect("tests");
            tests.remove(key);
            if tests.is_empty() {
                mutant["Condition"].as_object_mut().expect("operators").remove(operator);
            }
            mutants.push((format!("{operator} {key}"), mutant));
        }
    }
    for (but, all) in [("NotResource", "Resource"), ("NotAction", "Action")] {
        if statement[but].is_null() {
            continue;
        }
        let mut mutant = statement.clone();
        mutant.as_object_mut().expect("a statement").remove(but);
        mutant[all] = json!("*");
        mutants.push((but.to_owned(), mutant));
    }
    mutants
}

/// Whether a question is about a call in the account of the organisation's people.
fn is_here(question: &Value) -> bool {
    question["record"].is_null() || question["record"]["recipientAccountId"] == ACCOUNT
}

/// Whether a statement can be about a question at all.
fn is_about(statement: &Value, question: &Value) -> bool {
    let action = match question["record"]["eventName"].as_str() {
        Some(name) => format!("sagemaker:{name}"),
        None => text(&question["request"], "action").to_owned(),
    };
    let actions = match &statement["Action"] {
        Value::String(action) => vec![action.as_str()],
        actions => texts(actions),
    };
    // A call that creates something with tags, or with a role, is a request for these actions as well.
    let asked = [action.as_str(), "sagemaker:AddTags", "iam:PassRole"];
    actions.is_empty()
        || actions.iter().any(|pattern| asked.iter().any(|action| Pattern::new(*pattern).matches(action)))
}

/// Every question once more, by others: those for whom there are exceptions.
fn by_others(organisation: &Organisation, questions: &[Value]) -> Vec<Value> {
    let people = ["landing-zone", "administrator", "deployment", "stranger", "unassigned"]
        .map(|who| organisation.principal(who));
    let here = questions.iter().filter(|question| is_here(question));
    let by = |(question, person): (&Value, &Value)| {
        let mut question = question.clone();
        question["principal"] = person.clone();
        question
    };
    here.flat_map(|question| people.iter().map(move |person| by((question, person)))).collect()
}

#[test]
fn every_statement_and_every_condition_is_needed() {
    let organisation = Organisation::read();
    let documents = organisation.documents();
    let mut rng = fastrand::Rng::with_seed(7);
    let mut calls = cases::one_change_each(&organisation.policy.abac);
    for (index, case) in calls.iter_mut().enumerate() {
        case.kms = ["old", "new"][index % 2];
    }
    calls.extend((0..CALLS).map(|_| cases::case(&mut rng, &organisation.policy.abac)));
    let of_journeys: Vec<_> = Journey::all(&organisation).into_iter().flat_map(Journey::questions).collect();
    let mut questions = by_others(&organisation, &of_journeys);
    questions.extend(of_journeys);
    questions.extend(calls.iter().map(|case| question("", case)));
    // Everybody's own policies allow everything: here, only the service control policies decide.
    for question in &mut questions {
        question["policies"] = json!("all");
    }
    let mut simulator = Simulator::start();
    let mut ask = |scps: &[Value], questions: &[&Value]| {
        let lines = std::iter::once(json!({"define": "all", "scps": scps})).chain(questions.iter().copied().cloned());
        let mut answers = simulator.ask(&lines.collect::<Vec<_>>());
        assert_eq!(answers.remove(0), json!({"defined": "all"}), "{scps:#?}");
        answers
    };
    let answers = ask(&documents, &questions.iter().collect::<Vec<_>>());
    let decided: Vec<_> = questions.iter().zip(&answers).filter(|(_, answer)| answer["error"].is_null()).collect();
    let decided: Vec<_> = decided.into_iter().map(|(question, answer)| (question, denying(answer))).collect();

    let mut idle = Vec::new();
    for statement in statements(&documents) {
        let sid = text(statement, "Sid");
        let name = origin(sid);
        if !decided.iter().any(|(_, denying)| denying.get(&name) == Some(&BTreeSet::from([sid]))) {
            idle.push(sid.to_owned());
        }
        let passing = decided.iter().filter(|(_, denying)| !denying.contains_key(&name)).map(|(question, _)| *question);
        let about: Vec<_> = passing.filter(|question| is_about(statement, question)).collect();
        for (part, mutant) in without_each(statement) {
            let document = json!({"Version": "2012-10-17", "Statement": [mutant]});
            let denies = |some: &[&Value]| {
                ask(std::slice::from_ref(&document), some).iter().any(|answer| answer["allowed"] == false)
            };
            if !about.chunks(50).any(denies) {
                idle.push(format!("{sid}: {part}"));
            }
        }
    }
    assert!(idle.is_empty(), "{} are idle: {idle:#?}", idle.len());
}
