//! The list prices of a guard, for rules about cost: none, a file that is deployed with the function, or an object in S3.

use std::sync::Arc;

use tagwarden::evidence::Prices;

use crate::config;
use crate::ports::FetchFile;
use crate::refreshed::Refreshed;

/// The source of the prices, if there is one.
#[derive(Debug, Default)]
pub struct PriceFile(Option<Refreshed<Prices>>);

impl PriceFile {
    /// The prices that the environment variable names.
    ///
    /// # Errors
    /// If the file is invalid. A file in S3 is read later.
    pub fn from_environment() -> Result<Self, String> {
        let file = config::set(config::PRICES).map(|name| Refreshed::named(config::PRICES, &name, parse));
        file.transpose().map(Self)
    }

    /// The current prices. If there is no valid version, a log record and a metric say so, and no price is known: no rule but
    /// those about cost depends on it.
    pub async fn current(&self, ports: &impl FetchFile) -> Prices {
        let Some(file) = &self.0 else { return Prices::default() };
        match file.current(ports, parse).await {
            Ok(prices) => Arc::unwrap_or_clone(prices),
            Err(problem) => {
                file.refuse(&problem);
                Prices::default()
            }
        }
    }
}

/// The prices in `text`, the content of the file `name`.
fn parse(name: &str, text: &str) -> Result<Prices, String> {
    let mut prices = Prices::default();
    let problems = prices.add_list(text);
    if let Some(problem) = problems.first() {
        return Err(format!("{name}: {problem}"));
    }
    if prices.is_empty() {
        return Err(format!(
            "{name}: it holds no hourly price in US dollars of an instance of SageMaker's: expected the output of `aws pricing \
            get-products --service-code AmazonSageMaker`"
        ));
    }
    Ok(prices)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use serde_json::{Value, json};
    use tagwarden::operations::Component;
    use tagwarden::terms::Usd;

    use super::*;
    use crate::memory::Account;
    use crate::ports::{FileObject, S3Object};

    thread_local! {
        static LOG: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
    }

    fn remember(record: &Value) {
        LOG.with_borrow_mut(|log| log.push(record.clone()));
    }

    fn page(usd: &str) -> String {
        let product = json!({
            "product": {"attributes": {"regionCode": "eu-west-1", "usagetype": "EU-Train:ml.m5.large"}},
            "terms": {"OnDemand": {"o": {"priceDimensions": {"d": {"unit": "Hrs", "pricePerUnit": {"USD": usd}}}}}},
        });
        json!({"PriceList": [product.to_string()]}).to_string()
    }

    #[tokio::test]
    async fn changed_prices_take_effect_and_bad_ones_do_not() {
        let object = S3Object { bucket: "b".to_owned(), key: "prices.json".to_owned() };
        let file = PriceFile(Some(Refreshed::in_s3(object, Duration::ZERO, remember)));
        let account = Account::default();
        for (text, expected) in [
            (None, None),
            (Some(page("1")), Some("1")),
            (Some(page("2")), Some("2")),
            (Some("{".to_owned()), Some("2")),
            (Some(r#"{"PriceList":[]}"#.to_owned()), Some("2")),
            (Some(page("3")), Some("3")),
        ] {
            if let Some(text) = text {
                account.state().files.insert("prices.json", FileObject { etag: Some(text.clone()), text });
            }
            let price = file.current(&account).await.get("eu-west-1", Component::Training, "ml.m5.large");
            assert_eq!(price, expected.and_then(Usd::parse));
        }
        let log = LOG.take();
        let problems: Vec<_> = log.iter().filter_map(|record| record["problem"].as_str()).collect();
        assert_eq!(problems.len(), 3, "{log:?}");
        assert!(problems.iter().all(|problem| problem.starts_with("s3://b/prices.json: ")), "{problems:?}");
        assert!(problems[2].contains("it holds no hourly price"), "{problems:?}");
        assert!(PriceFile::default().current(&account).await.is_empty());
    }
}
