//! An interpreter of Amazon States Language, as far as `audit.yaml` uses it: emulators do not run a distributed map over a
//! bucket. It refuses what it does not know, so that every definition that runs is tested.
//!
//! Source: Amazon States Language (<https://states-language.net>); Step Functions Developer Guide, "ItemReader", "ItemBatcher",
//! "ResultWriter".

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use crate::list;

/// The environment of a state machine.
pub trait World {
    /// Invokes a function by its ARN.
    ///
    /// # Errors
    /// If the function fails.
    fn invoke(&mut self, function: &str, payload: &Value) -> Result<Value, String>;

    /// The objects below a prefix, as `ItemReader` lists them.
    fn list(&mut self, bucket: &str, prefix: &str) -> Vec<Value>;

    /// Writes an object.
    fn write(&mut self, bucket: &str, key: &str, content: &str);
}

/// A state machine.
pub struct StateMachine {
    definition: Value,
}

impl StateMachine {
    /// The state machine of a definition, with the values for its `${…}`.
    pub fn new(definition: &Value, substitutions: &[(&str, &str)]) -> Self {
        let mut text = definition.to_string();
        for (name, value) in substitutions {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        assert!(!text.contains("${"), "something is not substituted: {text}");
        Self { definition: serde_json::from_str(&text).expect("JSON") }
    }

    /// Executes it.
    ///
    /// # Errors
    /// If a function fails. A real state machine would retry first.
    pub fn execute(&self, world: &mut impl World, name: &str, input: &Value) -> Result<Value, String> {
        let context = json!({"Execution": {"Name": name, "Input": input}});
        run(&self.definition, &context, input.clone(), world)
    }
}

fn run(machine: &Value, context: &Value, input: Value, world: &mut impl World) -> Result<Value, String> {
    let mut name = machine["StartAt"].as_str().expect("StartAt");
    let mut data = input;
    loop {
        let state = &machine["States"][name];
        data = step(state, context, &data, world)?;
        match state["Next"].as_str() {
            Some(next) => name = next,
            None => {
                assert_eq!(state["End"], true, "{name} neither ends nor goes on");
                return Ok(data);
            }
        }
    }
}

/// Refuses fields of an object that are not among `known`.
fn knows(object: &Value, known: &[&str]) {
    for key in object.as_object().expect("an object").keys() {
        assert!(known.contains(&key.as_str()), "`{key}` is not supported: {object}");
    }
}

const OF_ALL: [&str; 6] = ["Type", "Next", "End", "Parameters", "ResultPath", "OutputPath"];

fn step(state: &Value, context: &Value, input: &Value, world: &mut impl World) -> Result<Value, String> {
    let parameters = state.get("Parameters").map_or_else(|| input.clone(), |template| fill(template, context, input));
    let result = match state["Type"].as_str().expect("a type") {
        "Pass" => {
            knows(state, &OF_ALL);
            parameters
        }
        "Task" => {
            knows(state, &[OF_ALL.as_slice(), &["Resource", "Retry", "TimeoutSeconds"]].concat());
            world.invoke(state["Resource"].as_str().expect("a resource"), &parameters)?
        }
        "Map" if state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED" => {
            distributed_map(state, context, input, world)?
        }
        "Map" => {
            let known = ["ItemsPath", "ItemSelector", "ItemProcessor", "MaxConcurrency"];
            knows(state, &[OF_ALL.as_slice(), &known].concat());
            let items = path(state["ItemsPath"].as_str().expect("a path"), context, input);
            let results = list(&items).iter().map(|item| {
                let mut context = context.clone();
                context["Map"] = json!({"Item": {"Value": item}});
                let input = fill(&state["ItemSelector"], &context, input);
                run(&state["ItemProcessor"], &context, input, world)
            });
            Value::Array(results.collect::<Result<_, _>>()?)
        }
        other => panic!("states of type {other} are not known"),
    };
    let mut output = match state["ResultPath"].as_str() {
        None => result,
        Some(place) => {
            let mut data = input.clone();
            data[place.strip_prefix("$.").expect(place)] = result;
            data
        }
    };
    if let Some(chosen) = state["OutputPath"].as_str() {
        output = path(chosen, context, &output);
    }
    Ok(output)
}

