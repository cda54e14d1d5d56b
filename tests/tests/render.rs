//! `tagwarden render` as users call it: files, staleness, errors.

use std::path::Path;

use serde_json::{Value, json};
use tagwarden_tests::{Ran, list, tagwarden};

const POLICY: &str = "tests/data/preventable.toml";

fn render(args: &[&str]) -> Ran {
    tagwarden(&[&["render"], args].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            (
                text(&path).rsplit('/').next().expect("a name").to_owned(),
                std::fs::read_to_string(&path).expect("a file"),
            )
        })
        .collect();
    files.sort();
    files
}

fn names(folder: &Path) -> Vec<String> {
    files(folder).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn documents_fit_and_come_out_the_same_every_time() {
    let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    for folder in [&one, &other] {
        let ran = render(&["scp", "--policy", POLICY, "--out", text(folder.path()), "--max-chars", "5120"]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
    }
    assert_eq!(files(one.path()), files(other.path()));
    assert!(
        names(one.path()).contains(&"scp-abac-2.json".to_owned())
            && names(one.path()).contains(&"NOT-EXPRESSED.md".to_owned())
    );
    for (name, content) in files(one.path()).iter().filter(|(name, _)| name.starts_with("scp")) {
        assert!(content.len() <= 5120 && !content.contains("\": "), "{name}: {content}");
    }
}

#[test]
fn standard_output_holds_the_same_documents() {
    let folder = tempfile::tempdir().expect("a folder");
    render(&["scp", "--policy", POLICY, "--max-chars", "10240", "--out", text(folder.path())]);
    let written: String = files(folder.path())
        .into_iter()
        .filter(|(name, _)| name.starts_with("scp"))
        .map(|(_, content)| content + "\n")
        .collect();
    let ran = render(&["scp", "--policy", POLICY, "--max-chars", "10240"]);
    assert_eq!((ran.stdout, ran.status), (written, 0));
    assert!(ran.stderr.contains("NOT-EXPRESSED.md"), "{}", ran.stderr);
}

#[test]
fn what_is_stale_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = folder.path().join("policy.toml");
    let out = folder.path().join("out");
    let (policy, out) = (text(&policy), text(&out));
    std::fs::write(policy, "version = 1\n[rules.remote-shell]\n").expect("written");
    assert_eq!(render(&["scp", "--policy", policy, "--out", out]).status, 0);
    assert_eq!(render(&["identity", "--policy", policy, &format!("--out={out}")]).status, 0);
    for check in [vec!["--check", out], vec!["scp", "--policy", policy, "--check", out]] {
        let ran = render(&check);
        assert_eq!(ran.status, 0, "{check:?}: {}{}", ran.stdout, ran.stderr);
    }
    std::fs::write(policy, "version = 1\n[rules.missing-vpc]\n").expect("written");
    for check in [vec!["--check", out], vec!["scp", "--policy", policy, "--check", out]] {
        let ran = render(&check);
        assert_eq!(ran.status, 1, "{check:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("scp-network.json is stale"), "{}", ran.stdout);
        assert!(!ran.stdout.contains("identity.json"), "{}", ran.stdout);
    }
    std::fs::remove_file(Path::new(out).join("identity.json")).expect("removed");
    let ran = render(&["--check", out]);
    assert!(ran.status == 1 && ran.stdout.contains("identity.json cannot be read"), "{}", ran.stdout);
}

#[test]
fn files_that_are_not_made_any_more_go_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = text(folder.path());
    render(&["identity", "--out", out]);
    render(&["scp", "--policy", POLICY, "--out", out]);
    assert!(names(folder.path()).contains(&"scp-network.json".to_owned()));
    std::fs::write(folder.path().join("mine.json"), "{}").expect("written");
    render(&["scp", "--policy", POLICY, "--out", out, "--only", "remote-shell"]);
    assert_eq!(
        names(folder.path()),
        ["NOT-EXPRESSED.md", "identity.json", "mine.json", "rendered.json", "scp-network.json"]
    );
}

#[test]
fn what_is_not_expressed_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = folder.path().join("policy.toml");
    let rules = "version = 1\n[rules.remote-shell]\n[rules.missing-vpc]\nmode = 'observe'\n[rules.on-demand-training]\n\
        [rules.unencrypted-traffic]\nprevent = 'deny'\n[rules.unencrypted-output]\naction = 'alert'\n[rules.foreign-execution-role]\n[rules.unapproved-region]\nallow = ['eu-*']\n";
    std::fs::write(&policy, rules).expect("written");
    let out = folder.path().join("out");
    render(&["scp", "--policy", text(&policy), "--out", text(&out), "--except", "unapproved-region"]);
    let told = std::fs::read_to_string(out.join("NOT-EXPRESSED.md")).expect("a file");
    for expected in [
        "- `remote-shell`: `CreateEndpointConfig`: their requests carry no condition key for it",
        "- `missing-vpc`: its mode is `observe`",
        "- `on-demand-training`: no condition key exists",
        "- `unencrypted-output`: it only alerts, so `prevent` is `off`",
        "- `unencrypted-traffic`: jobs on a single instance",
        "- `foreign-execution-role`: IAM can test the path of a passed role, but not its tags: give the path of each project's roles with",
        "- `unapproved-region`: left out by `--only` or `--except`",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
}

#[test]
fn errors_say_what_to_do() {
    for (args, expected) in [
        (vec!["scp", "--only", "missing-vcp"], "unknown rule `missing-vcp`; did you mean `missing-vpc`?"),
        (vec!["scp", "--only", "on-demand-training"], "there is nothing to deny"),
        (vec!["scp", "--max-chars", "300"], "characters, but a document may have only 300: shorten its list"),
        (
            vec!["scp", "--max-chars", "2000", "--max-documents", "2"],
            "documents of at most 2000 characters are needed, but the limit is 2",
        ),
        (vec!["scp", "--protect-tags"], "`--protect-tags` needs `administrators` in `[abac]`, or `--trusted ARN`"),
        (vec!["scp", "--approved-regions"], "needs `allow` under `[rules.unapproved-region]`"),
        (vec!["scp", "--role-path", "ml/"], "`ml` has no `{project}`"),
        (vec!["scp", "--policy", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (vec!["persona", "data-scientst"], "did you mean `data-scientist`?"),
        (vec!["execution-role", "--project", "a", "--account", "12", "--region", "eu-west-1"], "expected 12 digits"),
        (
            vec!["execution-role", "--project", "a", "--account", "111122223333", "--region", "eu-west-1"],
            "`--data BUCKET/PREFIX`",
        ),
        (vec!["--check", "events"], "events: no `rendered.json`"),
    ] {
        let ran = render(&args);
        assert_eq!(ran.status, 2, "{args:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(expected), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_line_break_in_a_project_cannot_leave_its_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = folder.path().join("policy.toml");
    let rules = "version = 1\n[abac]\nprojects = [\"a\\\"b\\n${aws:username}\", 'gr\u{fc}n']\n[rules.unknown-project]\nprevent = 'deny'\n";
    std::fs::write(&policy, rules).expect("written");
    let ran = render(&["scp", "--policy", text(&policy)]);
    assert!(ran.stdout.contains(r#"["a\"b\n${$}{aws:username}","gr\u00fcn"]"#), "{}", ran.stdout);
    let ran = render(&["scp", "--policy", text(&policy), "--format", "terraform"]);
    assert!(ran.stdout.contains(r#""a\"b\n$${$}{aws:username}""#), "{}", ran.stdout);
}

/// The syntax is that of the Organizations User Guide, "Tag policy syntax and examples".
#[test]
fn a_tag_policy_names_the_tag_and_its_values() {
    let ran = render(&["tag-policy", "--policy", POLICY]);
    let policy: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let tags = policy["tags"].as_object().expect("tags");
    assert_eq!(policy.as_object().map(serde_json::Map::len), Some(1));
    let (key, tag) = tags.iter().next().expect("a tag");
    assert_eq!((tags.len(), key.as_str()), (1, "project"), "the key of the policy is in lower case");
    assert_eq!(tag["tag_key"], json!({"@@assign": "Project"}));
    assert_eq!(tag["tag_value"], json!({"@@assign": ["atlas", "borealis"]}));
    let enforced = list(&tag["enforced_for"]["@@assign"]);
    let is_type =
        |name: &Value| name.as_str().is_some_and(|name| name.starts_with("sagemaker:") && !name.contains('*'));
    assert!(!enforced.is_empty() && enforced.iter().all(is_type), "SageMaker has no wildcard: {enforced:?}");
    assert_eq!(tag.as_object().map(serde_json::Map::len), Some(3));

    let folder = tempfile::tempdir().expect("a folder");
    let many = folder.path().join("policy.toml");
    let further = "[tags.CostCenter]\nvalues = ['CC-*', '0']\n[tags.Owner]\nrequired = true\n";
    std::fs::write(&many, format!("version = 1\n{further}")).expect("written");
    let policy: Value = serde_json::from_str(&render(&["tag-policy", "--policy", text(&many)]).stdout).expect("JSON");
    let tags = &policy["tags"];
    assert_eq!(tags["costcenter"]["tag_key"], json!({"@@assign": "CostCenter"}));
    assert_eq!(tags["costcenter"]["tag_value"], json!({"@@assign": ["CC-*", "0"]}));
    assert!(tags["owner"]["tag_value"].is_null() && tags["project"]["tag_key"] == json!({"@@assign": "Project"}));
    std::fs::write(&many, "version = 1\n[tags.Owner]\nvalues = ['*@*.com']\n").expect("written");
    let ran = render(&["tag-policy", "--policy", text(&many)]);
    assert!(ran.status == 2 && ran.stderr.contains("`*@*.com` of the tag `Owner` has several `*`"), "{}", ran.stderr);

    let projects: Vec<_> = (0..1000).map(|number| format!("'project-{number}'")).collect();
    std::fs::write(&many, format!("version = 1\n[abac]\nprojects = [{}]\n", projects.join(","))).expect("written");
    let ran = render(&["tag-policy", "--policy", text(&many)]);
    assert!(ran.status == 2 && ran.stderr.contains("but AWS allows 10000"), "{}", ran.stderr);
}

#[test]
fn a_role_that_calls_sagemaker_has_a_persona() {
    let role = [
        "execution-role",
        "--project",
        "atlas",
        "--account",
        "111122223333",
        "--region",
        "eu-west-1",
        "--data",
        "lake",
    ];
    let ran = render(&[&role[..], &["--for", "pipeline", "--policy", POLICY]].concat());
    assert!(ran.status == 2 && ran.stderr.contains("name the role's persona with `--persona NAME`"), "{}", ran.stderr);
    let with_persona = ["--for", "studio", "--persona", "scientist", "--policy", POLICY, "--format", "cloudformation"];
    let ran = render(&[&role[..], &with_persona].concat());
    let template: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let resources = &template["Resources"];
    let tags = list(&resources["ExecutionRole"]["Properties"]["Tags"]);
    assert!(tags.contains(&json!({"Key": "Persona", "Value": "scientist"})), "{tags:?}");
    assert_eq!(resources["ExecutionRoleCalls"]["Properties"]["Roles"], json!([{"Ref": "ExecutionRole"}]));
}
