//! The existing resources that a call is about or names: what may belong to somebody else.

use std::borrow::Cow;

use super::Facts;
use super::ownership::{lawful_tag, owner};
use crate::evidence::{Evidence, Owner};
use crate::operations::{Field, Operation, Untagged};
use crate::record::json::{At, Found, Read, Unread, find};
use crate::record::{Call, arn, kms};
use crate::settings::Abac;

/// An existing resource that a call is about or names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedResource<'a> {
    /// Where the record names it.
    pub at: Cow<'static, str>,
    /// How the record names it.
    pub name: &'a str,
    /// The ARN that carries its tags.
    ///
    /// # Errors
    /// Why its tags cannot be looked up.
    pub carrier: Result<String, &'static str>,
    /// Whether the call changes it. Otherwise it uses it.
    pub is_changed: bool,
    /// Whether the call is about it.
    pub is_subject: bool,
}

impl NamedResource<'_> {
    /// Its ABAC tag at the time of `call`: what its history shows, else its tags as they were looked up.
    ///
    /// # Errors
    /// If the value is not known. Tags that were looked up are those of today. What anybody who may tag SageMaker's resources can
    /// have changed proves nothing against the caller, whose project is `own`.
    pub fn owner<'e>(&self, call: &Call, evidence: &'e Evidence, abac: &Abac, own: Option<&str>) -> Read<Owner<'e>> {
        let Ok(carrier) = &self.carrier else { return Ok(Owner::NotLookedUp) };
        let unread = |why: String| Unread::new(&self.at, why);
        let today = evidence.resource_tag(carrier, &abac.tag);
        let is_excused = |project: &str| !self.is_changed && abac.shared.iter().any(|shared| shared == project);
        let is_foreign =
            |owner: &Owner| matches!(owner, Owner::Project(project) if Some(*project) != own && !is_excused(project));
        match owner(carrier, call, evidence, abac) {
            Some(Err(why)) => Err(unread(format!("whose `{}` is, is not known: {why}", self.name))),
            Some(Ok(lawful)) => {
                let lawful = Owner::of(lawful);
                // Another resource may have got its name since.
                let is_confirmed =
                    evidence.has_snapshot(carrier) || matches!(today, Ok(Owner::NotLookedUp)) || today == Ok(lawful);
                if is_foreign(&lawful) && !is_confirmed {
                    let why = format!("`{}` belonged to another project, but not by its tags of today", self.name);
                    return Err(unread(why));
                }
                Ok(lawful)
            }
            None => {
                let today = today.map_err(unread)?;
                let is_sure = !arn::is_of_sagemaker(carrier) || evidence.has_snapshot(carrier);
                if is_foreign(&today) && !is_sure {
                    return Err(unread(format!(
                        "`{}` belongs to another project by its tags of today, but to whom it belonged is not known",
                        self.name
                    )));
                }
                Ok(today)
            }
        }
    }

    /// Whether it carries the tag `key` with any value.
    ///
    /// # Errors
    /// If neither its history nor its tags of today say so.
    pub fn is_tagged(&self, key: &str, call: &Call, evidence: &Evidence, abac: &Abac) -> Read<bool> {
        let unread =
            |why: &str| Unread::new(&self.at, format!("whether `{}` has a tag `{key}` is not known: {why}", self.name));
        let carrier = self.carrier.as_ref().map_err(|why| unread(why))?;
        let lawful = lawful_tag(carrier, key, call, evidence, abac);
        let today = evidence.resource_tag(carrier, key);
        match (lawful, today) {
            (_, Ok(Owner::Project(_))) => Ok(true),
            (Some(Ok(lawful)), _) => Ok(Owner::of(lawful) != Owner::Nobody),
            (_, Ok(Owner::Nobody)) => Ok(false),
            (Some(Err(why)), _) => Err(unread(why)),
            (None, Ok(Owner::NotLookedUp)) => Err(unread("it was not looked up")),
            (None, Err(why)) => Err(unread(&why)),
        }
    }
}

/// The facts that name existing resources.
pub const NAMING: [Field; 13] = [
    Field::Subject,
    Field::UsedResource,
    Field::ChangedResource,
    Field::Model,
    Field::EndpointConfig,
    Field::ImageSource,
    Field::Image,
    Field::InputUri,
    Field::OutputUri,
    Field::VolumeKey,
    Field::StorageKey,
    Field::OutputKey,
    Field::ContentKey,
];

