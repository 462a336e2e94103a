/** Long enough to tell messages apart, far shorter than where a forwarder cuts them: names of other lengths must not move the end. */
const fingerprintCharacters = 200;
/** Bounds the work, whoever wrote the text. */
const lookedAtCharacters = 2_048;

/**
 * What stays of a message when everything that differs from one sighting to the next is taken out: quoted names, paths, images, ids and numbers.
 * Readable, so that a list of fingerprints is a list of what the catalogue lacks; printable ASCII, at most 200 characters, "(empty)" of nothing.
 */
export function fingerprintOf(text: string): string {
  const plain = text
    .slice(0, lookedAtCharacters)
    .replace(/[^\x20-\x7e]+/g, " ")
    // JSON within JSON: \"name\".
    .replace(/\\"/g, '"')
    .replace(/"[^"]*"?/g, '"…"')
    // An apostrophe within a word ("didn't") quotes nothing.
    .replace(/(^|[^A-Za-z0-9])'[^']*'/g, "$1'…'")
    .split(" ")
    .filter((word) => word !== "")
    .map(wordWithoutParticulars)
    .join(" ")
    .replaceAll("…", "*");
  return plain === "" ? "(empty)" : plain.slice(0, fingerprintCharacters);
}

/** Punctuation around a word belongs to the sentence: "(uid)," keeps its brackets and comma. */
function wordWithoutParticulars(word: string): string {
  const begins = /^[([{<=:,;]*/.exec(word)?.[0].length ?? 0;
  const inner = word.slice(begins);
  const ends = /[)\]}>,;:.]+$/.exec(inner)?.[0].length ?? 0;
  const core = inner.slice(0, inner.length - ends);
  return word.slice(0, begins) + coreWithoutParticulars(core) + inner.slice(inner.length - ends);
}

function coreWithoutParticulars(core: string): string {
  if (core.includes("…")) return core;
  const equals = core.indexOf("=");
  if (equals > 0)
    return `${core.slice(0, equals + 1)}${core.slice(equals + 1) === "" ? "" : coreWithoutParticulars(core.slice(equals + 1))}`;
  // Paths, addresses, images.
  if (core.includes("/") && core.length > 1) return "…";
  // Hexadecimal ids and uids; a name with a generated end; a host.
  if (/^(sha256:)?[0-9a-f]{8,}$/.test(core) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.test(core)) return "…";
  // Numbers with their units and durations, and names with a number in them: "3m2.5s", "web-1".
  return /[0-9]/.test(core) ? "…" : core;
}
