import { describeError } from "../../../shared/errors.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import type { ClusterModel } from "../cluster-model/model.ts";
import type { LocalStores } from "../stores.ts";
import type { NamedFailure, Scene } from "./named-failure.ts";
import { lastLook, observed, type Sighting } from "./observer.ts";
import type { DemoCluster } from "./stage.ts";

/** The demo's story: breaks one thing after the other and watches what Knitbone does about it. */
export interface Play {
  sightings(): readonly Sighting[];
  /** Runs until every failure has ended, or `signal` aborts. */
  run(onChange: () => void): Promise<void>;
}

const lookEveryMs = 300;

export function demoPlay(options: {
  readonly failures: readonly NamedFailure[];
  readonly models: Readonly<Record<DemoCluster, ClusterModel>>;
  readonly stores: LocalStores;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A failure that cannot even be injected is a mistake in the demo. */
  readonly onMistake: (error: unknown) => void;
}): Play {
  const { models, stores, clock, signal, onMistake } = options;
  let sightings: readonly Sighting[] = options.failures.map((failure) => ({
    failure,
    state: "waiting",
    wrongWrites: 0,
  }));
  const change = (name: string, next: Partial<Sighting>) => {
    sightings = sightings.map((each) => (each.failure.name === name ? { ...each, ...next } : each));
  };
  const hung = new Map(Object.keys(models).map((cluster) => [cluster, new Set<string>()]));
  const sceneOf = ({ cluster }: NamedFailure): Scene => ({
    model: models[cluster],
    hung: hung.get(cluster) ?? new Set(),
    clusters: stores.clusters,
    incidents: stores.incidents,
    clock,
    signal,
  });

  const breakIt = (failure: NamedFailure) => {
    change(failure.name, { state: "breaking" });
    failure.inject(sceneOf(failure)).then(
      (object) => change(failure.name, { state: "watched", object, faultAt: clock.now() }),
      (error) => {
        if (!signal.aborted)
          onMistake(new Error(`injecting ${failure.name}: ${describeError(error)}`, { cause: error }));
      },
    );
  };

  const hasEnded = (name: string) => sightings.some(({ failure, state }) => failure.name === name && state === "ended");

  const look = async () => {
    for (const { failure, state } of sightings) {
      if (state === "waiting" && (failure.after ?? []).every(hasEnded)) breakIt(failure);
    }
    const cases = await stores.cases.list();
    const now = clock.now();
    for (const before of sightings) {
      const { failure } = before;
      const after = observed(before, cases, models[failure.cluster], now);
      if (after === before) continue;
      change(failure.name, after);
      if (after.state === "ended") failure.afterwards?.(sceneOf(failure));
    }
  };

  return {
    sightings: () => sightings,
    async run(onChange) {
      while (!signal.aborted && sightings.some(({ state }) => state !== "ended")) {
        await look();
        onChange();
        await clock.sleep(lookEveryMs, signal);
      }
      sightings = sightings.map((each) => lastLook(each, models[each.failure.cluster]));
    },
  };
}
