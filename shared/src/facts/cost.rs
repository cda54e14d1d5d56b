//! What a job costs at most: its instances, for as long as it may run, at their list prices.

use std::fmt;

use super::Facts;
use crate::operations::{Charge, Component, Field};
use crate::record::json::{At, Found, Read, Unread};
use crate::terms::Usd;

/// What a job costs at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The place of the longest run time or, if none can be set, of the instance type.
    pub at: At,
    /// The instances of one job.
    pub instances: Vec<Instances>,
    /// How many such jobs there are at most.
    pub jobs: u64,
    /// How many of them run at the same time.
    pub at_once: u64,
    /// For how many seconds each is charged at most; `None` if it may run for ever.
    pub seconds: Option<u64>,
}

/// Instances of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instances {
    /// How many.
    pub count: u64,
    /// Their type.
    pub instance_type: String,
    /// What an hour of one of them costs.
    pub price: Usd,
}

impl Cost {
    /// The sum, in whole cents; `None` if it has no bound.
    pub fn at_most(&self) -> Option<Usd> {
        self.seconds.map(|seconds| self.charged(self.jobs, seconds))
    }

    /// What was used at most when the jobs had run for so many seconds.
    pub fn after(&self, seconds: u64) -> Usd {
        let used = self.charged(self.at_once, seconds);
        self.at_most().map_or(used, |at_most| at_most.min(used))
    }

    fn charged(&self, jobs: u64, seconds: u64) -> Usd {
        const HOUR: u128 = 3600;
        let sum = hourly(&self.instances).saturating_mul(jobs.into()).saturating_mul(seconds.into());
        Usd::millionths(sum.div_ceil(HOUR)).rounded_up()
    }

    /// Of two bounds, the lower one; what may run for ever has none.
    fn lower(self, other: Self) -> Self {
        match (self.at_most(), other.at_most()) {
            (Some(one), Some(two)) if two < one => other,
            (None, Some(_)) => other,
            _ => self,
        }
    }
}

/// `4 × ml.p5.48xlarge × 120 h × $98.32`
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let time = self.seconds.map_or("…".to_owned(), duration);
        let of = |one: &Instances| format!("{} × {} × {time} × {}", one.count, one.instance_type, one.price);
        let sum = self.instances.iter().map(of).collect::<Vec<_>>().join(" + ");
        match (self.jobs, self.instances.len()) {
            (1, _) => f.write_str(&sum),
            (jobs, 1) => write!(f, "{jobs} jobs × {sum}"),
            (jobs, _) => write!(f, "{jobs} jobs × ({sum})"),
        }
    }
}

/// What an hour costs, in millionths of a dollar.
fn hourly(instances: &[Instances]) -> u128 {
    let of = |one: &Instances| u128::from(one.count).saturating_mul(one.price.as_millionths().into());
    instances.iter().map(of).fold(0, u128::saturating_add)
}

/// Hours, if they have at most two decimals, else seconds.
fn duration(seconds: u64) -> String {
    if seconds.is_multiple_of(36) { format!("{} h", seconds as f64 / 3600.0) } else { format!("{seconds} s") }
}

impl<'a> Facts<'a> {
    /// What the job that the request starts costs at most. `None` if it starts none whose instances are charged by the hour.
    /// What a part of a tuning job's limits does not bound, another part does.
    ///
    /// # Errors
    /// If something that it depends on could not be read, or a price is not known.
    pub fn cost(&self) -> Read<Option<Cost>> {
        let Some(charge) = self.operation.charge else { return Ok(None) };
        let launched = self.compute()?.into_iter();
        let charged = launched.filter(|compute| compute.serverless.is_none() && self.is_compute(&compute.at));
        let costs = charged.map(|compute| self.cost_of(&compute.at, charge)).collect::<Read<Vec<_>>>()?;
        Ok(costs.into_iter().flatten().max_by_key(Cost::at_most))
    }

    /// Whether the job itself runs there: rules of Debugger and Profiler name types too.
    fn is_compute(&self, at: &At) -> bool {
        self.all(Field::Compute).any(|compute| compute.at == *at)
    }