impl<'a> Facts<'a> {
    /// The existing resources that the call names, and first the one that it is about, if there is one. Names that are
    /// not set are left out.
    pub fn named_resources(&self) -> Vec<Read<NamedResource<'a>>> {
        let mut named = match &self.call.request {
            Err(unread) if self.operation.has(Field::Subject) => vec![Err(unread.clone())],
            _ => self.subject().into_iter().map(Ok).collect(),
        };
        for field in NAMING {
            for (slot, found) in self.slots(field) {
                match found.text() {
                    Ok(None) => {}
                    Ok(Some(name)) => named.extend(self.named(field, slot.kind, found, name).map(Ok)),
                    Err(unread) => named.push(Err(unread)),
                }
            }
        }
        named
    }

    /// The existing resources among them whose tags the created resource has if the request gives none.
    pub fn tagged_like(&self) -> Vec<Read<NamedResource<'a>>> {
        let paths = match &self.operation.untagged {
            Untagged::HasNone | Untagged::AddedLater => return Vec::new(),
            Untagged::Inherits(paths) => paths,
            Untagged::Shares(path) => std::slice::from_ref(path),
        };
        let places: Vec<_> = paths.iter().map(|path| At::new(path).to_string()).collect();
        let mut named = self.named_resources();
        named.retain(|resource| match resource {
            Ok(resource) => places.contains(&resource.at.to_string()),
            Err(unread) => places.contains(&unread.path.to_string()),
        });
        named
    }

    /// The existing resource that the call is about.
    fn subject(&self) -> Option<NamedResource<'a>> {
        let Operation { resource_name, resource_arn, kind, .. } = *self.operation;
        if !self.operation.has(Field::Subject) {
            return None;
        }
        let request = *self.call.request.as_ref().ok()?;
        let in_request = |path: &'static str| Some((path, find(request, path).first()?.text().ok()??));
        let by_name = resource_name.and_then(in_request);
        let (path, name) = match (by_name, self.operation.arn(self.call)) {
            (Some(found), _) => found,
            (None, arn) => (resource_arn?, arn?),
        };
        let arn = self.operation.arn(self.call).map(|arn| Ok(Cow::Borrowed(arn)));
        let carrier = arn.unwrap_or_else(|| self.sagemaker_arn(kind, name));
        let at = Cow::Owned(At::new(path).to_string());
        Some(NamedResource {
            at,
            name,
            carrier: carrier.and_then(|arn| self.carrier(&arn)),
            is_changed: true,
            is_subject: true,
        })
    }

    fn named(&self, field: Field, kind: &'static str, found: &Found, name: &'a str) -> Option<NamedResource<'a>> {
        let arn = match field {
            Field::Model => self.sagemaker_arn("model", name),
            Field::EndpointConfig => self.sagemaker_arn("endpoint-config", name),
            Field::ImageSource => {
                let is_algorithm = found.at.to_string().ends_with("algorithmName");
                self.sagemaker_arn(if is_algorithm { "algorithm" } else { "model-package" }, name)
            }
            Field::Image => self.repository(name),
            Field::InputUri | Field::OutputUri => self.bucket(name),
            Field::UsedResource | Field::ChangedResource => self.sagemaker_arn(kind, name),
            Field::VolumeKey | Field::StorageKey | Field::OutputKey | Field::ContentKey => self.key(name),
            _ => return None,
        };
        let is_changed = field == Field::ChangedResource;
        let carrier = arn.and_then(|arn| self.carrier(&arn));
        Some(NamedResource { at: Cow::Owned(found.at.to_string()), name, carrier, is_changed, is_subject: false })
    }

    /// The ARN of the SageMaker resource `name`, which may already be one. Service Authorization Reference, "Resource
    /// types defined by Amazon SageMaker AI".
    fn sagemaker_arn<'n>(&self, kind: &str, name: &'n str) -> Result<Cow<'n, str>, &'static str> {
        if name.starts_with("arn:") {
            return Ok(Cow::Borrowed(name));
        }
        let within = match kind {
            // Their ARNs hold ids that a request does not have, or the names of other resources.
            "app"
            | "cluster"
            | "cluster-scheduler-config"
            | "compute-quota"
            | "edge-deployment-plan"
            | "hub-content"
            | "mlflow-app"
            | "partner-app"
            | "pipeline-execution"
            | "resource" => {
                return Err("the record does not hold its ARN");
            }
            "space" | "user-profile" => {
                let request = self.call.request.as_ref().map_err(|_| NO_DOMAIN)?;
                let domain = find(request, "domainId").first().and_then(|found| found.text().ok()?);
                format!("{}/", domain.ok_or(NO_DOMAIN)?)
            }
            // A repository can also be the URL of one.
            "code-repository" if name.contains(':') => return Err("it is not a resource of SageMaker"),
            _ => String::new(),
        };
        let (region, account) = (self.call.region.ok_or(NO_PLACE)?, self.call.account.ok_or(NO_PLACE)?);
        let partition = arn::partition(region);
        // SageMaker writes names in ARNs in lower case.
        let name = name.to_ascii_lowercase();
        Ok(Cow::Owned(format!("arn:{partition}:sagemaker:{region}:{account}:{kind}/{within}{name}")))
    }

    /// The repository of an image in the account's own registry (Amazon ECR user guide, "Private registry").
    fn repository<'n>(&self, image: &'n str) -> Result<Cow<'n, str>, &'static str> {
        const ELSEWHERE: &str = "the image is not in a registry of this account and region";
        let (region, account) = (self.call.region.ok_or(NO_PLACE)?, self.call.account.ok_or(NO_PLACE)?);
        let (host, path) = image.split_once('/').ok_or(ELSEWHERE)?;
        let domain = host.strip_prefix(&format!("{account}.dkr.ecr.{region}.")).ok_or(ELSEWHERE)?;
        if !domain.starts_with("amazonaws.") {
            return Err(ELSEWHERE);
        }
        let name = path.split(['@', ':']).next().unwrap_or(path);
        Ok(Cow::Owned(format!("arn:{}:ecr:{region}:{account}:repository/{name}", arn::partition(region))))
    }

    /// The bucket of an S3 URI.
    fn bucket<'n>(&self, uri: &'n str) -> Result<Cow<'n, str>, &'static str> {
        let bucket = uri.strip_prefix("s3://").and_then(|rest| rest.split('/').next()).filter(|name| !name.is_empty());
        let bucket = bucket.ok_or("it is not in a bucket")?;
        Ok(Cow::Owned(format!("arn:{}:s3:::{bucket}", arn::partition(self.call.region.ok_or(NO_PLACE)?))))
    }

    /// The key that a reference names. Aliases carry no tags, and what one stands for is known only if it was looked up.
    fn key<'n>(&self, reference: &'n str) -> Result<Cow<'n, str>, &'static str> {
        let arn = kms::arn(reference, self.call);
        if !kms::is_alias(&arn) {
            return Ok(arn);
        }
        match self.evidence.key(&arn) {
            Ok(Some(key)) => Ok(Cow::Owned(key.arn.clone())),
            _ => Err("it is an alias, and its key was not looked up"),
        }
    }

    /// The ARN that carries the tags of a resource, if they can be looked up where the call was made.
    fn carrier(&self, arn: &str) -> Result<String, &'static str> {
        let is_here =
            |part: Option<&str>, own: Option<&str>| part.is_some_and(|part| part.is_empty() || Some(part) == own);
        if !is_here(arn::account(arn), self.call.account) {
            return Err("it belongs to another account");
        }
        if !is_here(arn::region(arn), self.call.region) {
            return Err("it is in another region");
        }
        let carrier = match (arn::kind(arn), arn.split_once('/')) {
            // An execution has no tags of its own.
            (Some("pipeline"), Some((prefix, rest))) => {
                format!("{prefix}/{}", rest.split('/').next().unwrap_or(rest))
            }
            // "uses the tags associated with the model group" (API reference, `CreateModelPackage`)
            (Some("model-package"), Some((prefix, rest))) => match rest.split_once('/') {
                Some((group, _)) => format!("{prefix}-group/{group}"),
                None => arn.to_owned(),
            },
            (Some("image-version"), Some((prefix, rest))) => {
                let name = rest.split('/').next().unwrap_or(rest);
                format!("{}/{name}", prefix.trim_end_matches("-version"))
            }
            _ => arn.to_owned(),
        };
        Ok(carrier)
    }
}

const NO_PLACE: &str = "the record does not say in which account and region it is";

const NO_DOMAIN: &str = "the record does not name its domain";
