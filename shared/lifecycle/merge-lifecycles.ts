import type { Instant } from "../time/clock.ts";
import type { Lifecycle } from "./lifecycle.ts";

/**
 * Two records of one pod as one. Order-free, because messages may arrive in any order and twice: of two instants the earlier stays, of two
 * restart counts the higher. A member that is no number is replaced by the given one.
 */
export function mergeLifecycles(stored: Lifecycle | undefined, given: Lifecycle): Lifecycle {
  if (!stored) return withHeals(given, given.heals);
  const heals = [...new Set([...(stored.heals ?? []), ...(given.heals ?? [])])];
  const merged: Lifecycle = {
    ...stored,
    ...definedMembers(given),
    ...earliest("createdAt", stored, given),
    ...earliest("scheduledAt", stored, given),
    ...earliest("startedAt", stored, given),
    ...earliest("readyAt", stored, given),
    ...earliest("deletionAt", stored, given),
    ...earliest("goneAt", stored, given),
    ...(stored.restarts === undefined && given.restarts === undefined
      ? {}
      : { restarts: Math.max(stored.restarts ?? 0, given.restarts ?? 0) }),
  };
  return withHeals(merged, heals);
}

type InstantMember = "createdAt" | "scheduledAt" | "startedAt" | "readyAt" | "deletionAt" | "goneAt";

function earliest(member: InstantMember, a: Lifecycle, b: Lifecycle): { readonly [m in InstantMember]?: Instant } {
  const instants = [a[member], b[member]].filter((each) => each !== undefined);
  return instants.length === 0 ? {} : { [member]: Math.min(...instants) };
}

function withHeals(lifecycle: Lifecycle, heals: readonly string[] | undefined): Lifecycle {
  return heals === undefined || heals.length === 0 ? lifecycle : { ...lifecycle, heals: [...new Set(heals)] };
}

function definedMembers(lifecycle: Lifecycle): Lifecycle {
  return Object.fromEntries(
    Object.entries(lifecycle).filter(([, value]) => value !== undefined),
  ) as unknown as Lifecycle;
}
