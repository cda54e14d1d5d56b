//! List prices of instances, from the AWS Price List: pages of `aws pricing get-products --service-code AmazonSageMaker`, and
//! the bulk file of a region (AWS Billing User Guide, "Using the AWS Price List Query API", "… Bulk API").

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::operations::Component;
use crate::terms::Usd;

/// What an hour of an instance costs. Copies share the prices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices(Arc<BTreeMap<Priced, Usd>>);

/// What has a price.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Priced {
    region: String,
    component: Component,
    instance_type: String,
}

impl Prices {
    /// The price of an hour.
    pub fn get(&self, region: &str, component: Component, instance_type: &str) -> Option<Usd> {
        let (region, instance_type) = (region.to_owned(), instance_type.to_owned());
        self.0.get(&Priced { region, component, instance_type }).copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds all of `others`. If two differ, the higher one counts.
    pub fn extend(&mut self, others: Self) {
        others.0.iter().for_each(|(priced, usd)| self.add(priced.clone(), *usd));
    }

    /// Adds those of a page, a bulk file or a single product. Products without an hourly price in US dollars of an instance
    /// of SageMaker's are passed over. Returns what could not be read.
    pub fn add_list(&mut self, json: &str) -> Vec<String> {
        let list: List = match serde_json::from_str(json) {
            Ok(list) => list,
            Err(error) => return vec![format!("the price list is not as AWS writes it: {error}")],
        };
        match list {
            List { products: Some(products), terms: Some(terms), .. } => match of_all(terms) {
                Ok(terms) => {
                    for (sku, product) in &products {
                        self.add_product(product, terms.get(sku).into_iter().flatten());
                    }
                    Vec::new()
                }
                Err(error) => vec![format!("`terms` are not as AWS writes them: {error}")],
            },
            List { product: Some(product), terms: Some(terms), .. } => {
                self.add_single(&product, terms).err().into_iter().collect()
            }
            List { elements, .. } => {
                let add = |(index, element)| {
                    self.add_element(element).err().map(|why| format!("`PriceList[{index}]`: {why}"))
                };
                elements.unwrap_or_default().into_iter().enumerate().filter_map(add).collect()
            }
        }
    }

    /// Adds an element of `PriceList`, which is a product as the text of a JSON document.
    fn add_element(&mut self, element: &RawValue) -> Result<(), String> {
        let not_json = |error: serde_json::Error| format!("not the JSON of a product: {error}");
        let text: Cow<str> = match element.get() {
            json if json.starts_with('"') => serde_json::from_str::<String>(json).map_err(not_json)?.into(),
            json => json.into(),
        };
        match serde_json::from_str(&text).map_err(not_json)? {
            List { product: Some(product), terms: Some(terms), .. } => self.add_single(&product, terms),
            _ => Err("expected a product, with `product` and `terms`".to_owned()),
        }
    }

    fn add_single(&mut self, product: &Product, terms: &RawValue) -> Result<(), String> {
        let terms: Terms<Offers> = serde_json::from_str(terms.get())
            .map_err(|error| format!("`terms` are not as AWS writes them: {error}"))?;
        self.add_product(product, &terms.on_demand);
        Ok(())
    }

    fn add_product<'o>(&mut self, product: &Product, offers: impl IntoIterator<Item = (&'o String, &'o Offer)>) {
        let dimensions = offers.into_iter().flat_map(|(_, offer)| offer.dimensions.values());
        let hourly =
            dimensions.filter(|dimension| dimension.unit.get(..2).is_some_and(|unit| unit.eq_ignore_ascii_case("hr")));
        // What is free is so up to a limit, or paid for otherwise.
        let usd =
            hourly.filter_map(|dimension| Usd::parse(dimension.price.get("USD")?)).filter(|usd| *usd > Usd::default());
        if let (Some(usd), Some(priced)) = (usd.max(), product.attributes.priced()) {
            self.add(priced, usd);
        }
    }

    fn add(&mut self, priced: Priced, usd: Usd) {
        let known = Arc::make_mut(&mut self.0).entry(priced).or_default();
        *known = usd.max(*known);
    }
}

impl Serialize for Prices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

impl<'de> Deserialize<'de> for Prices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Arc::new(Vec::deserialize(deserializer)?.into_iter().collect())))
    }
}

