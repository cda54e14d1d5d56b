//! An emulated AWS account, which lives as long as its test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::root;

/// The region of the account.
pub const REGION: &str = "eu-west-1";

/// An emulated AWS account, with a role of a data scientist, an execution role, a table, and a topic with a queue behind it.
pub struct Emulator {
    process: Child,
    address: String,
    seeded: Value,
}

impl Emulator {
    /// Starts the emulator and fills the account.
    pub fn start() -> Self {
        let mut process = Command::new(python())
            .arg(root().join("tests/aws/emulator.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the emulator starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://").expect(&line).to_owned();
        let seeded = Command::new(python())
            .arg(root().join("tests/aws/seed.py"))
            .arg(format!("http://{address}"))
            .env("AWS_REGION", REGION)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .expect("the account is filled");
        assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
        let seeded = serde_json::from_slice(&seeded.stdout).expect("JSON");
        let emulator = Self { process, address, seeded };
        emulator.control("DELETE", "journal", &Value::Null);
        emulator
    }

    /// The environment of a function in this account. Its name is its access key, so that the journal names the caller.
    pub fn environment(&self, function: &str) -> Vec<(String, String)> {
        let text = |key: &str| self.seeded[key].as_str().expect(key).to_owned();
        let pairs = [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", function.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("TAGWARDEN_TABLE", text("table")),
            ("TAGWARDEN_TOPIC", text("topic_arn")),
            ("TAGWARDEN_BUS", text("bus")),
            // Tests that are not about storms need each alert.
            ("TAGWARDEN_ALERT_INTERVAL", "0".to_owned()),
        ];
        // Each guard has a queue of its own, and a test has one guard.
        let delay_queue = function.starts_with("guard-").then(|| ("TAGWARDEN_DELAY_QUEUE", text("delay_queue_url")));
        pairs.into_iter().chain(delay_queue).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Calls an operation of a service that speaks JSON, and returns its answer.
    pub fn call(&self, service: &str, target: &str, parameters: &Value) -> Value {
        self.try_call(service, target, parameters).unwrap_or_else(|error| panic!("{target} {parameters}: {error}"))
    }

    fn try_call(&self, service: &str, target: &str, parameters: &Value) -> Result<Value, String> {
        let scope = format!("Credential=TEST/20260302/{REGION}/{service}/aws4_request");
        let headers = format!(
            "X-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.1\r\n\
            Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0\r\n"
        );
        let (status, answer) = self.request("POST", "/", &headers, &parameters.to_string());
        if status >= 300 {
            return Err(format!("{status} {answer}"));
        }
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_str(&answer).expect(&answer) })
    }

    /// Calls a SageMaker operation.
    pub fn sagemaker(&self, operation: &str, parameters: &Value) -> Value {
        self.call("sagemaker", &format!("SageMaker.{operation}"), parameters)
    }

    /// Calls a SageMaker operation that may fail.
    pub fn try_sagemaker(&self, operation: &str, parameters: &Value) -> Result<Value, String> {
        self.try_call("sagemaker", &format!("SageMaker.{operation}"), parameters)
    }

    /// Puts an object into a bucket. The bucket is created if it is missing.
    pub fn put_object(&self, bucket: &str, key: &str, content: impl AsRef<[u8]>) {
        let here = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        let (made, answer) = self.s3("PUT", &format!("/{bucket}"), here.as_bytes());
        let answer = String::from_utf8_lossy(&answer);
        assert!(made < 300 || answer.contains("BucketAlreadyOwnedByYou"), "{made} {answer}");
        let (put, answer) = self.s3("PUT", &format!("/{bucket}/{key}"), content.as_ref());
        assert!(put < 300, "{put} {}", String::from_utf8_lossy(&answer));
    }

