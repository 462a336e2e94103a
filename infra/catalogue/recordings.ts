import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Channel, ProvenSignature, Sample, Sighting } from "../../shared/catalogue/signature.ts";
import { type Raw, rawList, rawObject, rawText } from "../../shared/kubernetes/raw.ts";

const folder = "test/fixtures";

/** What is wrong with the recordings that a row names: a sample must stand in its file word for word. */
export function recordingProblems(root: string, { id, samples }: ProvenSignature): readonly string[] {
  return samples.flatMap((sample, index) => {
    if (sample.recorded === undefined) return [];
    const path = join(root, folder, sample.recorded);
    const where = `row ${id}: samples.${index}: ${folder}/${sample.recorded}`;
    if (!existsSync(path)) return [`${where} is not there`];
    const fixture: unknown = JSON.parse(readFileSync(path, "utf8"));
    return sightingsOf(rawObject(fixture)).some((seen) => isSame(seen, sample)) ? [] : [`${where} does not say this`];
  });
}

function isSame(seen: Sighting, sample: Sample): boolean {
  return seen.channel === sample.channel && seen.reason === sample.reason && seen.text === sample.text;
}

/** What can be read off one recorded object (`test/real/fixtures`): an Event, an entry of containerStatuses, parts of a Pod, a node's condition. */
function sightingsOf(fixture: Raw): readonly Sighting[] {
  const sample = rawObject(fixture["sample"]);
  const status = rawObject(sample["status"]);
  switch (fixture["channel"]) {
    case "event":
      return [sighting("event", sample)];
    case "containerStatus":
      return [sample["state"], sample["lastState"]]
        .flatMap((state) => Object.values(rawObject(state)))
        .map((state) => sighting("containerStatus", rawObject(state)));
    case "podStatus":
      return [
        sighting("podStatus", status),
        ...rawList(status["conditions"]).map((condition) => sighting("podCondition", condition)),
      ];
    case "nodeCondition":
      return [sighting("nodeCondition", sample)];
    default:
      return [];
  }
}

function sighting(channel: Channel, { reason, message }: Raw): Sighting {
  return { channel, reason: rawText(reason) ?? "", text: rawText(message) ?? "" };
}