    /// What the jobs cost that run on the compute at a place.
    fn cost_of(&self, compute: &At, charge: Charge) -> Read<Option<Cost>> {
        let Some((place, instances)) = self.dearest(compute, charge.component)? else { return Ok(None) };
        let several = self.operation.has(Field::ParallelJobs);
        let of_one = self.run_time(|at| at.is_under(compute) || !several)?;
        let (at, seconds) = of_one.unwrap_or((place, None));
        let kept =
            self.counts(Field::KeepAlive)?.into_iter().find(|(at, _)| at.is_under(compute)).map_or(0, |(_, kept)| kept);
        let charged = |seconds: Option<u64>| seconds.map(|seconds: u64| seconds.saturating_add(kept));
        if !several {
            let seconds = charged(seconds.or(charge.longest));
            return Ok(Some(Cost { at, instances, jobs: 1, at_once: 1, seconds }));
        }
        let at_once = self.counts(Field::ParallelJobs)?.into_iter().map(|(_, jobs)| jobs).max().unwrap_or(1);
        let of_all = self.run_time(|at| !self.all(Field::Compute).any(|compute| at.is_under(&compute.at)))?;
        let (place, limit) = of_all.unwrap_or((at, None));
        let of_all = Cost {
            at: place,
            instances: instances.clone(),
            jobs: at_once,
            at_once,
            seconds: charged(limit.or(charge.longest)),
        };
        let total = self.counts(Field::TotalJobs)?.into_iter().map(|(_, jobs)| jobs).max();
        Ok(Some(match total {
            Some(jobs) => {
                of_all.lower(Cost { at, instances, jobs, at_once: at_once.min(jobs), seconds: charged(seconds) })
            }
            None => of_all,
        }))
    }

    /// The longest run time that can be set at a place, with that place; `None` if it is not set and has no default.
    fn run_time(&self, is_there: impl Fn(&At) -> bool) -> Read<Option<(At, Option<u64>)>> {
        let limit = self.slots(Field::MaxRuntime).find(|(_, found)| is_there(&found.at));
        limit.map(|(slot, found)| Ok((found.at, found.count()?.or(slot.default)))).transpose()
    }

    /// The instances that a compute object starts, with the place of a type: all of its groups, or of several choices the
    /// dearest one.
    fn dearest(&self, compute: &At, component: Component) -> Read<Option<(At, Vec<Instances>)>> {
        let (mut groups, mut choices) = (Vec::new(), Vec::new());
        let mut place = None;
        for found in self.all(Field::InstanceType).filter(|found| found.at.is_under(compute)) {
            let Some(instance_type) = found.text()? else { continue };
            let price = self.price(found, component, instance_type)?;
            place.get_or_insert(found.at);
            let counted = |field| Ok(self.counts(field)?.into_iter().find(|(at, _)| is_counted_by(&found.at, at)));
            let of = |count| Instances { count, instance_type: instance_type.to_owned(), price };
            match (counted(Field::InstanceCount)?, counted(Field::InstanceCountChoice)?) {
                (Some((_, count)), _) => groups.push(of(count)),
                (None, Some((_, count))) => choices.push(vec![of(count)]),
                (None, None) => return Err(Unread::new(found.at, "the instance count is missing")),
            }
        }
        if !groups.is_empty() {
            choices.push(groups);
        }
        Ok(place.zip(choices.into_iter().max_by_key(|choice| hourly(choice))))
    }

    /// The list price of an hour of an instance whose type was `found`.
    fn price(&self, found: &Found<'a>, component: Component, instance_type: &str) -> Read<Usd> {
        let region = self.call.region.unwrap_or_default();
        self.evidence.prices.get(region, component, instance_type).ok_or_else(|| {
            let why = if self.evidence.prices.is_empty() {
                "no list prices are known".to_owned()
            } else {
                format!("the list price of `{instance_type}` for {} jobs in {region} is not known", component.as_str())
            };
            Unread::new(found.at, why).with_fix(GIVE_PRICES)
        })
    }
}

/// What to do about a price that is not known.
const GIVE_PRICES: &str = "give the output of `aws pricing get-products --service-code AmazonSageMaker` for the region with \
    `--prices`, or name it as `PriceFile` of the guards' stack";

/// Whether the count at `count` is of the instances of the type at `instance_type`: both are in the same object.
fn is_counted_by(instance_type: &At, count: &At) -> bool {
    instance_type.is_beside(count) && count.is_beside(instance_type)
}
