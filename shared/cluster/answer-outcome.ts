import { describeError, KnitboneError } from "../errors.ts";
import type { Outcome } from "../heal/heal.ts";
import type { ObjectRef } from "../kubernetes/object-ref.ts";
import { retryAfterMs, saysNotFound, statusOf } from "./answer-status.ts";
import type { ApiAnswer } from "./connection.ts";

/** At most one retry per 10 s and pod where a budget blocks (`safety.md` §6 G16); Kubernetes sends no Retry-After with a plain refusal. */
const budgetRetryMs = 10_000;
const throttleRetryMs = 1_000;

/** What came of a write, from the API server's answer to it. */
export function outcomeOf(answer: ApiAnswer, target: Pick<ObjectRef, "namespace" | "name">): Outcome {
  const { status } = answer;
  const { message } = statusOf(answer);
  if (status >= 200 && status < 300) return { kind: "Done" };
  if (status === 404) {
    // Not the server's word about this object: it may have happened behind a gateway that lost the answer.
    return saysNotFound(answer, [target.name, target.namespace]) ? { kind: "Gone" } : { kind: "Unknown", message };
  }
  if (status === 409) return conflictOf(message);
  if (status === 429) return blockedOf(answer);
  if (status >= 400 && status < 500 && status !== 408) return { kind: "Denied", message };
  if (status === 500 && /more than one PodDisruptionBudget/.test(message)) return { kind: "Denied", message };
  return { kind: "Unknown", message };
}

/** A write that got no answer. Without credentials nothing was sent; everything else may have happened. */
export function outcomeOfFailure(thrown: unknown): Outcome {
  const message = describeError(thrown);
  const denied = thrown instanceof KnitboneError && thrown.code === "ClusterUnauthorized";
  return { kind: denied ? "Denied" : "Unknown", message };
}

/**
 * Two wordings of Kubernetes v1.36 for a uid precondition that failed:
 *   rest/delete.go            "the UID in the precondition (a) does not match the UID in record (b). The object might have been deleted and then recreated"
 *   storage/interfaces.go     "Precondition failed: UID in precondition: a, UID in object meta: b"
 * Another uid under the name means that ours is gone.
 */
function conflictOf(message: string): Outcome {
  return /\bUID in (the )?precondition\b/.test(message) ? { kind: "Gone" } : { kind: "Conflict", message };
}

function blockedOf(answer: ApiAnswer): Outcome {
  const { causes, message } = statusOf(answer);
  const byBudget = causes.some((each) => each["reason"] === "DisruptionBudget");
  return {
    kind: "BlockedByBudget",
    retryAfterMs: retryAfterMs(answer) ?? (byBudget ? budgetRetryMs : throttleRetryMs),
    message,
  };
}
