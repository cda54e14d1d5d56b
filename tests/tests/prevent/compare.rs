//! Compares what the rules find with what the rendered statements deny, case by case and rule by rule.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value, json};
use tagwarden::decide::{FindingOutcome, decide};
use tagwarden::evidence::{Evidence, Model};
use tagwarden::facts::Caller;
use tagwarden::policy::Policy;
use tagwarden::record::Call;
use tagwarden::render::{Gap, GapKind, GuardrailContext, Scp, SizeLimits, Style, preventive_statements};
use tagwarden::rules::{Prevention, RULES};
use tagwarden_tests::simulator::Simulator;

use crate::cases::{self, Case, MODELS};
use crate::exceptions::EXCEPTIONS;

/// What one rule says about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It lets it pass, or does not apply, or is off.
    Nothing,
    /// It fails, for a caller who is exempted.
    Exempted,
    /// It fails, but in `observe` mode, or in a way that is not to be prevented.
    NotPrevented,
    /// It could not be judged.
    Unknown,
    /// It fails.
    Fail,
}

/// What the rules say about a case, and which paths they name.
#[derive(Clone, Debug)]
pub struct Expected {
    by_rule: BTreeMap<&'static str, (Says, Vec<String>)>,
    gaps: Rc<[Gap]>,
}

impl Expected {
    /// What the rules of a policy say, and of what it is told that no statement denies it.
    pub fn of(case: &Case, policy: &Policy, gaps: &Rc<[Gap]>) -> Self {
        let (evidence, text) = evidence(case);
        let record: tagwarden::record::json::Value = serde_json::from_str(&text).expect(&text);
        let call = Call::read(&record).expect("a call");
        let decision = decide(&call, policy, &evidence);
        let caller = Caller::of(&call, &evidence, policy.abac.session_tags);
        let mut by_rule: BTreeMap<&'static str, (Says, Vec<String>)> = BTreeMap::new();
        for (rule, settings) in policy.rules(&call, &caller) {
            let findings: Vec<_> = decision.findings.iter().filter(|finding| finding.rule == rule.id).collect();
            let says = match findings.first().map(|finding| finding.outcome) {
                None => Says::Nothing,
                Some(FindingOutcome::Exempted) => Says::Exempted,
                Some(_) if !settings.is_prevented() => Says::NotPrevented,
                Some(FindingOutcome::Unknown) => Says::Unknown,
                Some(FindingOutcome::Fail) => Says::Fail,
            };
            by_rule.insert(rule.id, (says, findings.into_iter().map(|finding| finding.path.clone()).collect()));
        }
        Self { by_rule, gaps: Rc::clone(gaps) }
    }

    /// The same, as if the rule had found this path alone.
    fn only(&self, rule: &'static str, path: &str) -> Self {
        let by_rule = BTreeMap::from([(rule, (self.says(rule), vec![path.to_owned()]))]);
        Self { by_rule, gaps: Rc::clone(&self.gaps) }
    }

    /// What is told that statements do not deny for the rule.
    pub fn not_expressed(&self, rule: &str) -> impl Iterator<Item = &str> {
        let gaps = self.gaps.iter().filter(move |gap| gap.rule == rule && gap.kind == GapKind::Looser);
        gaps.map(|gap| gap.what.as_str())
    }

    pub fn says(&self, rule: &str) -> Says {
        self.by_rule.get(rule).map_or(Says::Nothing, |(says, _)| *says)
    }

    /// Where the rule found something.
    pub fn paths(&self, rule: &str) -> &[String] {
        self.by_rule.get(rule).map_or(&[], |(_, paths)| paths)
    }
}

