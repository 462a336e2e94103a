import type { Instant } from "../time/clock.ts";

/** How a function proves itself to a cluster's API server. Secrets themselves never stand in a row. */
export type ClusterAuthentication =
  /** Local use only: a context of a kubeconfig file. */
  | { readonly kind: "kubeconfig"; readonly file: string; readonly context: string }
  /** A service-account token in Secrets Manager; read again on 401. */
  | { readonly kind: "serviceAccountToken"; readonly secretArn: string }
  /** EKS: a presigned STS GetCallerIdentity as bearer token; optionally through a role. */
  | { readonly kind: "eks"; readonly eksName: string; readonly region: string; readonly roleArn?: string };

/** A registry row (`design.md` §9). */
export interface RegisteredCluster {
  readonly id: string;
  /** What SQS stamps as SenderId on this cluster's messages (for an assumed role: the part before ":"). */
  readonly sender: string;
  readonly endpoint: string;
  /** PEM, base64; absent only for a kubeconfig context, which brings its own. */
  readonly certificateAuthority?: string;
  readonly authentication: ClusterAuthentication;
  /** Canary first: 0 is the first ring. */
  readonly ring: number;
  /** Node label that names the pool, where it is none of the well-known ones. */
  readonly poolLabel?: string;
  /** Reads per second that healers together may make; 20 when absent. */
  readonly readsPerSecond?: number;
  readonly registeredAt: Instant;
}
