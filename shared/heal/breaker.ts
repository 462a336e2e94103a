import type { Breaker } from "../cluster/cluster-state.ts";
import type { Instant } from "../time/clock.ts";
import { minutes, seconds } from "../time/duration.ts";

/** This many failures in a row open the breaker … */
const failuresToOpen = 3;
const firstOpenMs = seconds(30);
const longestOpenMs = minutes(5);

/** … for 30 s, doubling with each further failure up to 5 min; one answer closes it. */
export function breakerAfterFailure(previous: Breaker | undefined, reason: string, now: Instant): Breaker {
  const consecutiveFailures = (previous?.consecutiveFailures ?? 0) + 1;
  const beyond = consecutiveFailures - failuresToOpen;
  const openMs = beyond < 0 ? 0 : Math.min(longestOpenMs, firstOpenMs * 2 ** Math.min(beyond, 10));
  return { consecutiveFailures, openUntil: now + openMs, reason };
}
