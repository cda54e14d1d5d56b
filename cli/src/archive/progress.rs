//! How much of the archive has been read, for a user at a terminal.

use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::files::LogFile;

/// A progress bar on standard error. It shows nothing if that is not a terminal.
pub struct Progress {
    bar: ProgressBar,
    files: usize,
}

impl Progress {
    pub fn new(files: &[LogFile]) -> Self {
        let bytes = files.iter().map(|file| file.size).sum();
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
        let template = "{bar:30} {percent} %  {msg}, {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, files: files.len() }
    }

    /// A file of `bytes` bytes was read, and `done` files so far.
    pub fn advance(&self, bytes: u64, done: u64) {
        self.bar.set_message(format!("{done} of {} files", self.files));
        self.bar.inc(bytes);
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A size for people: `1.50 MiB`.
pub fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}