/// A page, a bulk file or a single product.
#[derive(Deserialize)]
struct List<'a> {
    #[serde(rename = "PriceList", borrow)]
    elements: Option<Vec<&'a RawValue>>,
    products: Option<HashMap<String, Product>>,
    product: Option<Product>,
    terms: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Product {
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Attributes {
    region_code: String,
    #[serde(rename = "usagetype")]
    usage_type: String,
    #[serde(rename = "platoinstancetype")]
    component: String,
    instance_name: String,
    instance_type: String,
}

/// Terms of one product, or of all by SKU. Reservations are not list prices.
#[derive(Deserialize)]
struct Terms<T> {
    #[serde(rename = "OnDemand", default = "T::default", bound(deserialize = "T: Default + Deserialize<'de>"))]
    on_demand: T,
}

type Offers = HashMap<String, Offer>;

#[derive(Deserialize)]
struct Offer {
    #[serde(rename = "priceDimensions", default)]
    dimensions: HashMap<String, Dimension>,
}

#[derive(Deserialize)]
struct Dimension {
    #[serde(default)]
    unit: String,
    #[serde(rename = "pricePerUnit", default)]
    price: HashMap<String, String>,
}

fn of_all(terms: &RawValue) -> serde_json::Result<HashMap<String, Offers>> {
    serde_json::from_str::<Terms<_>>(terms.get()).map(|terms| terms.on_demand)
}

impl Attributes {
    /// What the product is the price of, if that is an instance of a component whose jobs end.
    fn priced(&self) -> Option<Priced> {
        let is_other = ["Spot", "Free", "Reserved"].iter().any(|kind| self.component.contains(kind));
        let (component, instance_type) = self.by_usage_type().or_else(|| self.by_names()).filter(|_| !is_other)?;
        let is_type = instance_type.starts_with("ml.") && !self.region_code.is_empty();
        is_type.then(|| Priced { region: self.region_code.clone(), component, instance_type: instance_type.to_owned() })
    }

    /// `USE1-Train:ml.m5.large`
    fn by_usage_type(&self) -> Option<(Component, &str)> {
        let (usage, instance_type) = self.usage_type.split_once(':')?;
        let is_region = |prefix: &str| prefix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let usage = usage.split_once('-').filter(|(prefix, _)| is_region(prefix)).map_or(usage, |(_, usage)| usage);
        let component = match usage {
            "Train" => Component::Training,
            "Processing" => Component::Processing,
            "Tsform" => Component::Transform,
            _ => return None,
        };
        Some((component, instance_type))
    }

    /// `Training` with `ml.m5.large`, or with `ml.m5.large-Training`
    fn by_names(&self) -> Option<(Component, &str)> {
        let component = match self.component.as_str() {
            "Training" => Component::Training,
            "Processing" => Component::Processing,
            "BatchTransform" => Component::Transform,
            _ => return None,
        };
        let name = if self.instance_name.is_empty() { &self.instance_type } else { &self.instance_name };
        Some((component, name.strip_suffix(&format!("-{}", self.component)).unwrap_or(name)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn product(attributes: &Value) -> Value {
        let mut of_region = json!({"regionCode": "eu-west-1", "servicecode": "AmazonSageMaker"});
        of_region.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        json!({"sku": "S1", "productFamily": "ML Instance", "attributes": of_region})
    }

    fn offers(dimension: &Value) -> Value {
        json!({"S1.T": {"sku": "S1", "priceDimensions": {"S1.T.D": dimension}, "termAttributes": {}}})
    }

    fn single(attributes: &Value, dimension: &Value) -> String {
        json!({"product": product(attributes), "serviceCode": "AmazonSageMaker", "terms": {"OnDemand": offers(dimension)}})
            .to_string()
    }

    fn hourly(usd: &str) -> Value {
        json!({"unit": "Hrs", "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd}})
    }

    fn train() -> Value {
        json!({"usagetype": "EU-Train:ml.m5.large", "platoinstancetype": "Training", "instanceType": ""})
    }

    fn listed(json: &str) -> (Prices, Vec<String>) {
        let mut prices = Prices::default();
        let problems = prices.add_list(json);
        (prices, problems)
    }

    fn only(prices: &Prices) -> Option<(Component, &str, String)> {
        let [(priced, usd)] = prices.0.iter().collect::<Vec<_>>()[..] else { return None };
        Some((priced.component, &priced.instance_type, usd.to_string()))
    }

    #[test]
    fn all_shapes_say_the_same() {
        let text = single(&train(), &hourly("0.1280000000"));
        let page = json!({"PriceList": [text], "FormatVersion": "aws_v1"}).to_string();
        let bulk = json!({
            "offerCode": "AmazonSageMaker", "products": {"S1": product(&train())},
            "terms": {"OnDemand": {"S1": offers(&hourly("0.128"))}, "Reserved": {}},
        });
        for list in [text, page, bulk.to_string()] {
            let (prices, problems) = listed(&list);
            assert_eq!(problems, Vec::<String>::new());
            assert_eq!(only(&prices), Some((Component::Training, "ml.m5.large", "$0.128".to_owned())), "{list}");
            let kept = serde_json::from_str(&serde_json::to_string(&prices).unwrap()).unwrap();
            assert_eq!(prices, kept);
        }
    }

    #[test]
    fn usage_types_or_names_say_what_is_priced() {
        for (attributes, expected) in [
            (json!({"usagetype": "Train:ml.m5.large"}), Some((Component::Training, "ml.m5.large"))),
            (json!({"usagetype": "USE1-Tsform:ml.c5.9xlarge"}), Some((Component::Transform, "ml.c5.9xlarge"))),
            (json!({"usagetype": "APN1-Processing:ml.t3.medium"}), Some((Component::Processing, "ml.t3.medium"))),
            (
                json!({"platoinstancetype": "BatchTransform", "instanceName": "ml.c5.large"}),
                Some((Component::Transform, "ml.c5.large")),
            ),
            (
                json!({"platoinstancetype": "Training", "instanceType": "ml.p6-b200.48xlarge-Training"}),
                Some((Component::Training, "ml.p6-b200.48xlarge")),
            ),
            (json!({"usagetype": "USE1-Host:ml.m5.large"}), None),
            (json!({"usagetype": "USE1-Processing_DW:ml.m5.4xlarge"}), None),
            (json!({"usagetype": "USE1-Spot-Train:ml.m5.large"}), None),
            (json!({"usagetype": "USE1-Train:ml.m5.large", "platoinstancetype": "SpotTraining"}), None),
            (json!({"usagetype": "USE1-Train:VolumeUsage.gp2"}), None),
            (json!({"usagetype": "USE1-Train:ml.m5.large", "regionCode": ""}), None),
        ] {
            let (prices, problems) = listed(&single(&attributes, &hourly("1")));
            let found = only(&prices).map(|(component, instance_type, _)| (component, instance_type));
            assert_eq!((found, problems.len()), (expected, 0), "{attributes}");
        }
    }

    #[test]
    fn only_hourly_prices_in_dollars_count_and_of_several_the_highest() {
        for dimension in [
            json!({"unit": "GB-Mo", "pricePerUnit": {"USD": "0.14"}}),
            json!({"unit": "Hrs", "pricePerUnit": {"CNY": "1.2"}}),
            hourly("0.0000000000"),
            json!({}),
        ] {
            let (prices, problems) = listed(&single(&train(), &dimension));
            assert_eq!((prices.is_empty(), problems.len()), (true, 0), "{dimension}");
        }
        let mut prices = listed(&single(&train(), &hourly("2"))).0;
        for usd in ["1", "3", "2.5"] {
            prices.extend(listed(&single(&train(), &hourly(usd))).0);
        }
        assert_eq!(prices.get("eu-west-1", Component::Training, "ml.m5.large"), Usd::parse("3"));
        assert_eq!(prices.get("eu-west-2", Component::Training, "ml.m5.large"), None);
    }

    #[test]
    fn damage_is_reported_at_its_place_and_the_rest_is_read() {
        let page = json!({"PriceList": ["{\"product\": ", single(&train(), &hourly("1")), "{}"]}).to_string();
        let (prices, problems) = listed(&page);
        assert!(only(&prices).is_some());
        let [one, two] = problems.as_slice() else { panic!("{problems:?}") };
        assert!(one.starts_with("`PriceList[0]`: not the JSON of a product: "), "{one}");
        assert_eq!(two, "`PriceList[2]`: expected a product, with `product` and `terms`");
        assert_eq!(listed(r#"{"products":{},"terms":7}"#).1.len(), 1);
        assert_eq!(listed(r#"{"PriceList":7}"#).1.len(), 1);
    }
}
