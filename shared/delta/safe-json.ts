import { type MalformedCode, messageLimitBytes } from "./forwarder-message.ts";

/** Levels of arrays and objects; ours have eight at most. */
const depthLimit = 12;
const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point (terminal escapes in a cluster's words)
const controls = /[\u0000-\u001f\u007f-\u009f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const controlRuns = /[\u0000-\u001f\u007f-\u009f]+/g;

export type SafeJson =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "malformed"; readonly code: MalformedCode; readonly detail: string };

const malformed = (code: MalformedCode, detail: string): SafeJson => ({ kind: "malformed", code, detail });

/**
 * A queue message as JSON that is safe to look into: small, shallow, no key that reaches a prototype, and no control character in any text (the one
 * place where they are taken out, `safety.md` §5.3). Never throws.
 */
export function safeJson(body: string): SafeJson {
  const bytes = Buffer.byteLength(body);
  if (bytes > messageLimitBytes) return malformed("Oversized", `${bytes} bytes, ${messageLimitBytes} at most`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // The parser's words quote the body.
    return malformed("NotJson", "the body is not JSON");
  }
  const holder = { value };
  const problem = cleaned(holder, 0);
  return problem === undefined ? { kind: "json", value: holder.value } : malformed(problem.code, problem.detail);
}

interface Problem {
  readonly code: MalformedCode;
  readonly detail: string;
}

/** Walks the members of one array or object, cleaning texts in place: the value was made by JSON.parse a moment ago and is nobody else's. */
function cleaned(container: object, depth: number): Problem | undefined {
  if (depth > depthLimit) return { code: "TooDeep", detail: `more than ${depthLimit} levels` };
  const members = container as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const problem = keyProblem(key) ?? cleanedMember(members, key, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keyProblem(key: string): Problem | undefined {
  if (forbiddenKeys.has(key)) return { code: "ForbiddenKey", detail: `key ${key}` };
  return controls.test(key) ? { code: "ForbiddenKey", detail: "a key with control characters" } : undefined;
}

function cleanedMember(members: Record<string, unknown>, key: string, depth: number): Problem | undefined {
  const member = members[key];
  if (typeof member === "string" && controls.test(member)) members[key] = member.replace(controlRuns, " ");
  return typeof member === "object" && member !== null ? cleaned(member, depth + 1) : undefined;
}
