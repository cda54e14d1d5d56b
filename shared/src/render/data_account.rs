//! The data side of training across accounts: the policies of a data account's bucket and key, which let the execution
//! roles of modelling accounts in.

use super::pack::{SizeLimits, pack};
use super::readers::Readers;
use super::text::Style;
use super::{Attachment, Rendered, abac, output, storage};
use crate::policy::Policy;
use crate::statement::{Condition, Principal, Statement, Test};
use crate::terms::Pattern;

/// Which accounts' roles read what.
#[derive(Clone, Debug)]
pub struct DataAccount {
    /// The account that owns the bucket and the key.
    pub account: String,
    /// The roles that read.
    pub readers: Readers,
    /// The data that they read: a bucket, or `bucket/prefix`.
    pub data: String,
    /// Whether they write as well.
    pub writable: bool,
    /// The region of the bucket and the key.
    pub region: String,
}

/// S3 limits a bucket policy to 20 KB, KMS a key policy to 32 KB.
const LIMITS: SizeLimits = SizeLimits { max_chars: 20_480, max_documents: 1, style: Style::Minified };

impl DataAccount {
    /// Renders the policy of the bucket.
    ///
    /// # Errors
    /// What is missing.
    pub fn bucket_policy(&self, policy: &Policy) -> Result<Rendered, String> {
        let (bucket, _) = storage::split(&self.data);
        let bucket_arn = storage::arn(&self.readers.partition, bucket);
        let objects = format!("{}/*", storage::arn(&self.readers.partition, &self.data));
        let read = Statement::allow("Read", ["s3:GetObject", "s3:GetObjectVersion"], self.readers.only_roles(policy));
        let below = storage::below(&self.data);
        let list = below.tests().iter().cloned().fold(self.readers.only_roles(policy), Condition::with);
        let list = Statement::allow("List", ["s3:ListBucket"], list);
        let insecure = Test::is_false("aws:SecureTransport");
        let mut statements = vec![
            Statement::deny("TlsOnly", ["s3:*"], insecure)
                .map(|statement| statement.to(Principal::Anyone).on([bucket_arn.clone(), format!("{bucket_arn}/*")])),
            read.map(|statement| statement.to(self.readers.principal()).on([objects.clone()])),
            list.map(|statement| statement.to(self.readers.principal()).on([bucket_arn])),
        ];
        if self.writable {
            let write =
                Statement::allow("Write", ["s3:AbortMultipartUpload", "s3:PutObject"], self.readers.only_roles(policy));
            statements.push(write.map(|statement| statement.to(self.readers.principal()).on([objects])));
        }
        let documents = pack(&abac::all(statements)?, LIMITS)?;
        Ok(Rendered::of(output::named("bucket-policy", Attachment::Bucket(bucket.to_owned()), documents)))
    }

    /// Renders the policy of the key: the account that owns it administers it, and the readers use it through S3, for
    /// this bucket.
    ///
    /// # Errors
    /// What is missing.
    pub fn key_policy(&self, policy: &Policy) -> Result<Rendered, String> {
        let (bucket, _) = storage::split(&self.data);
        let bucket_arn = storage::arn(&self.readers.partition, bucket);
        let objects =
            [bucket_arn.clone(), format!("{}/*", storage::arn(&self.readers.partition, &self.data))].map(Pattern::new);
        let through_s3 = [
            Test::equals("kms:ViaService", &[format!("s3.{}.{}", self.region, dns_suffix(&self.readers.partition))]),
            // With bucket keys, S3's encryption context is the bucket; without them, the object.
            Test::like("kms:EncryptionContext:aws:s3:arn", &objects),
        ];
        let use_it = through_s3.into_iter().fold(self.readers.only_roles(policy), Condition::with);
        let mut actions = vec!["kms:Decrypt"];
        if self.writable {
            actions.push("kms:GenerateDataKey");
        }
        let owner = Principal::Aws(vec![format!("arn:{}:iam::{}:root", self.readers.partition, self.account)]);
        let statements = vec![
            Statement::allow("Administer", ["kms:*"], Condition::default()).map(|statement| statement.to(owner)),
            Statement::allow("ReadThroughS3", actions, use_it).map(|statement| statement.to(self.readers.principal())),
        ];
        let documents = pack(&abac::all(statements)?, LIMITS)?;
        Ok(Rendered::of(output::named("key-policy", Attachment::Key, documents)))
    }
}

/// The end of the host names of AWS's services (AWS General Reference, "AWS service endpoints").
fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    }
}
