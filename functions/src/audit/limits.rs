//! The limits of an invocation: time and memory. A function that comes near a limit reports it, before Lambda ends it silently.

use std::time::{Duration, SystemTime};

/// The time that judging and writing the report need.
const RESERVE: Duration = Duration::from_secs(120);

/// How much of the memory may be used, in percent.
const USABLE: u64 = 85;

/// The limits of an invocation.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    deadline: SystemTime,
    /// The memory in bytes.
    memory: u64,
}

impl Limits {
    /// The limits of an invocation that ends at `deadline` and has this much memory in MB.
    pub fn new(deadline: SystemTime, megabytes: u64) -> Self {
        Self { deadline, memory: megabytes << 20 }
    }

    /// Checks whether the work can continue after `done` of `all` extracts.
    ///
    /// # Errors
    /// If Lambda is about to end the invocation. The message says what to change.
    pub fn check(&self, done: usize, all: usize) -> Result<(), String> {
        self.check_against(SystemTime::now(), resident_memory(), done, all)
    }

    fn check_against(&self, now: SystemTime, resident: u64, done: usize, all: usize) -> Result<(), String> {
        let advice = "audit a shorter period, or fewer accounts by narrower prefixes";
        let progress = format!("{done} of {all} extracts read");
        if self.deadline < now + RESERVE {
            return Err(format!("the time of an invocation does not suffice, {progress}: {advice}"));
        }
        let (used, memory) = (resident >> 20, self.memory >> 20);
        if self.memory > 0 && resident > self.memory / 100 * USABLE {
            let more = "give it more (`JudgeMemory`, up to 10240 MB)";
            return Err(format!("{used} of {memory} MB of memory are in use, {progress}: {more}, or {advice}"));
        }
        Ok(())
    }
}

/// The resident memory of the process in bytes. 0 if the system does not report it.
fn resident_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_reported_before_they_are_hit() {
        let now = SystemTime::now();
        let limits = Limits { deadline: now + Duration::from_secs(900), memory: 1024 << 20 };
        assert_eq!(limits.check_against(now, 500 << 20, 1, 9), Ok(()));
        let problem = limits.check_against(now, 900 << 20, 1, 9).expect_err("too much memory");
        assert!(problem.starts_with("900 of 1024 MB of memory are in use, 1 of 9 extracts read: give it more"));
        let problem = limits.check_against(now + Duration::from_secs(800), 0, 1, 9).expect_err("too late");
        assert!(
            problem.starts_with("the time of an invocation does not suffice, 1 of 9 extracts read: audit a shorter")
        );
        assert!(resident_memory() > 1 << 20, "Linux reports it");
    }
}
