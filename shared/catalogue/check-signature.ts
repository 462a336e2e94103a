import { catalogueOf } from "./catalogue.ts";
import { containsInOrder, weightOf } from "./fragments.ts";
import { canonicalReason } from "./reason-alias.ts";
import {
  lineChannels,
  type Origin,
  type Place,
  type ProvenSignature,
  runTimeRemedies,
  type Sighting,
  type Signature,
} from "./signature.ts";

/** Everything that is wrong with what one row says; its form is right already. */
export function signatureProblems(signature: ProvenSignature, origin: Origin): readonly string[] {
  return [
    ...remedyProblems(signature, origin),
    ...versionsProblems(signature, origin),
    ...fragmentProblems(signature),
    ...placeProblems(signature),
    ...sampleProblems(signature),
    ...nearMissProblems(signature),
  ];
}

function remedyProblems({ remedy }: Signature, origin: Origin): readonly string[] {
  if (origin === "release") return remedy === undefined ? ["remedy: is missing"] : [];
  if (remedy === undefined || runTimeRemedies.includes(remedy)) return [];
  return [
    `remedy: ${remedy} comes only with a release; a row of the table may say ${runTimeRemedies.join(" or ")}, or nothing`,
  ];
}

/** A row of the table may be about a component that nobody else has. */
function versionsProblems({ versions }: Signature, origin: Origin): readonly string[] {
  return origin === "release" && Object.keys(versions).length === 0 ? ["versions: names no component"] : [];
}

/** Fewer characters stand in many messages by chance. */
const leastCharacters = 6;

function fragmentProblems({ fragments }: Signature): readonly string[] {
  const weight = weightOf(fragments);
  if (fragments.length === 0 || weight >= leastCharacters) return [];
  return [`fragments: ${weight} characters say too little; at least ${leastCharacters} together`];
}

function placeProblems({ seenIn, fragments }: Signature): readonly string[] {
  return seenIn.flatMap(({ channel, reasons }, index) => {
    const problems: string[] = [];
    const where = `seenIn.${index}`;
    if (lineChannels.includes(channel) && reasons !== undefined) problems.push(`${where}: a ${channel} has no reason`);
    if (reasons === undefined && fragments.length === 0) {
      problems.push(`${where}: without a reason and without fragments every ${channel} would match`);
    }
    for (const reason of reasons ?? []) {
      const canonical = canonicalReason(reason);
      if (canonical !== reason) problems.push(`${where}: reason ${reason} is an alias; write ${canonical}`);
    }
    return problems;
  });
}

function sampleProblems(signature: ProvenSignature): readonly string[] {
  const { samples, seenIn } = signature;
  const problems = samples.flatMap((sample, index) => {
    const where = `samples.${index}`;
    return [
      ...(sample.recorded === undefined && sample.source === undefined
        ? [`${where}: needs a recorded file, or the source of its words`]
        : []),
      ...(matches(signature, sample) ? [] : [`${where}: is not matched by its own row`]),
    ];
  });
  const unproven = seenIn.filter(({ channel }) => !samples.some((sample) => sample.channel === channel));
  return [...problems, ...unproven.map(({ channel }) => `samples: none was seen as ${channel}`)];
}

/** A text that has nothing to do with the row would prove nothing: either place or words must be the row's. */
function nearMissProblems(signature: ProvenSignature): readonly string[] {
  return signature.nearMisses.flatMap((miss, index) => {
    if (matches(signature, miss)) return [`nearMisses.${index}: is matched`];
    const near =
      signature.seenIn.some((place) => isAt(place, miss)) ||
      (signature.fragments.length > 0 && containsInOrder(miss.text, signature.fragments)) ||
      (signature.fragments.length === 0 && signature.seenIn.some(({ channel }) => channel === miss.channel));
    return near
      ? []
      : [`nearMisses.${index}: has neither the row's channel and reason nor its words: it proves nothing`];
  });
}

function matches(signature: Signature, sighting: Sighting): boolean {
  return catalogueOf([signature]).match(sighting).kind === "known";
}

function isAt({ channel, reasons }: Place, sighting: Sighting): boolean {
  return channel === sighting.channel && (reasons === undefined || reasons.includes(canonicalReason(sighting.reason)));
}
