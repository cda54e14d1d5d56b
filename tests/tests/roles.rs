//! `tagwarden roles`, as a user runs it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tagwarden::Evidence;
use tagwarden::evidence::{GrantSources, IamEntity};
use tagwarden::grants::{Answer, PolicyDocument, Request};
use tagwarden_archive::usage::{Dropped, Truth, generate};
use tagwarden_tests::simulator::Simulator;
use tagwarden_tests::{Ran, root, tagwarden};

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

fn roles(args: &[&str]) -> Ran {
    tagwarden(&[&["roles", "--format", "json"], args].concat())
}

fn rules(role: &Value) -> Vec<&str> {
    role["findings"].as_array().expect("findings").iter().map(|one| one["rule"].as_str().expect("a rule")).collect()
}

#[test]
fn roles_of_the_samples_are_judged() {
    let ran = roles(&["--iam", "events/iam.json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let found = ran.json_lines();
    assert_eq!(found.len(), 4, "those that trust SageMaker");
    for role in &found {
        for (member, kind) in [("arn", "string"), ("kind", "string"), ("verdict", "string")] {
            assert!(role[member].is_string(), "{member} is a {kind}");
        }
        for list in ["findings", "trusts", "assumed_by", "used", "unused", "unseen"] {
            assert!(role[list].is_array(), "{list}");
        }
        assert!(role.get("project").is_some() && role.get("persona").is_some() && role["proposal"].is_null());
        assert_eq!((role["kind"].as_str(), &role["trusts"]), (Some("execution"), &json!(["sagemaker.amazonaws.com"])));
    }
    let wide = found.iter().find(|role| role["arn"].as_str().is_some_and(|arn| arn.contains("AmazonSageMaker-")));
    let wide = wide.expect("the wide role");
    assert_eq!(rules(wide).first(), Some(&"overprivileged-execution-role"));
    let message = wide["findings"][0]["message"].as_str().expect("text");
    assert!(message.contains("may call `") && message.contains("by statement"), "{message}");
    let named = roles(&["--iam", "events/iam.json", "--role", "DataScientist*"]);
    assert!(named.json_lines().iter().all(|role| role["kind"] == "caller"), "{}", named.stdout);
    assert!(!named.stdout.is_empty());
    assert_eq!(roles(&["--iam", "events/iam.json", "--exit-zero"]).status, 0);
    let nothing = roles(&[]);
    assert_eq!(nothing.status, 2);
    assert!(nothing.stderr.contains("give the output of `aws iam get-account-authorization-details` with `--iam`"));
}

#[test]
fn plans_and_documents_are_judged_before_they_exist() {
    let folder = tempfile::tempdir().expect("a folder");
    let statement = |action: &str, resource: &str| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]});
    let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}});
    let plan = |action: &str| {
        json!({"planned_values": {"root_module": {"resources": [
            {"address": "aws_iam_role.train", "type": "aws_iam_role", "name": "train",
                "values": {"name": "train", "path": "/ml/", "assume_role_policy": trust.to_string()}},
            {"address": "aws_iam_role_policy.data", "type": "aws_iam_role_policy", "name": "data",
                "values": {"name": "data", "role": "train", "policy": statement(action, "arn:aws:s3:::atlas-data/*").to_string()}},
        ]}}})
    };
    let (old, new) = (plan("s3:GetObject").to_string(), plan("s3:*Object").to_string());
    let (old, new) = (write(folder.path(), "old.json", &old), write(folder.path(), "new.json", &new));
    let ran = roles(&[&new]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert_eq!(ran.json_lines()[0]["arn"], "arn:aws:iam::111122223333:role/ml/train");
    let compared = roles(&[&new, "--baseline", &old]);
    assert_eq!(compared.status, 1);
    let access = compared.json_lines()[0]["new_access"].clone();
    let actions: BTreeSet<_> =
        access.as_array().expect("a list").iter().map(|one| one["action"].as_str().expect("text")).collect();
    assert!(actions.contains("s3:DeleteObject") && !actions.contains("s3:GetObject"), "{actions:?}");
    let same = tagwarden(&["roles", &new, "--baseline", &new]);
    assert_eq!(same.status, 0);
    assert!(same.stdout.contains("That is no proof"), "{}", same.stdout);
    let wide = write(folder.path(), "wide.json", &statement("s3:*", "*").to_string());
    let ran = roles(&[&wide]);
    assert_eq!((ran.status, rules(&ran.json_lines()[0])), (1, vec!["unbounded-data-access"]));
    assert!(roles(&[&wide, "--baseline", &wide]).json_lines()[0]["findings"] == json!([]), "it was so before");
    let strangers = trust.to_string().replace("111122223333", "444455556666");
    let strangers = write(folder.path(), "trust.json", &strangers);
    let ran = roles(&[&strangers, "--account", "111122223333"]);
    assert_eq!((ran.status, rules(&ran.json_lines()[0])[0]), (1, "confused-deputy-trust"));
    let unknown = plan("s3:GetObject").to_string().replace("\"policy\"", "\"other\"");
    assert_eq!(roles(&[&write(folder.path(), "unknown.json", &unknown)]).status, 3);
    let nothing = write(folder.path(), "nothing.json", "{}");
    assert_eq!(roles(&[&wide, &nothing]).status, 2);
}

