# Tagwarden in one account and region: the stack of the template that `functions/package` uploads. CloudFormation creates the
# resources, so that Terraform, StackSets and SAM deploy the same thing.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "template_url" {
  description = "URL of the template, as `functions/package` prints it. The stack's region must be one that its code was uploaded to."
  type        = string

  validation {
    condition     = can(regex("^https://.+[.]json$", var.template_url))
    error_message = "Expected the URL that `functions/package` prints: https://BUCKET.s3.REGION.amazonaws.com/tagwarden/VERSION/template.json."
  }
}

variable "stack_name" {
  description = "Name of the stack. The names of the functions begin with it."
  type        = string
  default     = "tagwarden"
}

variable "parameters" {
  description = "Parameters of the template, such as { Mode = \"policy\", AlertEmail = \"security@example.com\" }. docs/deploy.md lists them all."
  type        = map(string)
  default     = {}
}

variable "iam_role_arn" {
  description = "ARN of the role with which CloudFormation creates the resources. Null: the caller's permissions."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of the stack and of all its resources."
  type        = map(string)
  default     = {}
}

resource "aws_cloudformation_stack" "tagwarden" {
  name         = var.stack_name
  template_url = var.template_url
  parameters   = var.parameters
  capabilities = ["CAPABILITY_IAM"]
  iam_role_arn = var.iam_role_arn
  tags         = var.tags

  # Half of a stack would judge half of the events.
  on_failure = "ROLLBACK"
}

output "stack_id" {
  description = "ARN of the stack."
  value       = aws_cloudformation_stack.tagwarden.id
}

output "outputs" {
  description = "Outputs of the stack: ARNs of the functions and of the topic, and the name of the table."
  value       = aws_cloudformation_stack.tagwarden.outputs
}
