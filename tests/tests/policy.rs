//! Policy files: what `tagwarden policy check` and a bad `--policy` say.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use jsonschema::Validator;
use serde_json::{Value, json};
use tagwarden_tests::{Ran, root, tagwarden};

fn policy_check(text: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    fs::write(&path, text).expect("written");
    let mut ran = tagwarden(&["policy", "check", path.to_str().expect("UTF-8")]);
    ran.stdout = ran.stdout.replace(&format!("{}/", folder.path().display()), "");
    ran
}

const EXEMPTION: &str = "version = 1\n[rules.missing-vpc]\n[[exemptions]]\nprincipals = ['arn:aws:iam::111122223333:role/A']\n\
    rules = ['missing-vpc']\nuntil = 2099-12-31\nreason = 'r'\nowner = 'o'\n";

/// The policy, where the finding is, and what it says.
#[test]
fn errors_show_the_line_and_the_nearest_name() {
    let without = |line: &str| EXEMPTION.replace(line, "");
    let schema = schema();
    for (policy, place, says) in [
        (
            "version = 1\n[rules.unaproved-region]\nallow = []\n".to_owned(),
            "policy.toml:2:8",
            "did you mean `unapproved-region`?",
        ),
        (
            "version = 1\n[rules.excessive-runtime]\nmax-hour = 3\n".to_owned(),
            "policy.toml:3:1",
            "did you mean `max-hours`?",
        ),
        ("version = 1\n[rules.excessive-runtime]\n".to_owned(), "policy.toml:2:8", "needs `max-hours`"),
        ("version = 1\n[rules.excessive-runtime]\nmax-hours = -1\n".to_owned(), "policy.toml:3:13", "a number above 0"),
        (
            "version = 1\n[rules.excessive-instance-count]\nmax = 1.5\n".to_owned(),
            "policy.toml:3:7",
            "a whole number from 1 up",
        ),
        (
            "version = 1\n[rules.missing-vpc]\ngrace-minutes = 1441\n".to_owned(),
            "policy.toml:3:17",
            "a whole number of minutes from 1 to 1440",
        ),
        (
            "version = 1\n[rules.missing-vpc]\ngrace-minutes = 0.5\n".to_owned(),
            "policy.toml:3:17",
            "a whole number of minutes from 1 to 1440",
        ),
        ("version = 1\n[rules.missing-vpc]\naction = 'stopp'\n".to_owned(), "policy.toml:3:10", "did you mean `stop`?"),
        (
            "version = 1\n[rules.missing-vpc]\nseverity = 3\n".to_owned(),
            "policy.toml:3:12",
            "one of `low`, `medium`, `high`, `critical`",
        ),
        ("version = 1\n[default]\n".to_owned(), "policy.toml:2:2", "did you mean `defaults`?"),
        ("version = 1\n[abac]\nshared = ['plat*']\n".to_owned(), "policy.toml:3:11", "cannot contain `*`"),
        (
            "version = 1\n[abac]\nadministrators = ['TagAdmin']\n".to_owned(),
            "policy.toml:3:19",
            "names no role or user",
        ),
        (
            "version = 1\n[abac]\nadministrators = ['arn:aws:sts::111122223333:assumed-role/A/b']\n".to_owned(),
            "policy.toml:3:19",
            "a session's ARN never matches",
        ),
        ("version = 1\n[tags.Project]\nrequired = true\n".to_owned(), "policy.toml:2:7", "`Project` is the ABAC tag"),
        ("version = 1\n[tags.'aws:x']\nrequired = true\n".to_owned(), "policy.toml:2:7", "AWS reserves keys"),
        ("version = 1\n[tags.CostCenter]\nrequird = true\n".to_owned(), "policy.toml:3:1", "did you mean `required`?"),
        ("version = 1\n[tags.CostCenter]\nrequired = 1\n".to_owned(), "policy.toml:3:12", "expected `true` or `false`"),
        ("version = 1\n[tags.CostCenter]\nmatch = 'caller'\n".to_owned(), "policy.toml:3:9", "one of `principal`"),
        (
            "version = 1\n[tags.CostCenter]\nrequired = true\n[tags.costcenter]\nrequired = true\n".to_owned(),
            "policy.toml:4:7",
            "are almost the same tag key",
        ),
        (
            "version = 1\n[tags.Stage]\nrequired = true\nvalues = ['dev']\ndefault = 'prod'\n".to_owned(),
            "policy.toml:5:11",
            "expected a value that matches one of `dev`",
        ),
        (
            "version = 1\n[[overrides]]\nwhen = { tags = { Stage = 'dev' } }\nrules.missing-vpc.action = 'alert'\n"
                .to_owned(),
            "policy.toml:3:27",
            "a list of texts",
        ),
        ("version = 2\n".to_owned(), "policy.toml:1:11", "expected `version = 1`"),
        ("[rules.missing-vpc]\n".to_owned(), "policy.toml:1:1", "begin the file with `version = 1`"),
        ("version = 1\nversion = 1\n".to_owned(), "policy.toml:2:1", "duplicate key"),
        ("version = 1\n[rules\n".to_owned(), "policy.toml:2:7", "unclosed table"),
        (without("owner = 'o'\n"), "policy.toml:3:1", "the exemption needs `owner`"),
        (without("reason = 'r'\n"), "policy.toml:3:1", "the exemption needs `reason`"),
        (without("until = 2099-12-31\n"), "policy.toml:3:1", "the exemption needs `until`"),
        (EXEMPTION.replace("2099-12-31", "'2099-12-31'"), "policy.toml:6:9", "a date without quotes"),
        (EXEMPTION.replace("['missing-vpc']", "['missing-vcp']"), "policy.toml:5:10", "did you mean `missing-vpc`?"),
        (
            EXEMPTION.replace("principals = ['arn:aws:iam::111122223333:role/A']", "principals = []"),
            "policy.toml:4:14",
            "at least one entry",
        ),
        ("version = 1\n[personas.engineer]\n".to_owned(), "policy.toml:2:11", "needs `operations`"),
        (
            "version = 1\n[[overrides]]\nrules.missing-vpc.action = 'alert'\n".to_owned(),
            "policy.toml:2:1",
            "needs `when`",
        ),
        (
            "version = 1\n[[overrides]]\nwhen = { accounts = ['1'] }\nrules.missing-vpc.action = 'alert'\n".to_owned(),
            "policy.toml:3:22",
            "expected 12 digits",
        ),
    ] {
        let ran = policy_check(&policy);
        assert_eq!(ran.status, 2, "{policy}");
        assert!(
            ran.stdout.contains(&format!("--> {place}")) && ran.stdout.contains(says),
            "{place} {says}\n{policy}\n{}",
            ran.stdout
        );
        assert!(!ran.stdout.contains(" 0 errors"), "{}", ran.stdout);
        // A schema sees a value without the rest of the file, and only if the file is TOML.
        if let Some(policy) = as_json(&policy).filter(|_| !BY_THE_REST_OF_THE_FILE.contains(&says)) {
            assert!(!schema.is_valid(&policy), "the schema lets it pass: {policy}");
        }
    }
}

