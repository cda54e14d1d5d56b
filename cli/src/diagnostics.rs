//! Findings about policy files, with the line in question.

use std::io::Write;

use annotate_snippets::{AnnotationKind, Group, Level as Title, Renderer, Snippet};
use tagwarden::policy::{Diagnostic, Level};

/// A finding with its file, line and column, and the line itself.
pub fn render(name: &str, text: &str, problem: &Diagnostic, coloured: bool) -> String {
    let title = match problem.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
    };
    let annotation = AnnotationKind::Primary.span(problem.span.clone());
    let mut group: Group =
        title.primary_title(&problem.message).element(Snippet::source(text).path(name).annotation(annotation));
    if let Some(help) = &problem.help {
        group = group.element(Title::HELP.message(help));
    }
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

pub fn print_to_stderr(name: &str, text: &str, problems: &[Diagnostic]) {
    let mut stream = anstream::stderr();
    let coloured = stream.current_choice() != anstream::ColorChoice::Never;
    for problem in problems {
        let _ = writeln!(stream, "{}\n", render(name, text, problem, coloured));
    }
}
