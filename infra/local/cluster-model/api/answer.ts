import type { Instant } from "../../../../shared/time/clock.ts";
import type { Answer } from "./request.ts";

/** An answer with the headers that every answer has; `Date` is the API server's own clock. */
export function answer(status: number, body: unknown, now: Instant, headers: Record<string, string> = {}): Answer {
  return {
    kind: "answer",
    status,
    headers: {
      "content-type": typeof body === "string" ? "text/plain; charset=utf-8" : "application/json",
      date: new Date(now).toUTCString(),
      ...headers,
    },
    body,
  };
}
