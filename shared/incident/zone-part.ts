import { type IncidentCause, incidentKinds } from "./incident.ts";

/** What of a zone fails is another cause, seen there: "registry registry.example". */
export function partOfZone({ kind, key }: IncidentCause): string {
  return `${kind} ${key}`;
}

export function causeOfPart(part: string): IncidentCause {
  const space = part.indexOf(" ");
  const kind = incidentKinds.find((each) => each === part.slice(0, space));
  if (kind === undefined) throw new RangeError(`reading what of a zone fails: ${JSON.stringify(part)} names no cause`);
  return { kind, key: part.slice(space + 1) };
}
