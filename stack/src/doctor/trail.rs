//! Whether CloudTrail records management events in this region: without a trail, EventBridge gets no calls.

use aws_sdk_cloudtrail::types::{AdvancedEventSelector, EventSelector, ReadWriteType};

use super::line::Line;
use crate::aws::Aws;
use crate::errors::failed;

const CHECK: &str = "trail";
const FIX: &str = "EventBridge gets API calls only in regions in which a trail logs management events, read and write: create such a trail, or \
    start its logging";

/// What a trail logs of management events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Logged {
    reads: bool,
    writes: bool,
}

pub async fn check(aws: &Aws) -> Line {
    match logged(aws).await {
        Err(why) => Line::unknown(CHECK, why),
        Ok((Logged { reads: true, writes: true }, trails)) => {
            Line::pass(CHECK, format!("management events are logged by {trails}"))
        }
        Ok((Logged { writes: true, .. }, trails)) => Line::fail(
            CHECK,
            format!("{trails} logs no read events: AssumeRole, and so session tags, are not seen"),
            FIX,
        ),
        Ok(_) => Line::fail(CHECK, "no trail that is on logs management events in this region", FIX),
    }
}

/// What all trails together log, and their names.
async fn logged(aws: &Aws) -> Result<(Logged, String), String> {
    let trails = aws.cloudtrail.describe_trails().include_shadow_trails(true).send().await;
    let trails = trails.map_err(failed("cloudtrail:DescribeTrails"))?;
    let (mut all, mut names) = (Logged::default(), Vec::new());
    for trail in trails.trail_list() {
        let Some(arn) = trail.trail_arn() else { continue };
        let status = aws.cloudtrail.get_trail_status().name(arn).send().await;
        if !status.map_err(failed("cloudtrail:GetTrailStatus"))?.is_logging.unwrap_or_default() {
            continue;
        }
        // The selectors of an organisation's trail can be read only in its own account.
        let selectors = aws.cloudtrail.get_event_selectors().trail_name(arn).send().await;
        let selectors = selectors.map_err(failed("cloudtrail:GetEventSelectors"))?;
        let one = of_trail(selectors.event_selectors(), selectors.advanced_event_selectors());
        if one.writes {
            names.push(format!("`{}`", trail.name().unwrap_or(arn)));
        }
        all = Logged { reads: all.reads || one.reads, writes: all.writes || one.writes };
    }
    Ok((all, names.join(", ")))
}

/// What a trail logs. A trail without selectors logs all management events (CloudTrail API reference, `PutEventSelectors`).
fn of_trail(basic: &[EventSelector], advanced: &[AdvancedEventSelector]) -> Logged {
    if basic.is_empty() && advanced.is_empty() {
        return Logged { reads: true, writes: true };
    }
    let of_basic = basic.iter().filter(|selector| selector.include_management_events.unwrap_or(true)).map(|selector| {
        let kind = selector.read_write_type().unwrap_or(&ReadWriteType::All);
        Logged { reads: *kind != ReadWriteType::WriteOnly, writes: *kind != ReadWriteType::ReadOnly }
    });
    let of_advanced = advanced.iter().filter_map(|selector| {
        let values = |field: &str| {
            let of_field = selector.field_selectors().iter().find(|one| one.field() == field);
            of_field.map(|one| one.equals().to_vec())
        };
        values("eventCategory")?.iter().any(|category| category == "Management").then(|| {
            let only = values("readOnly").and_then(|only| only.first().cloned());
            Logged { reads: only.as_deref() != Some("false"), writes: only.as_deref() != Some("true") }
        })
    });
    of_basic
        .chain(of_advanced)
        .fold(Logged::default(), |all, one| Logged { reads: all.reads || one.reads, writes: all.writes || one.writes })
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::types::AdvancedFieldSelector;

    use super::*;

    fn advanced(fields: &[(&str, &str)]) -> AdvancedEventSelector {
        let field =
            |(field, value): &(&str, &str)| AdvancedFieldSelector::builder().field(*field).equals(*value).build();
        let fields: Result<Vec<_>, _> = fields.iter().map(field).collect();
        AdvancedEventSelector::builder().set_field_selectors(fields.ok()).build().expect("a selector")
    }

    #[test]
    fn selectors_say_what_a_trail_logs() {
        let basic = |kind| vec![EventSelector::builder().read_write_type(kind).include_management_events(true).build()];
        let data = EventSelector::builder().include_management_events(false).build();
        for (basic, advanced, reads, writes) in [
            (vec![], vec![], true, true),
            (basic(ReadWriteType::All), vec![], true, true),
            (basic(ReadWriteType::WriteOnly), vec![], false, true),
            (vec![data], vec![], false, false),
            (vec![], vec![advanced(&[("eventCategory", "Management")])], true, true),
            (vec![], vec![advanced(&[("eventCategory", "Management"), ("readOnly", "false")])], false, true),
            (vec![], vec![advanced(&[("eventCategory", "Data")])], false, false),
        ] {
            assert_eq!(of_trail(&basic, &advanced), Logged { reads, writes }, "{basic:?} {advanced:?}");
        }
    }
}
