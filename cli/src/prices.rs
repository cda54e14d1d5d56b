//! List prices of instances, from the files of `--prices`.

use tagwarden::evidence::Evidence;
use tagwarden_audit::{AllProblems, iam};

use crate::args::PriceArgs;
use crate::exit::CliError;
use crate::input;

/// Adds what the files of `--prices` hold, and what could not be read of them.
pub fn load(args: &PriceArgs, evidence: &mut Evidence, problems: &mut AllProblems<String>) -> Result<(), CliError> {
    for path in &args.prices {
        let name = input::name(path);
        let bytes = input::inflated(path).map_err(|why| CliError::Message(format!("{name}: {why}")))?;
        let learned = iam::learn(&bytes, evidence);
        if !learned.has_prices && learned.problems.is_empty() {
            return Err(CliError::Message(format!(
                "{name}: it holds no hourly price in US dollars of an instance of SageMaker's: expected the output of `aws \
                pricing get-products --service-code AmazonSageMaker`, or the bulk file of a region"
            )));
        }
        problems.add(&name, &learned.problems);
    }
    Ok(())
}
