import * as z from "zod/mini";
import { formatDuration, parseDuration } from "../time/duration.ts";

/** A knob written as text such as "2m" → milliseconds; a value below the floor is a problem. `example` stands in the words of the problem. */
export function durationKnob(floorMs: number, example: string) {
  const readable = z.transform((text: string, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= floorMs) return ms;
    const message =
      ms === undefined
        ? `"${text}" is not a duration such as "${example}"`
        : `${text} is below the floor of ${formatDuration(floorMs)}`;
    context.issues.push({ code: "custom", message, input: text });
    return z.NEVER;
  });
  return z.pipe(z.string({ error: `expected a duration such as "${example}"` }), readable);
}

/** A whole number from `least` to `most`. */
export function countKnob(least: number, most: number) {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.int({ error }).check(z.gte(least, { error }), z.lte(most, { error }));
}

/** "knob.path: what is wrong with it". */
export function describeProblem(issue: z.core.$ZodIssue): string {
  const where = issue.path.join(".");
  const what = issue.code === "unrecognized_keys" ? `unknown knob: ${issue.keys.join(", ")}` : issue.message;
  return where === "" ? what : `${where}: ${what}`;
}
