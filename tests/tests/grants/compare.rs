//! One question to both: the core and the simulator.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tagwarden::evidence::{Evidence, GrantSources, IamEntity};
use tagwarden::grants::{Answer, Context, Grants, PolicyDocument, Request};
use tagwarden_tests::simulator::Simulator;

pub const ROLE: &str = "arn:aws:iam::111122223333:role/ml/atlas/train";
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/Boundary";

/// A role and a request by it.
#[derive(Clone, Debug)]
pub struct Case {
    pub policies: Vec<Value>,
    pub boundary: Option<Value>,
    pub tags: BTreeMap<String, String>,
    pub action: String,
    pub resource: String,
    /// The condition keys that the request carries.
    pub context: BTreeMap<String, Vec<String>>,
}

/// The role with these policies.
pub fn evidence(policies: &[Value], boundary: Option<&Value>, tags: &BTreeMap<String, String>) -> Evidence {
    let mut evidence = Evidence::new("");
    let inline = policies.iter().enumerate();
    let inline = inline.map(|(index, document)| (format!("p{index}"), PolicyDocument::read(document)));
    let sources = GrantSources {
        inline: inline.collect(),
        boundary: boundary.map(|_| BOUNDARY.to_owned()),
        ..GrantSources::default()
    };
    let role = IamEntity { tags: Ok(tags.iter().collect()), grants: Ok(sources), ..IamEntity::default() };
    *evidence.principal_mut(ROLE) = role;
    if let Some(boundary) = boundary {
        evidence.add_managed_policy(BOUNDARY, PolicyDocument::read(boundary));
    }
    evidence
}

impl Case {
    /// What the core says, if it knows that the request carries no other keys, and if it does not know.
    pub fn answers(&self) -> [String; 2] {
        let evidence = evidence(&self.policies, self.boundary.as_ref(), &self.tags);
        let partial = evidence.grants(ROLE, None).expect("the role is known");
        let complete = Grants { principal: partial.principal.clone().complete(""), ..partial.clone() };
        let context = self.context.iter();
        let context = context.fold(Context::default(), |context, (key, values)| context.with_values(key, values));
        let request = Request { context, ..Request::new(&self.action, &self.resource) };
        [complete, partial].map(|grants| match grants.decide(&request) {
            Ok(Answer::Yes(_)) => "allowed".to_owned(),
            Ok(Answer::Perhaps(_)) => "perhaps".to_owned(),
            Ok(Answer::No) => "denied".to_owned(),
            Err(why) => why,
        })
    }

    /// The lines that ask the simulator.
    pub fn lines(&self, name: &str) -> [Value; 2] {
        let define = json!({"define": name, "scps": [], "identity": self.policies, "boundary": self.boundary});
        let context: BTreeMap<_, Value> = self.context.iter().map(|(key, values)| (key, value(key, values))).collect();
        let question = json!({
            "id": 0, "policies": name, "principal": {"arn": ROLE, "tags": self.tags},
            "request": {"action": self.action, "resource": self.resource, "context": context},
        });
        [define, question]
    }
}

fn value(key: &str, values: &[String]) -> Value {
    const MULTIVALUED: [&str; 2] = ["aws:CalledVia", "aws:PrincipalOrgPaths"];
    if MULTIVALUED.contains(&key) { json!(values) } else { json!(values[0]) }
}

/// What came of asking both.
#[derive(Debug, Default)]
pub struct Tally {
    pub allowed: usize,
    pub denied: usize,
    /// It depends on keys that are not known.
    pub perhaps: usize,
    /// The simulator refuses the policy, or is known to err.
    pub skipped: usize,
    pub disagreements: Vec<String>,
}

impl Tally {
    fn add(&mut self, case: &Case, answer: &Value) {
        let holds_something = |name: &str| answer[name].as_array().is_some_and(|list| !list.is_empty());
        // What it drops of the request, it does not decide about.
        let Some(is_allowed) = answer["allowed"].as_bool().filter(|_| !holds_something("ignored")) else {
            self.skipped += 1;
            return;
        };
        let theirs = if is_allowed { "allowed" } else { "denied" };
        let [complete, partial] = case.answers();
        let agree = complete == theirs && (partial == theirs || partial == "perhaps");
        // It errs where a variable has no value: see tests/iam/README.md.
        if !agree && holds_something("unresolved") {
            self.skipped += 1;
            return;
        }
        self.allowed += usize::from(is_allowed);
        self.denied += usize::from(!is_allowed);
        self.perhaps += usize::from(partial == "perhaps");
        if !agree {
            let lines = case.lines("").map(|line| line.to_string()).join("\n");
            self.disagreements.push(format!("{complete}, {partial}, but {theirs}: {lines}"));
        }
    }
}

/// What the simulator answers to all cases.
pub fn simulated(cases: &[Case]) -> Vec<Value> {
    let mut simulator = Simulator::start();
    let mut answers = Vec::new();
    for some in cases.chunks(100) {
        let lines: Vec<_> = some.iter().enumerate().flat_map(|(at, case)| case.lines(&at.to_string())).collect();
        answers.extend(simulator.ask(&lines).into_iter().skip(1).step_by(2));
    }
    answers
}

/// Compares these answers with the core's.
pub fn compare<'c>(cases: impl IntoIterator<Item = &'c Case>, answers: &[Value]) -> Tally {
    let mut tally = Tally::default();
    cases.into_iter().zip(answers).for_each(|(case, answer)| tally.add(case, answer));
    tally
}
