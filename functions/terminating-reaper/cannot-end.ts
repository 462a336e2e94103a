import type { Catalogue } from "../../shared/catalogue/catalogue.ts";
import { weightOf } from "../../shared/catalogue/fragments.ts";
import { saidByEvent } from "../../shared/catalogue/said.ts";
import type { Cause } from "../../shared/catalogue/signature.ts";
import type { EventFacts } from "../../shared/kubernetes/event.ts";
import type { Instant } from "../../shared/time/clock.ts";
import { minutes } from "../../shared/time/duration.ts";

/** What its kubelet says, again and again, of a pod that it cannot end. */
export interface CannotEnd {
  /** Absent where no signature knows the words. */
  readonly cause?: Cause;
  /** The signature's meaning before the kubelet's own words, where one knows them. */
  readonly words: string;
}

/** A kubelet repeats it at every try, and its back-off ends at five minutes: what is older explains nothing of now. */
const eventLifeMs = minutes(10);
/** As a runtime puts it, with ids and paths. */
const textLimit = 300;
/** The kubelet's reasons for a pod that it cannot end (pkg/kubelet/events/event.go, v1.36). */
const reasons: ReadonlySet<string> = new Set(["FailedKillPod", "FailedSync"]);

/** What says most: known words before unknown ones, then the most specific (S0-47, S0-84). undefined: its kubelet has said nothing of it. */
export function cannotEnd(events: readonly EventFacts[], catalogue: Catalogue, now: Instant): CannotEnd | undefined {
  const said = events
    .filter(({ source, reason }) => source === "kubelet" && reasons.has(reason))
    .filter(({ lastSeenAt }) => now - (lastSeenAt ?? now) <= eventLifeMs)
    .flatMap(saidByEvent)
    .map((sighting) => {
      const words = `${sighting.reason}: ${sighting.text.slice(0, textLimit)}`;
      const match = catalogue.match(sighting);
      if (match.kind === "unknown") return { weight: -1, words };
      const { cause, meaning, fragments } = match.signature;
      return { weight: weightOf(fragments), cause, words: `${meaning} ${words}` };
    });
  const [first] = said.toSorted((a, b) => b.weight - a.weight);
  if (first === undefined) return undefined;
  return { words: first.words, ...(first.cause === undefined ? {} : { cause: first.cause }) };
}