/// What errors say that depend on something else in the file, or on how TOML writes a date.
const BY_THE_REST_OF_THE_FILE: [&str; 5] = [
    "`Project` is the ABAC tag",
    "AWS reserves keys",
    "are almost the same tag key",
    "expected a value that matches one of `dev`",
    "a date without quotes",
];

/// A TOML file as JSON, if it is TOML: dates are texts.
fn as_json(text: &str) -> Option<Value> {
    fn of(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(datetime) => json!(datetime.to_string()),
            toml::Value::Array(values) => values.into_iter().map(of).collect(),
            toml::Value::Table(members) => {
                Value::Object(members.into_iter().map(|(key, one)| (key, of(one))).collect())
            }
            other => json!(other),
        }
    }
    Some(of(toml::Value::Table(toml::from_str(text).ok()?)))
}

fn schema() -> Validator {
    let schema: Value = serde_json::from_str(&tagwarden(&["policy", "schema"]).stdout).expect("JSON");
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-04/schema#", "what taplo reads");
    jsonschema::draft4::meta::validate(&schema).expect("a valid schema");
    jsonschema::draft4::new(&schema).expect("a schema")
}

/// Every file of policies below a folder, except what is built.
fn policies(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let texts = files.map(|file| fs::read_to_string(file).expect("a text"));
    let own = texts.filter(|text| text.lines().any(|line| line == "version = 1"));
    let is_source = |path: &&std::path::PathBuf| !path.ends_with("target") && !path.ends_with(".git");
    own.chain(folders.iter().filter(is_source).flat_map(|folder| policies(folder))).collect()
}

