//! IAM's data on roles and users, the tags of resources, and list prices, from files of that data.

use tagwarden::evidence::{Evidence, Prices};
use tagwarden::record::documents::{self, Item};

use crate::log_file::{Content, content, inflate, is_gzip};
use crate::problems::Problems;

/// What was found in a file.
#[derive(Debug, Default)]
pub struct Learned {
    /// Whether the file holds output of `aws iam get-account-authorization-details` or of
    /// `aws resourcegroupstaggingapi get-resources`.
    pub is_iam: bool,
    /// Whether it holds list prices of SageMaker's instances.
    pub has_prices: bool,
    /// What could not be read.
    pub problems: Problems,
}

/// Learns the data from the `bytes` of a file.
pub fn learn(bytes: &[u8], evidence: &mut Evidence) -> Learned {
    let mut learned = Learned::default();
    if let Err(problem) = read(bytes, evidence, &mut learned) {
        learned.problems.add_of_file(problem);
    }
    learned
}

fn read(bytes: &[u8], evidence: &mut Evidence, learned: &mut Learned) -> Result<(), String> {
    let inflated = if is_gzip(bytes) { Some(inflate(bytes)?) } else { None };
    let Content::Text(text) = content(inflated.as_deref().unwrap_or(bytes), &mut learned.problems)? else {
        return Ok(());
    };
    documents::split(&text, &mut |place, item| match item {
        Ok(Item::AuthorizationDetails(details) | Item::ResourceTags(details)) => {
            learned.is_iam = true;
            evidence.add_page(&details).into_iter().for_each(|unread| learned.problems.add(place.problem(unread)));
        }
        Ok(Item::Prices(list)) => {
            let mut prices = Prices::default();
            prices.add_list(list).into_iter().for_each(|unread| learned.problems.add(place.problem(unread)));
            learned.has_prices |= !prices.is_empty();
            evidence.prices.extend(prices);
        }
        Ok(_) => {}
        Err(why) => learned.problems.add(place.problem(why)),
    });
    Ok(())
}
