import type { ApiServer } from "./kubernetes-api-client.ts";

/** Writes that an admission policy refuses; each side has its own way to be told. */
export interface Refusal {
  readonly name: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly resource: "pods" | "pods/eviction";
  readonly namespace: string;
  readonly message: string;
  readonly reason?: "Forbidden" | "Invalid";
}

/** A server under the contract, and the two things that its clients cannot ask of it. */
export interface ConnectedServer extends ApiServer {
  /** Forgets every version before now, as etcd's compaction does with all that is older than five minutes. */
  forgetHistory(): Promise<void>;
  /** Refuses until the returned function is called. Both may take a moment to show. */
  refuse(refusal: Refusal): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
