//! The comparison notices what is wrong: statements that were changed by hand disagree with the rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tagwarden::policy::Policy;
use tagwarden::settings::Abac;
use tagwarden_tests::simulator::Simulator;

use crate::cases::{self, Case};
use crate::compare::{Expected, define, disagreements, every_rule, is_undecided, question, statements};

struct Mutant {
    name: &'static str,
    change: fn(&mut Statements),
}

/// Statements that are to be changed.
struct Statements(Vec<Value>);

impl Statements {
    fn find(&mut self, sid: &str) -> &mut Value {
        self.0.iter_mut().find(|statement| statement["Sid"] == sid).expect(sid)
    }

    fn drop(&mut self, sid: &str) {
        self.find(sid);
        self.0.retain(|statement| statement["Sid"] != sid);
    }

    /// Drops all statements that a rule has by itself or for a part of the callers.
    fn drop_all(&mut self, prefix: &str) {
        self.0.retain(|statement| !statement["Sid"].as_str().expect("a text").starts_with(prefix));
    }

    fn operator(&mut self, sid: &str, from: &str, to: &str) {
        let condition = self.find(sid)["Condition"].as_object_mut().expect("a condition");
        let tests = condition.remove(from).expect(from);
        assert!(condition.insert(to.to_owned(), tests).is_none(), "{to} is there already");
    }

    fn drop_operator(&mut self, sid: &str, operator: &str) {
        self.find(sid)["Condition"].as_object_mut().expect("a condition").remove(operator).expect(operator);
    }

    fn drop_key(&mut self, sid: &str, operator: &str, key: &str) {
        self.find(sid)["Condition"][operator].as_object_mut().expect(operator).remove(key).expect(key);
    }

    fn value(&mut self, sid: &str, operator: &str, key: &str, value: Value) {
        let place = &mut self.find(sid)["Condition"][operator][key];
        assert!(!place.is_null() && *place != value, "{sid} has no such {key}");
        *place = value;
    }

    /// Merges the tests of one statement into another: both must then hold.
    fn merge(&mut self, sid: &str, other: &str) {
        let tests = self.find(other)["Condition"].clone();
        self.drop(other);
        let condition = &mut self.find(sid)["Condition"];
        for (operator, keys) in tests.as_object().expect("a condition") {
            for (key, values) in keys.as_object().expect("keys") {
                condition[operator][key] = values.clone();
            }
        }
    }
}

const TYPES: &str = "sagemaker:InstanceTypes";
const ANY_TYPE: &str = "ForAnyValue:StringNotLike";

