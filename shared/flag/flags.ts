import type { FlagAnswer, FlagQuery } from "./flag.ts";

export interface Flags {
  /**
   * The mode in force. "recent": may be 2 s old (the first look). "now": an uncached, strongly consistent read (the last look).
   * Never throws: a table that does not answer within 300 ms is an unreadable answer.
   */
  mode(query: FlagQuery, freshness: "recent" | "now"): Promise<FlagAnswer>;
}