/// The record as text, with its caller, and what is known of that caller and of the models.
fn evidence(case: &Case) -> (Evidence, String) {
    let mut record = case.record.clone();
    let is_user = case.principal.contains(":user/");
    record["userIdentity"] = if is_user {
        json!({"type": "IAMUser", "arn": case.principal})
    } else {
        json!({"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": case.principal}}})
    };
    let text = record.to_string();
    let mut evidence = Evidence::new("");
    let tags = case.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    evidence.principal_mut(&case.principal).tags = Ok(tags.collect());
    if let Some((arn, project)) = &case.owned {
        // The policy calls the tag as the caller's is called.
        let tags = ["Project", "cost-centre"].map(|key| json!({"Key": key, "Value": project}));
        let page = json!({"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags}]}).to_string();
        evidence.add_page(&serde_json::from_str(&page).expect("a page"));
    }
    let value: tagwarden::record::json::Value = serde_json::from_str(&text).expect("a record");
    let call = Call::read(&value).expect("a call");
    for (name, network_isolation, in_vpc) in MODELS {
        let only = |id: &str| if in_vpc { vec![id.to_owned()] } else { Vec::new() };
        let model = Model { network_isolation, subnets: only("subnet-1"), security_groups: only("sg-1") };
        evidence.models.add(&call, name, call.time().expect("a time"), Ok(model));
    }
    (evidence, text)
}

/// A policy with every rule that IAM has condition keys for, an override, an exemption, and further tags.
pub fn every_rule() -> String {
    let tags = include_str!("../../data/tags.toml").replace("version = 1\n", "");
    [include_str!("../../data/preventable.toml"), &tags].concat()
}

/// The statements of a policy, as JSON, and where they differ from the rules.
pub fn statements(policy: &Policy) -> (Vec<Value>, Rc<[Gap]>) {
    let rendered = preventive_statements(policy, &|_| true);
    let statements =
        rendered.statements.iter().map(|one| serde_json::to_value(&one.statement).expect("JSON")).collect();
    (statements, rendered.gaps.into())
}

/// The documents that are rendered of the same statements.
fn documents(policy: &Policy) -> Vec<Value> {
    let context = GuardrailContext {
        trusted: Vec::new(),
        stack: String::new(),
        boundary: String::new(),
        role_path: "ml/{project}/".to_owned(),
        profile_tag: "studiouserid".to_owned(),
    };
    let limits = SizeLimits { max_chars: 10_240, max_documents: usize::MAX, style: Style::Minified };
    let scp = Scp {
        only: Vec::new(),
        except: Vec::new(),
        guardrails: Vec::new(),
        context,
        role_path: None,
        together: false,
        named: true,
        limits,
    };
    let rendered = match scp.render(policy) {
        Ok(rendered) => rendered.policies,
        Err(why) => {
            assert!(why.starts_with("there is nothing to deny"), "{why}");
            Vec::new()
        }
    };
    rendered.into_iter().map(|policy| serde_json::to_value(policy.document).expect("JSON")).collect()
}

/// The line that gives the simulator these statements under a name.
pub fn define(name: &str, statements: &[Value]) -> Value {
    // IAM takes no empty policy.
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let scps = if statements.is_empty() { json!([]) } else { json!([document]) };
    json!({"define": name, "scps": scps})
}

/// The line that asks the simulator about a case.
pub fn question(policies: &str, case: &Case) -> Value {
    let tags: BTreeMap<_, _> = case.tags.iter().cloned().collect();
    if let Some((arn, project)) = &case.owned {
        let action = format!("sagemaker:{}", case.record["eventName"].as_str().expect("a name"));
        let context = json!({
            "aws:ResourceTag/Project": project, "aws:ResourceTag/cost-centre": project,
            "aws:CurrentTime": case.record["eventTime"],
        });
        let request = json!({"action": action, "resource": arn, "context": context});
        return json!({
            "id": 0, "policies": policies, "principal": {"arn": case.principal, "tags": tags}, "request": request,
        });
    }
    json!({
        "id": 0, "policies": policies, "principal": {"arn": case.principal, "tags": tags}, "record": case.record,
        // Several variants are asked for one by one, where a key holds one value: what IAM does is not documented.
        "variant": {"kms": case.kms, "several": "each"},
    })
}

/// Whether the request has several values for a key that holds one: which of them it would hold is not documented.
pub fn is_undecided(answer: &Value) -> bool {
    answer["error"].as_str().is_some_and(|error| error.contains("several values for the single-valued"))
}

/// The rules whose statements deny, by the simulator's answer.
pub fn denying(answer: &Value) -> Vec<&'static str> {
    assert!(answer["error"].is_null(), "{answer}");
    let sids =
        answer["denied"].as_array().expect("a list").iter().flat_map(|denied| denied["by"].as_array().expect("a list"));
    let mut rules: Vec<_> = sids.map(|sid| rule_of(sid.as_str().expect("a text"))).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn rule_of(sid: &str) -> &'static str {
    let name = sid.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase();
    RULES.iter().map(|rule| rule.id).find(|id| id.replace('-', "") == name).expect(sid)
}

/// A rule and its statements disagree, and nothing explains it.
#[derive(Debug)]
pub struct Disagreement {
    pub rule: &'static str,
    pub says: Says,
    pub is_denied: bool,
}

/// Where the rules and the answer disagree. Explained differences are counted by their names.
pub fn disagreements(
    case: &Case,
    expected: &Expected,
    answer: &Value,
    explained: &mut BTreeMap<&'static str, usize>,
) -> Vec<Disagreement> {
    let denying = denying(answer);
    let mut disagreements = Vec::new();
    for rule in RULES.iter().filter(|rule| !matches!(rule.prevention, Prevention::None(_))) {
        let (says, is_denied) = (expected.says(rule.id), denying.contains(&rule.id));
        if (says == Says::Fail) == is_denied {
            continue;
        }
        let explanation = |expected: &Expected| {
            let mut exceptions = EXCEPTIONS.iter().filter(|exception| exception.rules.contains(&rule.id));
            exceptions.find(|exception| (exception.explains)(case, expected, rule.id, is_denied))
        };
        // What is not denied has an explanation for each thing that is wrong with it.
        let each = expected.paths(rule.id).iter().map(|path| explanation(&expected.only(rule.id, path)));
        let exceptions: Option<Vec<_>> =
            if is_denied { [explanation(expected)].into_iter().collect() } else { each.collect() };
        match exceptions {
            Some(exceptions) => {
                exceptions.iter().for_each(|exception| *explained.entry(exception.name).or_default() += 1);
            }
            None => disagreements.push(Disagreement { rule: rule.id, says, is_denied }),
        }
    }
    disagreements
}

