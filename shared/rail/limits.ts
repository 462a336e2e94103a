import { hours, minutes, seconds } from "../time/duration.ts";

/**
 * The figures of `safety.md` §1.3 and `design.md` §5–6: code, not configuration, so that no policy can undercut them, and the lab's
 * divisor never touches them.
 */
export const limits = {
  /** Force-deletes on one node while a replacement could still be placed there … */
  nodeUntainted: { limit: 2, windowMs: minutes(10) },
  /** … and once a cordon or taint keeps replacements away. */
  nodeTainted: { limit: 5, windowMs: minutes(10) },
  /** Pods of one node that are evicted while they run. */
  node: { limit: 5, windowMs: minutes(10) },
  /** Writes to one owner's pods, or to nodes of one pool, whose effect has not been seen yet. */
  ownerInFlight: { limit: 1, windowMs: minutes(10) },
  owner: { limit: 3, windowMs: hours(1) },
  namespace: { limit: 10, windowMs: minutes(10) },
  cluster: { limit: 20, windowMs: minutes(10) },
  fleet: { limit: 50, windowMs: minutes(10) },
  /** Nodes of one cluster are marked one at a time … */
  nodePace: { limit: 1, windowMs: seconds(60) },
  /** … and few in all. */
  nodesOfCluster: { limit: 3, windowMs: hours(1) },
  nodesOfFleet: { limit: 10, windowMs: hours(1) },
  /** Marks taken back, which only gives room: bounded all the same. */
  untainted: { limit: 20, windowMs: minutes(10) },
  /**
   * No node is taken out of scheduling above so many not-ready nodes of its zone (the larger of number and share), nor when fewer Ready ones would be
   * left of zone or cluster; by a report that was made so long after the node ceased to be Ready.
   */
  nodeBrake: { notReady: 1, share: 0.2, leftOfZone: 1, leftOfCluster: 2, reportAfterMs: seconds(30) },
  /** Nor where so many others of its pool are not ready (the larger of number and share). */
  poolBrake: { notReady: 1, share: 0.2 },
  /** Failed and Succeeded pods have budgets of their own. */
  terminalNamespace: { limit: 300, windowMs: minutes(10) },
  terminalCluster: { limit: 600, windowMs: minutes(10) },
  /** A cluster whose last report is older (by the queue's clock) is not acted on. */
  reportMaxAgeMs: seconds(120),
  /** Room that a spill was given counts against every report that was sent before this had passed: its pods are bound and reported by then. */
  roomReservedMs: minutes(3),
  /** The brake gives way only after its numbers have allowed it for this long. */
  brakeExitMs: minutes(10),
  /** From the last live look to the write. */
  lastLookMaxAgeMs: seconds(5),
  /** So long may a node that was handed over go without a mark before people are told: its healer may be off, braked or over budget. */
  handOverMs: minutes(15),
  /** Writes to one object before people are asked instead. */
  attempts: 3,
} as const;
