//! Packs statements into as few documents as AWS's size limits allow.

use super::text::{self, Style};
use crate::statement::{Document, Statement};

/// The limits of a kind of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeLimits {
    /// How many characters a document may have.
    pub max_chars: usize,
    /// How many documents there may be.
    pub max_documents: usize,
    /// How the documents are written, which decides how many characters they have.
    pub style: Style,
}

/// Packs statements by first fit decreasing. The documents, and the statements in each, are in the order of
/// `statements`, so a small change of the policy is a small change of the documents.
///
/// # Errors
/// What does not fit, and what can be done about it.
pub(super) fn pack(statements: &[Statement], limits: SizeLimits) -> Result<Vec<Document>, String> {
    let size = |statements: Vec<Statement>| text::json(&Document { statements }, limits.style).map(|text| text.len());
    let mut by_size = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let chars = size(vec![statement.clone()]).map_err(|error| error.to_string())?;
        if chars > limits.max_chars {
            return Err(format!(
                "statement `{}` alone has {chars} characters, but a document may have only {}: shorten its list in \
                the policy, or raise `--max-chars` if AWS allows it",
                statement.sid, limits.max_chars
            ));
        }
        by_size.push((chars, index, statement));
    }
    by_size.sort_by_key(|(chars, index, _)| (std::cmp::Reverse(*chars), *index));
    let mut documents: Vec<Vec<(usize, &Statement)>> = Vec::new();
    for (_, index, statement) in by_size {
        let fits = |document: &&mut Vec<(usize, &Statement)>| {
            let together = document.iter().map(|(_, statement)| (*statement).clone()).chain([statement.clone()]);
            size(together.collect()).is_ok_and(|chars| chars <= limits.max_chars)
        };
        match documents.iter_mut().find(fits) {
            Some(document) => document.push((index, statement)),
            None => documents.push(vec![(index, statement)]),
        }
    }
    if documents.len() > limits.max_documents {
        return Err(format!(
            "{} statements need {} documents of {} characters, but the limit is {}: raise `--max-chars` or \
            `--max-documents` if AWS allows it, or leave out rules with `--except`",
            statements.len(),
            documents.len(),
            limits.max_chars,
            limits.max_documents
        ));
    }
    for document in &mut documents {
        document.sort_by_key(|(index, _)| *index);
    }
    documents.sort_by_key(|document| document.first().map(|(index, _)| *index));
    let document = |statements: Vec<(usize, &Statement)>| Document {
        statements: statements.into_iter().map(|(_, statement)| statement.clone()).collect(),
    };
    Ok(documents.into_iter().map(document).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statement::Test;

    fn statement(index: usize, padding: usize) -> Statement {
        let names = vec!["x".repeat(padding)];
        Statement::deny(format!("S{index}"), ["iam:PassRole"], Test::equals("aws:PrincipalTag/a", &names)).unwrap()
    }

    fn limits(max_chars: usize, max_documents: usize) -> SizeLimits {
        SizeLimits { max_chars, max_documents, style: Style::Minified }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = pack(&[statement(1, 10), statement(2, 500)], limits(400, 5)).unwrap_err();
        assert!(error.starts_with("statement `S2` alone has "), "{error}");
        let error = pack(&[statement(1, 300), statement(2, 300)], limits(500, 1)).unwrap_err();
        assert!(error.starts_with("2 statements need 2 documents of 500 characters, but the limit is 1:"), "{error}");
    }

    proptest! {
        #[test]
        fn every_statement_is_in_one_document_that_fits(paddings in prop::collection::vec(0_usize..300, 0..20)) {
            let statements: Vec<_> = paddings.iter().enumerate().map(|(index, padding)| statement(index, *padding)).collect();
            let documents = pack(&statements, limits(600, 20)).unwrap();
            let mut packed: Vec<_> = documents.iter().flat_map(|document| document.statements.clone()).collect();
            packed.sort_by_key(|statement| statements.iter().position(|known| known == statement));
            prop_assert_eq!(packed, statements);
            for document in &documents {
                prop_assert!(text::json(document, Style::Minified).unwrap().len() <= 600);
                prop_assert!(!document.statements.is_empty());
            }
        }
    }
}
