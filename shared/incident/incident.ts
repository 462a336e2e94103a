import type { Instant } from "../time/clock.ts";

export type IncidentKind = "registry" | "image" | "storageClass" | "csiDriver" | "zone" | "controlPlane";

/** One cause behind many cases. While open, healers hold the cases that it explains. */
export interface Incident {
  readonly id: string;
  /** "*": every cluster (a registry that all of them pull from). */
  readonly cluster: string;
  readonly kind: IncidentKind;
  /** Registry host, image digest, storage class, driver or zone; "" for a control plane. */
  readonly key: string;
  readonly reason: string;
  readonly message: string;
  readonly openedAt: Instant;
  readonly closedAt?: Instant;
}

export interface IncidentStore {
  /** Open incidents of this cluster and of "*". Strongly consistent. */
  openFor(cluster: string): Promise<readonly Incident[]>;
  /** "exists": one with this id is already there. */
  open(incident: Incident): Promise<"opened" | "exists">;
  close(incident: Incident, at: Instant): Promise<void>;
  list(): Promise<readonly Incident[]>;
}