#[test]
fn the_schema_takes_every_policy_of_the_repository() {
    let schema = schema();
    let of_rules = tagwarden::RULES.iter().map(|rule| format!("version = 1\n{}", rule.example_table()));
    let policies = policies(root());
    assert!(policies.len() >= 4, "{} policies", policies.len());
    for text in policies.into_iter().chain(of_rules).chain([uncommented()]) {
        let policy = as_json(&text).expect("TOML");
        let errors: Vec<_> = schema.iter_errors(&policy).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{text}");
    }
}

/// The file that editors read beside `policy.toml`.
#[test]
fn the_schema_file_is_current() {
    let path = root().join("policy.schema.json");
    let printed = tagwarden(&["policy", "schema"]).stdout;
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &printed).expect("written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == printed,
        "policy.schema.json is stale: `UPDATE=1 cargo test --workspace --test policy` renews it"
    );
    let first = fs::read_to_string(root().join("policy.toml")).expect("the file").lines().next().map(str::to_owned);
    assert_eq!(first.as_deref(), Some("#:schema ./policy.schema.json"));
}

#[test]
fn what_is_looser_than_before_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let [old, new] = ["old.toml", "new.toml"].map(|name| folder.path().join(name));
    let path = |path: &'static str| folder.path().join(path).to_str().expect("UTF-8").to_owned();
    fs::write(&old, "version = 1\n[rules.missing-vpc]\n[rules.excessive-runtime]\nmax-hours = 24\n").expect("written");
    fs::write(&new, "version = 1\n[rules.excessive-runtime]\nmax-hours = 48\n").expect("written");
    let against = |new: &str, old: &str| tagwarden(&["policy", "check", new, "--against", old]);
    let ran = against(&path("new.toml"), &path("old.toml"));
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    for line in [
        "looser: `missing-vpc`: it is off",
        "looser: `excessive-runtime`: `max-hours` is 48 instead of 24",
        "2 settings are looser than in",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    let ran = against(&path("old.toml"), &path("new.toml"));
    assert!(ran.status == 0 && ran.stdout.contains("0 settings are looser than in"), "{}", ran.stdout);
    fs::write(&new, "version = 1\n[rules.missing-vcp]\n").expect("written");
    assert_eq!(against(&path("new.toml"), &path("old.toml")).status, 2);
    assert_eq!(against(&path("old.toml"), &path("new.toml")).status, 2);
}

