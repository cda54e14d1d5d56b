//! A Lambda Runtime API, and a function that runs against it: the real binary, unchanged.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::emulator::REGION;

/// How long a test waits for the response of a function.
const PATIENCE: Duration = Duration::from_secs(120);

/// A function, started and waiting for events.
pub struct Function {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    events: Sender<String>,
    answers: Receiver<Answer>,
    started: Instant,
    asked: Receiver<Instant>,
}

/// The response or the error of a function.
pub type Answer = Result<String, String>;

impl Function {
    /// Starts the function `name` of this account with these environment variables in addition to those of Lambda.
    pub fn start(name: &str, account: &str, environment: &[(String, String)]) -> Self {
        Self::spawn(name, account, Command::new(crate::program(name)).env_clear().envs(environment.iter().cloned()))
    }

    /// Starts a command as the function `name` of this account.
    pub fn spawn(name: &str, account: &str, command: &mut Command) -> Self {
        let arn = format!("arn:aws:lambda:{REGION}:{account}:function:{name}");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (events, queue) = channel();
        let (answered, answers) = channel();
        let (asking, asked) = channel();
        let queue = Arc::new(Mutex::new(queue));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (queue, answered, asking, arn) =
                    (Arc::clone(&queue), answered.clone(), asking.clone(), arn.clone());
                std::thread::spawn(move || serve(&stream, &arn, &queue, &answered, &asking));
            }
        });
        let started = Instant::now();
        let mut child = command
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "test")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "test")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the function starts");
        // The pipes are read all the time, because a function blocks on a full pipe.
        let stdout = read_all(child.stdout.take());
        let stderr = read_all(child.stderr.take());
        Self { child, stdout, stderr, events, answers, started, asked }
    }

    /// Waits until the function asks for its first event, and returns how long that took.
    pub fn cold_start(&self) -> Duration {
        self.asked.recv_timeout(PATIENCE).expect("the function asks for an event") - self.started
    }

    /// The resident memory of the function, in KiB.
    pub fn resident_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the function runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
    }

    /// Sends an event to the function and waits for its response.
    pub fn invoke(&self, event: &str) -> Answer {
        self.invoke_within(event, PATIENCE)
    }

    /// The same, with a longer wait.
    pub fn invoke_within(&self, event: &str, patience: Duration) -> Answer {
        self.begin(event);
        self.answers.recv_timeout(patience).expect("the function answers")
    }

    /// Sends an event to the function.
    pub fn begin(&self, event: &str) {
        self.events.send(event.to_owned()).expect("the Runtime API runs");
    }

    /// Ends the function and returns what it wrote to standard output, its log.
    pub fn stop(mut self) -> String {
        self.child.kill().expect("the function runs");
        self.child.wait().expect("the function ends");
        self.stdout.join().expect("no panic")
    }

    /// Waits until the function ends by itself and returns what it wrote to standard error.
    pub fn fail(mut self) -> String {
        assert!(!self.child.wait().expect("the function ends").success(), "the function should fail");
        self.stderr.join().expect("no panic")
    }
}

fn read_all(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut pipe = pipe.expect("the pipe is there");
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("UTF-8");
        text
    })
}

/// Answers the requests of one connection: `…/invocation/next`, `…/response`, `…/error`.
fn serve(
    stream: &TcpStream,
    arn: &str,
    queue: &Mutex<Receiver<String>>,
    answered: &Sender<Answer>,
    asking: &Sender<Instant>,
) {
    let mut reader = BufReader::new(stream);
    while let Some((path, body)) = request(&mut reader) {
        let reply = if path.ends_with("/next") {
            // The test may not be waiting for it.
            let _ = asking.send(Instant::now());
            let Ok(event) = queue.lock().expect("no test panics with it").recv() else { return };
            format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: 9999999999999\r\n\
                Lambda-Runtime-Invoked-Function-Arn: {arn}\r\n\
                Content-Length: {}\r\n\r\n{event}",
                event.len()
            )
        } else {
            let answer = if path.ends_with("/response") { Ok(body) } else { Err(body) };
            if answered.send(answer).is_err() {
                return;
            }
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
        };
        let mut writer = stream;
        if writer.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

/// The path and the body of the next request; `None` at the end of the connection.
fn request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "transfer-encoding" => chunked = value == "chunked",
            _ => {}
        }
    }
    let mut body = Vec::new();
    loop {
        if chunked {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            length = usize::from_str_radix(size.trim_end(), 16).ok()?;
        }
        let mut chunk = vec![0; length];
        reader.read_exact(&mut chunk).ok()?;
        body.extend(chunk);
        if !chunked {
            break;
        }
        let mut end = String::new();
        reader.read_line(&mut end).ok()?;
        if length == 0 {
            break;
        }
    }
    Some((path, String::from_utf8(body).ok()?))
}
