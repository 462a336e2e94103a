import { invalidParameter, QueueFailure } from "./queue-failure.ts";

/** Parameters of one request, as they came. */
export type QueueInput = Readonly<Record<string, unknown>>;

/** SQS quotas: message and batch size in bytes, entries per batch, longest delay, visibility and wait in seconds. */
export const limits = { bytes: 1_048_576, entries: 10, delay: 900, visibility: 43_200, wait: 20 };

export const names = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

export function receiptOf(input: QueueInput): string {
  const receipt = input["ReceiptHandle"];
  if (typeof receipt === "string" && receipt !== "") return receipt;
  throw new QueueFailure("ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
}

export function integer(input: QueueInput, name: string, min: number, max: number): number | undefined;
export function integer(input: QueueInput, name: string, min: number, max: number, fallback: number): number;
export function integer(
  input: QueueInput,
  name: string,
  min: number,
  max: number,
  fallback?: number,
): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidParameter(`Value ${String(value)} for parameter ${name} is invalid. Reason: Must be ${min} to ${max}.`);
}
