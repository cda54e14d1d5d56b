// A Lambda function with the clients that a guard has: what starting Node.js and the AWS SDK costs.
import http from "node:http";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import { SageMakerClient } from "@aws-sdk/client-sagemaker";
import { SNSClient } from "@aws-sdk/client-sns";

const clients = [DynamoDBClient, IAMClient, KMSClient, ResourceGroupsTaggingAPIClient, SageMakerClient, SNSClient]
  .map((Client) => new Client({}));

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path, agent }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.headers));
    });
    request.on("error", reject);
    request.end(body);
  });
}

while (clients.length > 0) {
  const headers = await call("GET", "/2018-06-01/runtime/invocation/next");
  const id = headers["lambda-runtime-aws-request-id"];
  await call("POST", `/2018-06-01/runtime/invocation/${id}/response`, "{}");
}