static MUTANTS: &[Mutant] = &[
    Mutant { name: "any key counts as the tag", change: |s| s.drop("MissingProjectTag") },
    Mutant { name: "an empty tag counts", change: |s| s.drop("MissingProjectTag2") },
    Mutant {
        name: "an empty tag counts, by `Null`",
        change: |s| {
            s.find("MissingProjectTag2")["Condition"] = json!({"Null": {"aws:RequestTag/Project": "true"}});
        },
    },
    Mutant {
        name: "one action is forgotten",
        change: |s| s.find("MissingProjectTag")["Action"] = json!("sagemaker:CreateTrainingJob"),
    },
    Mutant {
        name: "any tag key must be the exact one",
        change: |s| s.operator("MissingProjectTag", "ForAllValues:StringNotEquals", "ForAnyValue:StringNotEquals"),
    },
    Mutant { name: "foreign tags pass", change: |s| s.drop("ForeignProjectTag") },
    Mutant {
        name: "a missing tag is foreign",
        change: |s| s.drop_key("ForeignProjectTag", "StringLike", "aws:RequestTag/Project"),
    },
    Mutant {
        name: "projects have no case",
        change: |s| s.operator("ForeignProjectTag", "StringNotEquals", "StringNotEqualsIgnoreCase"),
    },
    Mutant {
        name: "an empty tag of the caller counts",
        change: |s| {
            s.find("UntaggedPrincipal")["Condition"] = json!({"Null": {"aws:PrincipalTag/Project": "true"}});
        },
    },
    Mutant {
        name: "another tag of the caller counts",
        change: |s| {
            s.find("UntaggedPrincipal")["Condition"] = json!({"StringNotLike": {"aws:PrincipalTag/Team": "?*"}});
        },
    },
    Mutant { name: "any project is known", change: |s| s.drop("UnknownProject") },
    Mutant { name: "no project is unknown", change: |s| s.drop_operator("UnknownProject", "StringLike") },
    Mutant { name: "any key counts as a required tag", change: |s| s.drop("MissingTag") },
    Mutant { name: "an empty required tag counts", change: |s| s.drop("MissingTag2") },
    Mutant { name: "the second required tag is forgotten", change: |s| s.drop("MissingTag4") },
    Mutant {
        name: "a required tag is compared in any case",
        change: |s| s.operator("MissingTag3", "ForAllValues:StringNotEquals", "ForAllValues:StringNotEqualsIgnoreCase"),
    },
    Mutant {
        name: "what some operations need is asked of all",
        change: |s| {
            let all = s.find("MissingTag2")["Action"].clone();
            s.find("MissingTag6")["Action"] = all;
        },
    },
    Mutant { name: "a tag that must be the caller's is anybody's", change: |s| s.drop("ForeignTag") },
    Mutant {
        name: "the tag of another key is compared",
        change: |s| {
            let key = "aws:RequestTag/CostCenter";
            s.value("ForeignTag", "StringNotEquals", key, json!("${aws:PrincipalTag/Project}"));
        },
    },
    Mutant { name: "a caller without the tag sets any value", change: |s| s.drop("ForeignTag2") },
    Mutant { name: "the second tag is anybody's", change: |s| s.drop("ForeignTag3") },
    Mutant { name: "any value is approved", change: |s| s.drop("UnapprovedTagValue") },
    Mutant { name: "no value is unapproved", change: |s| s.drop_operator("UnapprovedTagValue3", "StringLike") },
    Mutant {
        name: "patterns of values are literal",
        change: |s| s.operator("UnapprovedTagValue", "StringNotLike", "StringNotEquals"),
    },
    Mutant { name: "any value is approved later", change: |s| s.drop("UnapprovedTagValue4") },
    Mutant {
        name: "one more value is approved",
        change: |s| {
            let key = "aws:RequestTag/Environment";
            s.value("UnapprovedTagValue3", "StringNotLike", key, json!(["dev", "prod", "public"]));
        },
    },
    Mutant {
        name: "a further tag may be changed",
        change: |s| {
            for sid in ["ChangedProjectTag4", "ChangedProjectTag5", "ChangedProjectTag6", "ChangedProjectTag7"] {
                s.drop(sid);
            }
        },
    },
    Mutant { name: "a caller without the tag may change it", change: |s| s.drop("ChangedProjectTag7") },
    Mutant {
        name: "a further tag may be removed",
        change: |s| {
            let keys = json!(["Project", "tagwarden:violation", "DataClassification"]);
            let removed = s.0.iter().position(|one| one["Action"] == "sagemaker:DeleteTags").expect("one");
            s.0[removed]["Condition"]["ForAnyValue:StringEqualsIgnoreCase"]["aws:TagKeys"] = keys;
        },
    },
    Mutant { name: "keys in another case pass", change: |s| s.drop("AmbiguousProjectTag") },
    Mutant {
        name: "keys in another case are compared with case",
        change: |s| {
            s.operator("AmbiguousProjectTag", "ForAnyValue:StringEqualsIgnoreCase", "ForAnyValue:StringEquals");
        },
    },
    Mutant { name: "two keys pass", change: |s| s.drop("AmbiguousProjectTag2") },
    Mutant {
        name: "spaces behind the value pass",
        change: |s| s.value("AmbiguousProjectTag3", "StringLike", "aws:RequestTag/Project", json!(" *")),
    },
    Mutant {
        name: "one approved type is enough",
        change: |s| {
            // For everybody, and after one exemption: at the time of the calls, both deny.
            for sid in ["UnapprovedInstanceType", "UnapprovedInstanceType2"] {
                s.operator(sid, ANY_TYPE, "ForAllValues:StringNotLike");
            }
        },
    },
    Mutant {
        name: "a list is compared as a single value",
        change: |s| s.operator("UnapprovedSecurityGroup", ANY_TYPE, "StringNotLike"),
    },
    Mutant {
        name: "patterns of types are literal",
        change: |s| s.operator("UnapprovedInstanceType", ANY_TYPE, "ForAnyValue:StringNotEquals"),
    },
    Mutant {
        name: "a type is forgotten",
        change: |s| s.value("UnapprovedInstanceType", ANY_TYPE, TYPES, json!(["ml.m5.xlarge"])),
    },
    Mutant {
        name: "a type is approved too many",
        change: |s| {
            for sid in ["UnapprovedInstanceType", "UnapprovedInstanceType2"] {
                s.value(sid, ANY_TYPE, TYPES, json!(["ml.m5.xlarge", "ml.c5.*", "ml.g5.xlarge"]));
            }
        },
    },
    Mutant {
        name: "serverless compute passes",
        change: |s| {
            // For everybody, after one exemption, and after both.
            for sid in ["UnapprovedInstanceType4", "UnapprovedInstanceType5", "UnapprovedInstanceType6"] {
                s.drop(sid);
            }
        },
    },
    Mutant { name: "an exemption is not over", change: |s| s.drop("UnapprovedInstanceType2") },
    Mutant {
        name: "an exemption is not granted",
        change: |s| s.drop_key("UnapprovedRegion", "StringNotLike", "aws:PrincipalArn"),
    },
    Mutant {
        name: "impostors are exempted",
        change: |s| {
            s.value("UnapprovedRegion", "StringNotLike", "aws:PrincipalArn", json!("arn:aws:iam::*:role/*BreakGlass*"));
        },
    },
    Mutant {
        name: "an exemption ends a day early",
        change: |s| {
            s.value("UnapprovedRegion2", "DateGreaterThanEquals", "aws:CurrentTime", json!("2026-03-02T00:00:00Z"));
        },
    },
    Mutant {
        name: "the limit itself is too long",
        change: |s| {
            for sid in ["ExcessiveRuntime3", "ExcessiveRuntime4"] {
                s.operator(sid, "NumericGreaterThan", "NumericGreaterThanEquals");
            }
        },
    },
    Mutant {
        name: "the default is too long everywhere",
        change: |s| s.operator("ExcessiveRuntime3", "NumericGreaterThan", "NumericGreaterThanIfExists"),
    },
    Mutant {
        name: "the default is never too long",
        change: |s| s.operator("ExcessiveRuntime", "NumericGreaterThanIfExists", "NumericGreaterThan"),
    },
    Mutant { name: "other projects' resources are everybody's", change: |s| s.drop_all("ForeignResource") },
    Mutant {
        name: "untagged resources belong to somebody else",
        change: |s| {
            s.drop_key("ForeignResource", "StringLike", "aws:ResourceTag/Project");
        },
    },
    Mutant { name: "an override holds for everybody", change: |s| s.drop_operator("ExcessiveRuntime", "StringEquals") },
    Mutant {
        name: "outside of an override means outside of both lists",
        change: |s| s.merge("ExcessiveRuntime3", "ExcessiveRuntime4"),
    },
    Mutant { name: "NVMe types need a volume key", change: |s| s.drop_operator("UnencryptedVolume", ANY_TYPE) },
    Mutant {
        name: "one NVMe type is enough to need none",
        change: |s| s.operator("UnencryptedVolume", ANY_TYPE, "ForAllValues:StringNotLike"),
    },
    Mutant {
        name: "only the current key name of volumes counts",
        change: |s| s.drop_key("UnencryptedVolume", "Null", "sagemaker:VolumeKmsKey"),
    },
    Mutant {
        name: "only the deprecated key name of outputs counts",
        change: |s| s.drop_key("UnencryptedOutput", "Null", "sagemaker:OutputKmsKeyArn"),
    },
    Mutant {
        name: "a key must be absent",
        change: |s| s.value("UnencryptedOutput", "Null", "sagemaker:OutputKmsKey", json!("false")),
    },
    Mutant {
        name: "keys pass under their deprecated name",
        change: |s| {
            s.drop("UnapprovedKmsKey");
            s.drop("UnapprovedKmsKey2");
        },
    },
    Mutant { name: "no key is an unapproved key", change: |s| s.drop_operator("UnapprovedKmsKey", "Null") },
    Mutant {
        name: "patterns of keys are literal",
        change: |s| s.operator("UnapprovedKmsKey3", "StringNotLike", "StringNotEquals"),
    },
    Mutant {
        name: "omitted encryption of traffic passes",
        change: |s| s.operator("UnencryptedTraffic", "BoolIfExists", "Bool"),
    },
    Mutant { name: "omitted isolation passes", change: |s| s.operator("NetworkIsolationOff", "BoolIfExists", "Bool") },
    Mutant {
        name: "models' isolation is asked of the configuration",
        change: |s| {
            let statement = s.find("NetworkIsolationOff");
            statement["Action"].as_array_mut().expect("a list").push(json!("sagemaker:CreateEndpointConfig"));
        },
    },
    Mutant {
        name: "only what has neither subnets nor groups has no VPC",
        change: |s| s.merge("MissingVpc", "MissingVpc4"),
    },
    Mutant {
        name: "an unapproved subnet needs an unapproved group",
        change: |s| s.merge("UnapprovedSubnet", "UnapprovedSecurityGroup"),
    },
    Mutant {
        name: "one approved group is enough",
        change: |s| s.operator("UnapprovedSecurityGroup", ANY_TYPE, "ForAllValues:StringNotLike"),
    },
    Mutant {
        name: "a question mark is a wildcard",
        change: |s| {
            s.value("UnapprovedSubnet", ANY_TYPE, "sagemaker:VpcSubnets", json!(["subnet-1", "subnet-a*", "subnet-?"]));
        },
    },
    Mutant {
        name: "other regions are approved",
        change: |s| {
            s.value("UnapprovedRegion", "StringNotLike", "aws:RequestedRegion", json!(["eu-*", "us-*"]));
        },
    },
    Mutant { name: "no persona is a persona", change: |s| s.drop("PersonaOverreach") },
    Mutant {
        name: "personas have no case",
        change: |s| s.operator("PersonaOverreach", "StringNotEquals", "StringNotEqualsIgnoreCase"),
    },
    Mutant { name: "a persona may do everything", change: |s| s.drop("PersonaOverreach2") },
    Mutant { name: "no shell is a shell", change: |s| s.operator("RemoteShell", "Bool", "BoolIfExists") },
    Mutant { name: "a rule is forgotten", change: |s| s.drop_all("UnencryptedVolume") },
];

