//! Fewer statements with the same meaning.

use crate::statement::Statement;

/// Statements that deny the same requests as `statements`, which all deny. Each keeps its name, or the name of the first of
/// those that it stands for.
pub fn simplified(statements: Vec<Statement>) -> Vec<Statement> {
    let mut kept: Vec<Statement> = Vec::new();
    for statement in statements.into_iter().map(Statement::minimal) {
        if !statement.is_implied_by(&kept) {
            kept.push(statement);
        }
    }
    // The last first: what is left is then named after what came first.
    for index in (0..kept.len()).rev() {
        let statement = kept.remove(index);
        if !statement.is_implied_by(&kept) {
            kept.insert(index, statement);
        }
    }
    let mut merged: Vec<Statement> = Vec::new();
    'statements: for statement in kept {
        for known in &mut merged {
            if let Some(both) = known.merged_with(&statement) {
                *known = both;
                continue 'statements;
            }
        }
        merged.push(statement);
    }
    merged
}