fn distributed_map(state: &Value, context: &Value, input: &Value, world: &mut impl World) -> Result<Value, String> {
    let known = ["Label", "ItemReader", "ItemBatcher", "ItemProcessor", "ResultWriter"];
    let limits = ["MaxConcurrencyPath", "ToleratedFailurePercentage"];
    knows(state, &[OF_ALL.as_slice(), &known, &limits].concat());
    let (reader, batcher, writer) = (&state["ItemReader"], &state["ItemBatcher"], &state["ResultWriter"]);
    assert!(path(state["MaxConcurrencyPath"].as_str().expect("a path"), context, input).is_u64());
    knows(reader, &["Resource", "Parameters"]);
    knows(batcher, &["MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "BatchInput"]);
    assert_eq!(reader["Resource"], "arn:aws:states:::s3:listObjectsV2");
    let from = fill(&reader["Parameters"], context, input);
    knows(&from, &["Bucket", "Prefix"]);
    let items = world.list(from["Bucket"].as_str().expect("a bucket"), from["Prefix"].as_str().expect("a prefix"));

    let size = path(batcher["MaxItemsPerBatchPath"].as_str().expect("a path"), context, input);
    let size = usize::try_from(size.as_u64().expect("a number")).expect("a size");
    let most = usize::try_from(batcher["MaxInputBytesPerBatch"].as_u64().expect("a number")).expect("a size");
    let shared = fill(&batcher["BatchInput"], context, input);
    let mut results = String::new();
    for items in items.chunks(size) {
        let batch = json!({"Items": items, "BatchInput": shared});
        assert!(batch.to_string().len() <= most, "this interpreter does not make batches smaller");
        results += &format!("{}\n", run(&state["ItemProcessor"], context, batch, world)?);
    }

    assert_eq!(writer["Resource"], "arn:aws:states:::s3:putObject");
    assert_eq!(writer["WriterConfig"], json!({"Transformation": "COMPACT", "OutputType": "JSONL"}));
    let to = fill(&writer["Parameters"], context, input);
    let (bucket, prefix) = (to["Bucket"].as_str().expect("a bucket"), to["Prefix"].as_str().expect("a prefix"));
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let folder = format!("{prefix}/{}", RUNS.fetch_add(1, Ordering::Relaxed));
    let (results_key, manifest_key) = (format!("{folder}/SUCCEEDED_0.jsonl"), format!("{folder}/manifest.json"));
    let succeeded = json!([{"Key": results_key, "Size": results.len()}]);
    let manifest = json!({
        "DestinationBucket": bucket,
        "MapRunArn": "arn:aws:states:eu-west-1:123456789012:mapRun:tagwarden-audit/EachBatch:1",
        "ResultFiles": {"FAILED": [], "PENDING": [], "SUCCEEDED": succeeded},
    });
    world.write(bucket, &results_key, &results);
    world.write(bucket, &manifest_key, &manifest.to_string());
    Ok(json!({"MapRunArn": manifest["MapRunArn"], "ResultWriterDetails": {"Bucket": bucket, "Key": manifest_key}}))
}

/// Fills in a payload template.
fn fill(template: &Value, context: &Value, input: &Value) -> Value {
    match template {
        Value::Object(members) => {
            let filled = members.iter().map(|(key, value)| match (key.strip_suffix(".$"), value.as_str()) {
                (Some(key), Some(text)) => (key.to_owned(), expression(text, context, input)),
                _ => (key.clone(), fill(value, context, input)),
            });
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

/// A path, or one of the intrinsic functions that are used.
fn expression(text: &str, context: &Value, input: &Value) -> Value {
    let Some((function, arguments)) = text.split_once('(') else { return path(text, context, input) };
    let arguments = arguments.strip_suffix(')').expect(text);
    let quoted =
        |text: &str| text.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).map(str::to_owned);
    match function {
        "States.StringToJson" => serde_json::from_str(&quoted(arguments).expect(text)).expect("JSON"),
        "States.StringSplit" => {
            let (split, by) = arguments.rsplit_once(", ").expect(text);
            let (split, by) = (quoted(split).expect(text), quoted(by).expect(text));
            split.split(&by).filter(|part| !part.is_empty()).collect()
        }
        "States.JsonMerge" => {
            let arguments: Vec<_> = arguments.split(", ").collect();
            let [one, other, "false"] = arguments.as_slice() else { panic!("{text}") };
            let [mut merged, other] = [one, other].map(|argument| path(argument, context, input));
            let members: Map<_, _> = other.as_object().expect("an object").clone();
            merged.as_object_mut().expect("an object").extend(members);
            merged
        }
        other => panic!("{other} is not known"),
    }
}

/// The value at a path. An execution fails if there is none.
fn path(text: &str, context: &Value, input: &Value) -> Value {
    let (root, names) = match text.strip_prefix("$$") {
        Some(names) => (context, names),
        None => (input, text.strip_prefix('$').expect(text)),
    };
    let found = names.split('.').skip(1).try_fold(root, |value, name| value.get(name));
    found.unwrap_or_else(|| panic!("{text} leads nowhere in {root}")).clone()
}