#[test]
fn every_mutant_is_noticed() {
    let text = every_rule();
    let policy = Policy::parse(&text).expect(&text);
    let (original, gaps) = statements(&policy);
    let mut rng = fastrand::Rng::with_seed(1);
    let cases: Vec<_> = (0..4000).map(|_| by_anybody(&mut rng, &policy.abac)).collect();
    let expected: Vec<_> = cases.iter().map(|case| Expected::of(case, &policy, &gaps)).collect();
    let mut simulator = Simulator::start();
    // How many cases it takes to notice, in steps.
    let mut noticed_within = |statements: &[Value]| {
        const STEP: usize = 100;
        assert_eq!(simulator.ask(&[define("p", statements)]), [json!({"defined": "p"})], "{statements:#?}");
        cases.chunks(STEP).zip(expected.chunks(STEP)).enumerate().find_map(|(step, (cases, expected))| {
            let answers = simulator.ask(&cases.iter().map(|case| question("p", case)).collect::<Vec<_>>());
            let mut decided = cases.iter().zip(expected).zip(&answers).filter(|(_, answer)| !is_undecided(answer));
            let disagreement = decided.find_map(|((case, expected), answer)| {
                let found = disagreements(case, expected, answer, &mut BTreeMap::new());
                (!found.is_empty()).then(|| format!("{found:?} about {case:?}"))
            });
            disagreement.map(|what| ((step + 1) * STEP, what))
        })
    };
    assert_eq!(noticed_within(&original), None, "the statements themselves must be right");
    assert!(MUTANTS.len() >= 25);
    let mut survivors = Vec::new();
    for mutant in MUTANTS {
        let mut mutated = Statements(original.clone());
        (mutant.change)(&mut mutated);
        assert_ne!(mutated.0, original, "`{}` changes nothing", mutant.name);
        match noticed_within(&mutated.0) {
            Some((count, _)) => println!("noticed within {count:4} cases: {}", mutant.name),
            None => survivors.push(mutant.name),
        }
    }
    assert!(survivors.is_empty(), "not noticed: {survivors:#?}");
}

/// A case, more often than usual by a caller who is exempted, was exempted, or has the name of one who is, or whom the override
/// is for.
fn by_anybody(rng: &mut fastrand::Rng, abac: &Abac) -> Case {
    let mut case = cases::case(rng, abac);
    if rng.u8(..4) == 0 {
        let name = ["BreakGlass", "BreakGlass2", "Other"][rng.usize(..3)];
        let account = case.record["recipientAccountId"].as_str().expect("an account");
        case.principal = format!("arn:aws:iam::{account}:role/{name}");
    }
    if rng.u8(..8) == 0 {
        case.tags[0].1 = "borealis".to_owned();
    }
    case
}
