import type { ClusterStore } from "../../../shared/cluster/cluster-state.ts";
import type { VerdictKind } from "../../../shared/heal/heal.ts";
import type { IncidentStore } from "../../../shared/incident/incident.ts";
import type { ObjectRef } from "../../../shared/kubernetes/object-ref.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import type { DemoCluster, PastEvent } from "./stage.ts";

/** What a failure can reach: the simulated cluster that it breaks, and what a person or another part of Knitbone would write. */
export interface Scene {
  readonly model: ClusterModel;
  /** uids of pods whose containers survive SIGKILL. */
  readonly hung: Set<string>;
  readonly clusters: ClusterStore;
  readonly incidents: IncidentStore;
  readonly clock: Clock;
  /** Aborts when the demo ends. */
  readonly signal: AbortSignal;
}

/** One failure of the demo: what breaks, and how it must end. */
export interface NamedFailure {
  readonly name: string;
  /** Row of the requirements that it shows. */
  readonly requirement: string;
  readonly cluster: DemoCluster;
  /** For people: what is wrong, in a few words. */
  readonly what: string;
  /** Folder of the healer that judges it. */
  readonly healer: string;
  readonly expected: { readonly verdict: VerdictKind; readonly reason: string };
  /** How a node looks once it is healed: it carries our mark (default), it lost it again, or it is out of service. A healed pod is gone. */
  readonly shows?: "marked" | "givenBack" | "outOfService";
  /** Its trouble goes on: once its node was given back, it is marked again. */
  readonly goesOn?: true;
  /** What has to be there long before. */
  readonly past?: readonly PastEvent[];
  /** Injected only when these have ended. */
  readonly after?: readonly string[];
  /** From the fault on, ms: later is wrong. */
  readonly deadlineMs: number;
  /** Breaks it; resolves to the sick object once there is one: that is the moment of the fault. */
  inject(scene: Scene): Promise<ObjectRef>;
  /** What a person does about it once it has been told, or what makes it well again. */
  afterwards?(scene: Scene): void;
}