/// What came of comparing many cases.
#[derive(Default)]
struct Tally {
    allowed: usize,
    denied: usize,
    by_rule: BTreeMap<&'static str, usize>,
    rendered: BTreeSet<&'static str>,
    documents: usize,
    explained: BTreeMap<&'static str, usize>,
    undecided: BTreeMap<String, usize>,
    unexplained: BTreeMap<String, usize>,
    /// The first that is not explained, with everything around it.
    details: Option<String>,
}

impl Tally {
    fn compare(&mut self, simulator: &mut Simulator, text: &str, cases: &[Case]) {
        let policy = Policy::parse(text).expect(text);
        let (statements, gaps) = statements(&policy);
        self.rendered.extend(statements.iter().map(|statement| rule_of(statement["Sid"].as_str().expect("a text"))));
        let documents = documents(&policy);
        let ask = |simulator: &mut Simulator, name: &str, definition: Value| {
            let asked = cases.iter().map(|case| question(name, case));
            let mut answers = simulator.ask(&std::iter::once(definition).chain(asked).collect::<Vec<_>>());
            assert_eq!(answers.remove(0), json!({"defined": name}), "{text}\n{statements:#?}");
            answers
        };
        let answers = ask(simulator, "plain", define("plain", &statements));
        let of_documents = ask(simulator, "documents", json!({"define": "documents", "scps": documents}));
        self.documents += documents.len();
        for ((case, answer), of_documents) in cases.iter().zip(&answers).zip(&of_documents) {
            let (one, other) = (&answer["allowed"], &of_documents["allowed"]);
            assert_eq!(one, other, "{case:#?}\n{answer:#}\n{of_documents:#}\n{text}\n{}", json!(documents));
            if is_undecided(answer) {
                *self.undecided.entry(case.record["eventName"].to_string()).or_default() += 1;
                continue;
            }
            let expected = Expected::of(case, &policy, &gaps);
            let found = disagreements(case, &expected, answer, &mut self.explained);
            if !found.is_empty() {
                let details =
                    format!("{found:#?}\n{expected:#?}\n{case:#?}\n{answer:#}\n{text}\n{}", json!(statements));
                self.details.get_or_insert(details);
            }
            for Disagreement { rule, says, is_denied } in found {
                let (name, paths) = (&case.record["eventName"], expected.paths(rule));
                let what = format!("{name} `{rule}` says {says:?} of {paths:?}, is denied: {is_denied}");
                *self.unexplained.entry(what).or_default() += 1;
            }
            *if answer["allowed"] == true { &mut self.allowed } else { &mut self.denied } += 1;
            for rule in denying(answer) {
                *self.by_rule.entry(rule).or_default() += 1;
            }
        }
    }

    fn assert_agreement(&self) {
        let details = self.details.as_deref().unwrap_or_default();
        assert!(self.unexplained.is_empty(), "unexplained: {:#?}\nthe first: {details}", self.unexplained);
    }
}

#[test]
fn both_halves_of_every_rule_agree() {
    const USUAL: (usize, usize) = (20_260_302, 4000);
    let number = |name: &str, default: usize| std::env::var(name).map_or(default, |text| text.parse().expect(name));
    let (seed, count) = (number("SEED", USUAL.0), number("CASES", USUAL.1));
    println!("SEED={seed} CASES={count}");
    const PER_POLICY: usize = 20;
    let mut rng = fastrand::Rng::with_seed(seed as u64);
    let mut simulator = Simulator::start();
    let mut tally = Tally::default();
    // Every slot of every operation, left away and with each value, by itself.
    let every_rule = every_rule();
    let policy = Policy::parse(&every_rule).expect(&every_rule);
    tally.compare(&mut simulator, &every_rule, &cases::one_change_each(&policy.abac));
    for _ in 0..count.div_ceil(PER_POLICY) {
        let text = cases::policy(&mut rng);
        let policy = Policy::parse(&text).expect(&text);
        let cases: Vec<_> = (0..PER_POLICY).map(|_| cases::case(&mut rng, &policy.abac)).collect();
        tally.compare(&mut simulator, &text, &cases);
    }
    tally.assert_agreement();
    let Tally { allowed, denied, by_rule, rendered, documents, explained, undecided, .. } = tally;
    println!(
        "{documents} documents; {allowed} allowed, {denied} denied; denied by rule: {by_rule:#?}; explained differences: {explained:#?}; undecided: {undecided:#?}"
    );
    assert!(undecided.values().sum::<usize>() * 10 < count, "too many are undecided: {undecided:#?}");
    assert!(allowed * 100 >= (allowed + denied) * 15, "only {allowed} of {} are allowed", allowed + denied);
    for rule in &rendered {
        assert!(by_rule.contains_key(rule), "no case was denied by `{rule}`");
    }
    // Other cases need not meet all that is rare.
    for exception in EXCEPTIONS.iter().filter(|_| (seed, count) == USUAL) {
        assert!(explained.contains_key(exception.name), "no case needs the exception `{}`", exception.name);
    }
}