/// All of these actions of a role, by the list that they are in.
struct Lists {
    used: BTreeSet<String>,
    unused: BTreeSet<String>,
    unseen: BTreeSet<String>,
}

/// What is said about the roles of a generated archive, beside the truth.
fn usage(seed: u64, dropped: Dropped) -> Vec<(Truth, Lists)> {
    let folder = tempfile::tempdir().expect("a folder");
    let truths = generate(folder.path(), seed, dropped);
    let policy = "version = 1\n[rules.unapproved-region]\nallow = ['eu-west-1', 'eu-central-1', 'us-east-1']\n";
    let policy = write(folder.path(), "policy.toml", policy);
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let ran = roles(&["--policy", &policy, "--iam", &path("iam.json"), &path("AWSLogs")]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    let found = ran.json_lines();
    let lists = |truth: Truth| {
        let role = found.iter().find(|role| role["arn"] == truth.arn).expect("the role");
        let list = |name: &str| {
            let list = role[name].as_array().expect("a list").iter();
            list.map(|one| one["action"].as_str().or(one.as_str()).expect("an action").to_owned()).collect()
        };
        assert!(role["unseen"].as_array().into_iter().flatten().all(|one| one["because"].is_string()));
        (truth, Lists { used: list("used"), unused: list("unused"), unseen: list("unseen") })
    };
    truths.into_iter().map(lists).collect()
}

fn texts(names: &BTreeSet<&'static str>) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_roles_used_is_told_from_what_nothing_shows() {
    for seed in 0..4 {
        for (truth, found) in usage(seed, Dropped::Nothing) {
            assert_eq!(found.used, texts(&truth.shown), "{}", truth.arn);
            let unseen: BTreeSet<_> = truth.never_shown.difference(&truth.shown).copied().collect();
            assert_eq!(found.unseen, texts(&unseen), "{}", truth.arn);
            let rest =
                truth.granted.iter().filter(|action| !truth.shown.contains(*action) && !unseen.contains(*action));
            assert_eq!(found.unused, rest.map(|action| (*action).to_owned()).collect(), "{}", truth.arn);
        }
    }
}

#[test]
fn what_a_trail_leaves_out_becomes_unseen_never_unused() {
    for dropped in [Dropped::Kms, Dropped::Reads, Dropped::Region, Dropped::Day] {
        let (mut moved, mut unused) = (0, 0);
        for seed in 0..4 {
            for (truth, found) in usage(seed, dropped) {
                assert_eq!(found.used, texts(&truth.shown), "{dropped:?}: {}", truth.arn);
                let wrong: Vec<_> = found.unused.iter().filter(|action| truth.used.contains(action.as_str())).collect();
                assert!(wrong.is_empty(), "{dropped:?}: {} used {wrong:?}", truth.arn);
                let hidden = truth.used.difference(&truth.shown).filter(|action| found.unseen.contains(**action));
                moved += hidden.filter(|action| !truth.never_shown.contains(*action)).count();
                unused += found.unused.len();
            }
        }
        assert!(moved > 0, "{dropped:?} hides something");
        assert!(unused > 0 || matches!(dropped, Dropped::Day), "{dropped:?} does not hide everything");
    }
}

/// What a role with this document may do: `allowed` or not.
fn allows(document: &Value, action: &str, resource: &str) -> bool {
    const ROLE: &str = "arn:aws:iam::111122223333:role/r";
    let mut evidence = Evidence::new("");
    let inline = vec![("p".to_owned(), PolicyDocument::read(document))];
    let role = IamEntity { grants: Ok(GrantSources { inline, ..GrantSources::default() }), ..IamEntity::default() };
    *evidence.principal_mut(ROLE) = role;
    let grants = evidence.grants(ROLE, None).expect("known");
    matches!(grants.decide(&Request::new(action, resource)), Ok(Answer::Yes(_)))
}

#[test]
fn proposals_shrink_and_keep_what_is_used_or_unseen() {
    let folder = tempfile::tempdir().expect("a folder");
    let truths = generate(folder.path(), 7, Dropped::Nothing);
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (iam, logs, out) = (path("iam.json"), path("AWSLogs"), path("proposals"));
    let ran = roles(&["--iam", &iam, &logs, "--propose", &out, "--exit-zero"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let details: Value = serde_json::from_str(&fs::read_to_string(&iam).expect("iam.json")).expect("JSON");
    let (mut lines, mut expected) = (Vec::new(), Vec::new());
    for truth in &truths {
        let role = ran.json_lines().into_iter().find(|role| role["arn"] == truth.arn).expect("the role");
        let written = details["RoleDetailList"].as_array().expect("roles").iter().find(|one| one["Arn"] == truth.arn);
        let old = &written.expect("the role")["RolePolicyList"][0]["PolicyDocument"];
        let new = &role["proposal"]["policies"][0]["document"];
        let name = truth.arn.rsplit('/').next().expect("a name");
        let file =
            fs::read_to_string(Path::new(&out).join("111122223333").join(name).join("work.json")).expect("a file");
        assert_eq!(serde_json::from_str::<Value>(&file).expect("JSON"), *new);
        lines.push(json!({"define": name, "scps": [], "identity": [new], "boundary": null}));
        expected.push(None);
        for action in &truth.granted {
            let is_kept = truth.shown.contains(action) || truth.never_shown.contains(action);
            let resource = match action.split_once(':') {
                Some(("iam", "PassRole")) => "arn:aws:iam::111122223333:role/any",
                Some(("s3", "GetObject" | "PutObject")) => "arn:aws:s3:::any/any",
                _ => "*",
            };
            assert_eq!(allows(new, action, resource), is_kept, "{action} of {}", truth.arn);
            assert!(allows(old, action, resource));
            lines.push(json!({"id": lines.len(), "policies": name, "principal": {"arn": truth.arn, "tags": {}},
                "request": {"action": action, "resource": resource, "context": {}}}));
            expected.push(Some(is_kept));
        }
        assert!(!allows(new, "ec2:RunInstances", "*"), "nothing is invented");
    }
    let answers = Simulator::start().ask(&lines);
    let asked =
        answers.iter().zip(&expected).zip(&lines).filter_map(|((answer, kept), line)| Some((answer, (*kept)?, line)));
    let mut compared = 0;
    for (answer, is_kept, line) in asked {
        // The simulator decides only about resources that it knows to belong to the action.
        if let Some(is_allowed) = answer["allowed"].as_bool() {
            assert_eq!(is_allowed, is_kept, "{line}: {answer}");
            compared += 1;
        }
    }
    println!("{compared} of {} requests compared with the simulator", lines.len());
    assert!(compared > 20);
    for (format, file, text) in [
        ("terraform", "policies.tf", "resource \"aws_iam_policy\""),
        ("cloudformation", "policies.template.json", "AWS::IAM::ManagedPolicy"),
    ] {
        let out = path(format);
        let ran = tagwarden(&["roles", "--iam", &iam, &logs, "--propose", &out, "--format", format, "--exit-zero"]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let written = fs::read_to_string(Path::new(&out).join("111122223333/worker-0").join(file)).expect("a file");
        assert!(written.contains(text), "{written}");
    }
}

/// In headless Chromium, with the name of a policy that would like to be a program.
#[test]
fn the_page_works_in_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    generate(folder.path(), 3, Dropped::Nothing);
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let hostile = r#"</script><script>window.pwned=1</script><img src=x onerror='window.pwned=1'><!--"#;
    let iam = fs::read_to_string(path("iam.json")).expect("iam.json").replace("\"work\"", &format!("\"{hostile}\""));
    let iam =
        write(folder.path(), "hostile.json", &iam.replacen("secretsmanager:GetSecretValue", "secretsmanager:*", 1));
    let page = path("roles.html");
    let ran = roles(&["--iam", &iam, &path("AWSLogs"), "--html", &page]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let violations = ran.json_lines().iter().filter(|role| role["verdict"] == "violation").count();
    let test = root().join("tests/roles_page.py");
    let args = [test.to_str().expect("UTF-8"), page.as_str(), "8", &violations.to_string()];
    let tested = Command::new("python3").args(args).output().expect("python3 starts");
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
}