    /// The content of an object, if there is one.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let (status, answer) = self.s3("GET", &format!("/{bucket}/{key}"), b"");
        (status < 300).then_some(answer)
    }

    /// Deletes an object.
    pub fn delete_object(&self, bucket: &str, key: &str) {
        let (status, _) = self.s3("DELETE", &format!("/{bucket}/{key}"), b"");
        assert!(status < 300, "{status}");
    }

    /// Keys and entity tags of the objects whose keys begin with `prefix`, at most a thousand.
    pub fn objects(&self, bucket: &str, prefix: &str) -> Vec<(String, String)> {
        let (status, answer) = self.s3("GET", &format!("/{bucket}?list-type=2&prefix={prefix}"), b"");
        let answer = String::from_utf8(answer).expect("XML");
        assert!(status < 300 && answer.contains("<IsTruncated>false<"), "{status} {answer}");
        let element = |xml: &str, name: &str| {
            let (_, rest) = xml.split_once(&format!("<{name}>")).expect(name);
            rest.split_once("</").expect(name).0.replace("&quot;", "\"")
        };
        answer.split("<Contents>").skip(1).map(|one| (element(one, "Key"), element(one, "ETag"))).collect()
    }

    fn s3(&self, method: &str, path: &str, content: &[u8]) -> (u16, Vec<u8>) {
        let scope = format!("Credential=TEST/20260302/{REGION}/s3/aws4_request");
        let headers = format!("Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0\r\n");
        self.exchange(method, path, &headers, content)
    }

    /// Makes calls fail.
    pub fn fault(&self, fault: Value) {
        self.control("POST", "faults", &json!([fault]));
    }

    /// Lets all calls succeed again.
    pub fn clear_faults(&self) {
        self.control("DELETE", "faults", &Value::Null);
    }

    /// Empties CloudTrail's event history, as if it had lost the events, or as if they had expired.
    pub fn forget_history(&self) {
        self.control("DELETE", "history", &Value::Null);
    }

    /// Records later calls under this `userIdentity`, in the form of CloudTrail. Calls of functions are excepted.
    pub fn identity(&self, user_identity: Value) {
        self.control("PUT", "identity", &user_identity);
    }

    /// The calls that functions made, in order, as `service:Action`.
    pub fn journal(&self, function: &str) -> Vec<String> {
        let journal = self.control("GET", "journal", &Value::Null);
        let entries = crate::list(&journal).iter().filter(|entry| entry["access_key"] == function);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        entries.map(|entry| format!("{}:{}", text(&entry["service"]), text(&entry["action"]))).collect()
    }

    /// Takes the messages from the queue of the security team, as SNS wraps them.
    pub fn alerts(&self) -> Vec<Value> {
        let messages = self.take(&self.seeded["queue_url"]);
        let bodies = messages.iter().map(|message| message["Body"].as_str().expect("a body"));
        bodies.map(|body| serde_json::from_str(body).expect("JSON")).collect()
    }

    /// Takes the events that were put on the bus of decisions, as EventBridge delivers them.
    pub fn events(&self) -> Vec<Value> {
        let messages = self.take(&self.seeded["events_url"]);
        let bodies = messages.iter().map(|message| message["Body"].as_str().expect("a body"));
        bodies.map(|body| serde_json::from_str(body).expect("JSON")).collect()
    }

    /// Calls an operation of a service that speaks REST with JSON, and returns its answer.
    pub fn rest(&self, service: &str, method: &str, path: &str, body: &Value) -> Value {
        let scope = format!("Credential=TEST/20260302/{REGION}/{service}/aws4_request");
        let headers = format!(
            "Content-Type: application/json\r\nAuthorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0\r\n"
        );
        let (status, answer) = self.request(method, path, &headers, &body.to_string());
        assert!(status < 300, "{method} {path}: {status} {answer}");
        serde_json::from_str(&answer).expect("JSON")
    }

    /// Takes the messages from the delay queue, as Lambda delivers them. Returns them with the delays, in seconds, that are over
    /// at once.
    pub fn postponed(&self) -> (Vec<u64>, Value) {
        let delays = self.control("DELETE", "delays", &Value::Null);
        let delivered = |message: &Value| {
            let attributes = message["MessageAttributes"].as_object().into_iter().flatten();
            let attributes = attributes.map(|(name, value)| {
                (name.clone(), json!({"stringValue": value["StringValue"], "dataType": value["DataType"]}))
            });
            json!({
                "messageId": message["MessageId"],
                "body": message["Body"],
                "messageAttributes": attributes.collect::<serde_json::Map<_, _>>(),
                "eventSource": "aws:sqs",
            })
        };
        let messages: Vec<_> = self.take(&self.seeded["delay_queue_url"]).iter().map(delivered).collect();
        (serde_json::from_value(delays).expect("seconds"), json!({"Records": messages}))
    }

    /// Takes all messages from a queue.
    fn take(&self, queue: &Value) -> Vec<Value> {
        let mut taken = Vec::new();
        loop {
            let parameters = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0,
                "MessageAttributeNames": ["All"]});
            let received = self.call("sqs", "AmazonSQS.ReceiveMessage", &parameters);
            let Some(messages) = received["Messages"].as_array().filter(|messages| !messages.is_empty()) else {
                return taken;
            };
            for message in messages {
                let handle = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
                self.call("sqs", "AmazonSQS.DeleteMessage", &handle);
                taken.push(message.clone());
            }
        }
    }

    fn control(&self, method: &str, what: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = "Content-Type: application/json\r\n";
        let (status, answer) = self.request(method, &format!("/_emulator/{what}"), headers, &body);
        assert!(status < 300, "{method} {what}: {status} {answer}");
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let (status, answer) = self.exchange(method, path, headers, body.as_bytes());
        (status, String::from_utf8(answer).expect("UTF-8"))
    }

    fn exchange(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).expect("the emulator listens");
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.0\r\nHost: {}\r\n{headers}Content-Length: {length}\r\n\r\n", self.address);
        stream.write_all(&[head.as_bytes(), body].concat()).expect("the emulator reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the emulator answers");
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&answer[..end]);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer[end + 4..].to_vec())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Python of a virtual environment for the emulator. It is made if it is missing or out of date.
pub fn python() -> &'static Path {
    static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
        let made = Command::new(root().join("tests/aws/environment")).status();
        assert!(made.expect("it starts").success(), "tests/aws/environment");
        root().join("target/emulator/bin/python")
    });
    &PYTHON
}
