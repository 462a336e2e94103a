import type { ContainerExit, Lifecycle } from "./lifecycle.ts";

/** How many ended runs of containers a life keeps: a pod may restart for years. */
const exitsKept = 10;

/**
 * Two records of one pod as one. Order-free, because messages may arrive in any order and twice: of two instants the earlier stays, of two
 * restart counts the higher, of ended runs the newest ten, of two ends the fuller. Heals stand in the order of their arrival. Node and owner, of which
 * one uid hardly ever has two, are the given ones.
 */
export function mergeLifecycles(stored: Lifecycle | undefined, given: Lifecycle): Lifecycle {
  const { cluster, pod } = given;
  const before: Lifecycle = stored ?? { cluster, pod };
  const merged = {
    ...before,
    ...withoutUndefined(given),
    ...Object.fromEntries(instants.map((member) => [member, earliest(before[member], given[member])])),
    restarts: highest(before.restarts, given.restarts),
    exits: newestExits([...(before.exits ?? []), ...(given.exits ?? [])]),
    end: fullerEnd(before.end, given.end),
    heals: each([...(before.heals ?? []), ...(given.heals ?? [])]),
  };
  return withoutUndefined(merged) as Lifecycle;
}

const instants = [
  "createdAt",
  "scheduledAt",
  "startedAt",
  "sandboxAt",
  "firstStartedAt",
  "readyAt",
  "deletionRequestedAt",
  "deletionAt",
  "goneAt",
] as const satisfies readonly (keyof Lifecycle)[];

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function highest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/** A run is the same one only if all of it is the same: then which ten stay cannot depend on who came first. */
function newestExits(exits: readonly ContainerExit[]): readonly ContainerExit[] | undefined {
  const words = ({ container, exitCode, reason }: ContainerExit) => JSON.stringify([container, exitCode, reason]);
  const apart = [...new Map(exits.map((exit) => [`${exit.at} ${words(exit)}`, exit])).values()];
  const inOrder = apart.sort((a, b) => a.at - b.at || (words(a) < words(b) ? -1 : 1));
  return inOrder.length === 0 ? undefined : inOrder.slice(-exitsKept);
}

/** The one with a reason; of two such, or of two without one, always the same. */
function fullerEnd(a: Lifecycle["end"], b: Lifecycle["end"]): Lifecycle["end"] {
  if (a === undefined || b === undefined) return a ?? b;
  const rank = ({ phase, reason }: NonNullable<Lifecycle["end"]>) =>
    JSON.stringify([reason !== undefined, phase, reason]);
  return rank(a) < rank(b) ? b : a;
}

function each(ids: readonly string[]): readonly string[] | undefined {
  return ids.length === 0 ? undefined : [...new Set(ids)];
}

function withoutUndefined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
