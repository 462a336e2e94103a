/** A refusal in SQS's words. `code` is what clients switch on; `queryCode` is the older spelling that SDKs look at as well. */
export class QueueFailure extends Error {
  override readonly name = "QueueFailure";
  readonly code: string;
  readonly queryCode: string;

  constructor(code: string, message: string, queryCode = code) {
    super(message);
    this.code = code;
    this.queryCode = queryCode;
  }
}

export const invalidParameter = (message: string): QueueFailure =>
  new QueueFailure("InvalidParameterValue", message, "InvalidParameterValue");

export const noSuchQueue = (): QueueFailure =>
  new QueueFailure(
    "QueueDoesNotExist",
    "The specified queue does not exist.",
    "AWS.SimpleQueueService.NonExistentQueue",
  );