#[test]
fn a_tag_policy_becomes_tables() {
    let effective = root().join("tests/data/effective-tag-policy.json");
    let ran = tagwarden(&["policy", "from-tag-policy", effective.to_str().expect("UTF-8")]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let checked =
        policy_check(&format!("version = 1\n[rules.missing-tag]\n[rules.unapproved-tag-value]\n{}", ran.stdout));
    assert_eq!(checked.stdout, "policy.toml: 0 errors, 0 warnings\n", "{}", ran.stdout);
    for line in [
        "[tags.CostCenter]",
        "values = [\"CC-*\"]",
        "[tags.Environment]",
        "values = [\"dev\", \"prod\"]",
        "required = true",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    let ran = tagwarden(&["policy", "from-tag-policy", "policy.toml"]);
    assert!(ran.status == 2 && ran.stderr.contains("policy.toml: not JSON"), "{}", ran.stderr);
}

#[test]
fn what_can_never_have_an_effect_is_a_warning() {
    let types = "version = 1\n[rules.unapproved-instance-type]\nallow = ['ml.m5.*', 'm5.large']\n";
    let long = "version = 1\n[abac]\nprojects = ['atlas']\n[rules.excessive-runtime]\nmax-hours = 1\n";
    let override_ = |when: &str, hours: u8| {
        format!("[[overrides]]\nwhen = {{ {when} }}\nrules.excessive-runtime.max-hours = {hours}\n")
    };
    let abac = |line: &str| format!("version = 1\n[abac]\nprojects = ['atlas', 'platform']\n{line}\n");
    for (policy, place, says) in [
        (abac("shared = ['platfrom']"), "policy.toml:4:11", "did you mean `platform`?"),
        (abac("administrators = ['arn:aws:iam::*:role/*']"), "policy.toml:4:19", "every role or user an administrator"),
        (
            "version = 1\n[tags.Owner]\nvalues = ['a']\ndefault = 'a'\n".to_owned(),
            "policy.toml:4:11",
            "the default of `Owner` is never set",
        ),
        (
            "version = 1\n[tags.Owner]\nrequired = true\noperations = ['StopTrainingJob']\n".to_owned(),
            "policy.toml:4:15",
            "take no tags",
        ),
        ("version = 1\n[rules.missing-tag]\n".to_owned(), "policy.toml:2:8", "has no tag to require"),
        ("version = 1\n[rules.foreign-tag]\n".to_owned(), "policy.toml:2:8", "has no tag to compare"),
        ("version = 1\n[rules.unapproved-tag-value]\n".to_owned(), "policy.toml:2:8", "no list to compare with"),
        (
            format!(
                "{long}{}{}",
                override_("tags = { Stage = ['a', 'b'] }", 2),
                override_("tags = { stage = ['a'] }", 3)
            ),
            "policy.toml:11:25",
            "an earlier override always hides this",
        ),
        (types.to_owned(), "policy.toml:3:21", "no SageMaker instance type matches it"),
        (EXEMPTION.replace("[rules.missing-vpc]\n", ""), "policy.toml:4:10", "the rule `missing-vpc` is off"),
        (EXEMPTION.replace("2099-12-31", "2020-12-31"), "policy.toml:6:9", "expired after 2020-12-31"),
        (
            EXEMPTION.replace("iam::111122223333:role/A", "sts::111122223333:assumed-role/A/b"),
            "policy.toml:4:15",
            "never matches",
        ),
        (format!("{long}{}", override_("projects = ['atlsa']", 2)), "policy.toml:7:22", "did you mean `atlas`?"),
        (
            format!(
                "{long}{}{}",
                override_("projects = ['atlas']", 2),
                override_("projects = ['atlas'], accounts = ['111122223333']", 3)
            ),
            "policy.toml:11:25",
            "an earlier override always hides this",
        ),
        (
            format!("{long}{}", override_("operations = ['CreateTrainingJobs']", 2)),
            "policy.toml:7:24",
            "did you mean `CreateTrainingJob`?",
        ),
        (
            "version = 1\n[personas.engineer]\noperations = ['DescribeEndpoint', 'InvokeEndpoint', 'CreateModle']\n"
                .to_owned(),
            "policy.toml:3:53",
            "did you mean `CreateModel`?",
        ),
        (
            format!("{long}{}", override_("operations = ['DescribeModel']", 2)),
            "policy.toml:7:24",
            "does not judge calls of this operation",
        ),
        ("version = 1\n[rules.persona-overreach]\n".to_owned(), "policy.toml:2:8", "has no persona to compare with"),
        ("version = 1\n[rules.unknown-project]\n".to_owned(), "policy.toml:2:8", "no list to compare with"),
        (
            "version = 1\n[rules.unapproved-kms-key]\nallow = ['alias/aws/s3']\n".to_owned(),
            "policy.toml:3:10",
            "can never match",
        ),
        ("version = 1\n[rules.unapproved-subnet]\nallow = []\n".to_owned(), "policy.toml:3:9", "is empty"),
        (
            "version = 1\n[rules.on-demand-training]\nprevent = 'deny'\n".to_owned(),
            "policy.toml:3:11",
            "IAM cannot prevent what this rule finds",
        ),
    ] {
        let ran = policy_check(&policy);
        assert_eq!(ran.status, 0, "{policy}{}", ran.stdout);
        assert!(
            ran.stdout.contains(&format!("--> {place}")) && ran.stdout.contains(says),
            "{place} {says}\n{policy}\n{}",
            ran.stdout
        );
        assert!(ran.stdout.ends_with("policy.toml: 0 errors, 1 warning\n"), "{}", ran.stdout);
    }
}

#[test]
fn a_narrower_override_before_a_wider_one_is_no_warning() {
    let policy = "version = 1\n[rules.excessive-runtime]\nmax-hours = 1\n\
        [[overrides]]\nwhen = { projects = ['a'] }\nrules.excessive-runtime.max-hours = 2\n\
        [[overrides]]\nwhen = { projects = ['a', 'b'] }\nrules.excessive-runtime.max-hours = 3\n";
    assert_eq!(policy_check(policy).stdout, "policy.toml: 0 errors, 0 warnings\n");
}

#[test]
fn the_default_policy_is_clean() {
    let ran = tagwarden(&["policy", "check", "policy.toml"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "policy.toml: 0 errors, 0 warnings\n"));
}

#[test]
fn the_commented_out_part_of_the_default_policy_is_valid_too() {
    let ran = policy_check(&uncommented());
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(uncommented().contains("\n[[exemptions]]\n"), "the example has an exemption");
}

/// The default policy with all that is commented out.
fn uncommented() -> String {
    let text = fs::read_to_string(root().join("policy.toml")).expect("the file");
    let is_setting = |line: &str| line.starts_with(['[', '"']) || line.contains(" = ");
    let lines = text.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_is_judged_by_a_bad_policy() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    fs::write(&path, "version = 1\n[rules.missing-vcp]\n").expect("written");
    let ran = tagwarden(&["check", "--policy", path.to_str().expect("UTF-8"), "events"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains(":2:8") && ran.stderr.contains("did you mean `missing-vpc`?"), "{}", ran.stderr);
    assert_eq!(tagwarden(&["check", "--policy", "no-such-file.toml", "events"]).status, 2);
}

#[test]
fn rules_are_listed_and_explained() {
    let list = tagwarden(&["rules"]).stdout;
    for rule in tagwarden::rules::RULES {
        assert!(list.contains(rule.id));
        let explained = tagwarden(&["rules", rule.id]).stdout;
        for part in [rule.fails_when, rule.why, rule.fix, rule.example.lines().next().expect("an example")] {
            assert!(explained.contains(part), "{}: {part}", rule.id);
        }
    }
    let ran = tagwarden(&["rules", "missing-vcp"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("did you mean `missing-vpc`?"), "{}", ran.stderr);
}

/// Those that end soon are listed, for a job that runs each day.
#[test]
fn exemptions_that_end_soon_are_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let exemption = |name: &str, days: i64| {
        let until = today.saturating_add(days.days());
        format!(
            "[[exemptions]]\nprincipals = ['arn:aws:iam::111122223333:role/{name}']\nrules = ['missing-vpc']\n\
             until = {until}\nreason = 'a test'\nowner = 'ana'\n"
        )
    };
    let text =
        ["version = 1\n[rules.missing-vpc]\n", &exemption("Soon", 3), &exemption("Later", 30), &exemption("Gone", -3)]
            .concat();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, text).expect("written");
    let file = file.to_str().expect("UTF-8");
    let ran = tagwarden(&["policy", "check", file, "--expiring", "2 weeks"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let listed: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with("expiring: ")).collect();
    assert!(
        matches!(listed.as_slice(), [one] if one.contains("role/Soon") && one.ends_with("a test (ana)")),
        "{listed:?}"
    );
    assert_eq!(tagwarden(&["policy", "check", file, "--expiring", "1d"]).status, 0);
    let ran = tagwarden(&["policy", "check", file, "--expiring", "soon"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("expected a time such as `14d`"), "{}", ran.stderr);
}

/// What a package of the command line carries besides it names every command.
#[test]
fn every_command_has_a_manual_page_and_completions() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("man");
    let ran = tagwarden(&["man", pages.to_str().expect("UTF-8")]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let help = tagwarden(&["--help"]).stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<_> =
        commands.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"check") && commands.len() > 7, "{commands:?}");
    for shell in ["bash", "zsh", "fish"] {
        let script = tagwarden(&["completions", shell]).stdout;
        for command in commands.iter().filter(|command| **command != "help") {
            assert!(script.contains(command), "{shell}: {command}");
            assert!(pages.join(format!("tagwarden-{command}.1")).exists(), "{command}");
        }
    }
}
