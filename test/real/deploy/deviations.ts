/** What moto 5.2.1 does not do of a template, and so this deployment does not show. */
export interface Deviation {
  readonly type: string;
  /** Undefined: the whole kind. */
  readonly property?: string;
  readonly reason: string;
}

const notRead = "moto's CloudFormation does not read the property";

/**
 * Exact both ways: what is listed must still be missing, so that a newer moto shortens the list. All of it is in the template that cfn-lint
 * passes against AWS's own schemas (moto's ValidateTemplate, which each deployment asks first), and that `test/layout/template-lint.ts` judges.
 */
export const deviations: readonly Deviation[] = [
  { type: "AWS::SQS::QueuePolicy", reason: "moto's CloudFormation does not know the kind" },
  // Its CloudWatch does: `deploy.test.ts` puts each of them there.
  { type: "AWS::CloudWatch::Alarm", reason: "moto's CloudFormation does not know the kind" },
  { type: "AWS::S3::BucketPolicy", reason: "moto's CloudFormation does not know the kind" },
  { type: "AWS::DynamoDB::Table", property: "TimeToLiveSpecification", reason: notRead },
  { type: "AWS::DynamoDB::Table", property: "PointInTimeRecoverySpecification", reason: notRead },
  {
    type: "AWS::DynamoDB::Table",
    property: "SSESpecification",
    reason: "moto hands it on in CloudFormation's words (SSEEnabled), which its DynamoDB does not know (Enabled)",
  },
  { type: "AWS::SQS::Queue", property: "RedriveAllowPolicy", reason: notRead },
  { type: "AWS::Lambda::Function", property: "Architectures", reason: notRead },
  { type: "AWS::Lambda::Function", property: "RecursiveLoop", reason: "moto's Lambda has no recursion setting" },
];
