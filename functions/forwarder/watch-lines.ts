import { type Raw, rawNumber, rawObject, rawText } from "../../shared/kubernetes/raw.ts";

/** What one line of a watch says. */
export type WatchLine =
  | { readonly kind: "changed" | "deleted"; readonly object: Raw; readonly resourceVersion: string }
  | { readonly kind: "bookmark"; readonly resourceVersion: string }
  /** The server ends this watch: `gone` means its history does not reach back to where we stood. */
  | { readonly kind: "error"; readonly gone: boolean; readonly words: string }
  | { readonly kind: "garbage"; readonly words: string };

const newline = 0x0a;

/** Joins chunks and cuts them at newlines. Bytes are decoded line by line, so that a character split between two chunks stays whole. */
export function lineSplitter(): { push(chunk: Uint8Array): readonly string[]; rest(): number } {
  let parts: Uint8Array[] = [];
  const decoder = new TextDecoder();
  const joined = (tail: Uint8Array): string => {
    const line = parts.length === 0 ? tail : Buffer.concat([...parts, tail]);
    parts = [];
    return decoder.decode(line);
  };
  return {
    push(chunk) {
      const lines: string[] = [];
      let from = 0;
      for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
        const line = joined(chunk.subarray(from, at));
        if (line.trim() !== "") lines.push(line);
        from = at + 1;
      }
      if (from < chunk.length) parts.push(chunk.slice(from));
      return lines;
    },
    /** Bytes of an unfinished line. */
    rest: () => parts.reduce((total, each) => total + each.length, 0),
  };
}

/** A sample: `{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"uid":"…","resourceVersion":"812"},…}}` */
export function parseWatchLine(line: string): WatchLine {
  let event: Raw;
  try {
    event = rawObject(JSON.parse(line));
  } catch {
    return { kind: "garbage", words: `a line of ${line.length} characters is no JSON` };
  }
  const object = rawObject(event["object"]);
  const metadata = rawObject(object["metadata"]);
  const resourceVersion = rawText(metadata["resourceVersion"]) ?? "";
  switch (event["type"]) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      if (resourceVersion === "" || !rawText(metadata["uid"]) || !rawText(metadata["name"])) {
        return { kind: "garbage", words: `${event["type"]} of an object without uid, name or resourceVersion` };
      }
      return { kind: event["type"] === "DELETED" ? "deleted" : "changed", object, resourceVersion };
    case "BOOKMARK":
      if (resourceVersion === "") return { kind: "garbage", words: "BOOKMARK without a resourceVersion" };
      return { kind: "bookmark", resourceVersion };
    case "ERROR":
      return {
        kind: "error",
        gone: rawNumber(object["code"]) === 410 || object["reason"] === "Expired" || object["reason"] === "Gone",
        words: `${rawNumber(object["code"]) ?? "no code"} ${rawText(object["message"]) ?? ""}`.trim(),
      };
    default:
      return { kind: "garbage", words: "a line without a known type" };
  }
}
