import type { Instant } from "../time/clock.ts";
import { checkRows } from "./check-catalogue.ts";
import type { ProvenSignature } from "./signature.ts";

/** One version of a row that people added at run time. Nothing is overwritten: the versions are the record of who changed what, and when. */
export type StoredVersion =
  | { readonly kind: "row"; readonly signature: ProvenSignature; readonly by: string; readonly at: Instant }
  /** From this version on the row is not in force. */
  | {
      readonly kind: "removed";
      readonly id: string;
      readonly version: number;
      readonly by: string;
      readonly at: Instant;
    }
  /** Written by hand or by another release: nothing is built on it. */
  | { readonly kind: "malformed"; readonly id: string; readonly version: number; readonly problems: readonly string[] };

/** A change: a row as a person wrote it, or the end of one. */
export type CatalogueChange =
  | { readonly kind: "row"; readonly content: unknown }
  | { readonly kind: "removed"; readonly id: string; readonly version: number };

export type CatalogueWritten =
  | { readonly kind: "written" }
  | { readonly kind: "refused"; readonly problems: readonly string[] };

export interface CatalogueStore {
  /** Strongly consistent; every version of every row, of each the newest first. */
  versions(): Promise<readonly StoredVersion[]>;
  /** Writes one version. Refused: the row is bad, or its version is not above what the table has; then nothing is written. */
  write(change: CatalogueChange, by: string, at: Instant): Promise<CatalogueWritten>;
}

/** The version that a good change makes, or why it is none. `existing`: what the table has, of all rows. */
export function versionOf(
  change: CatalogueChange,
  existing: readonly StoredVersion[],
  by: string,
  at: Instant,
): Exclude<StoredVersion, { kind: "malformed" }> | { readonly kind: "refused"; readonly problems: readonly string[] } {
  const version = changed(change, by, at);
  if (version.kind === "refused") return version;
  const newest = Math.max(0, ...existing.filter((each) => idOf(each) === idOf(version)).map(numberOf));
  if (numberOf(version) > newest) return version;
  return {
    kind: "refused",
    problems: [`row ${idOf(version)}: version: must be above ${newest}, which the table has`],
  };
}

function changed(change: CatalogueChange, by: string, at: Instant) {
  if (change.kind === "removed") return { ...change, by, at };
  const { signatures, problems } = checkRows([change.content], "table");
  const [signature] = signatures;
  return signature === undefined || problems.length > 0
    ? { kind: "refused" as const, problems }
    : { kind: "row" as const, signature, by, at };
}

export function idOf(version: StoredVersion): string {
  return version.kind === "row" ? version.signature.id : version.id;
}

export function numberOf(version: StoredVersion): number {
  return version.kind === "row" ? version.signature.version : version.version;
}

/** By id, of each row the newest version first: the order in which stores give them. */
export function inOrder(a: StoredVersion, b: StoredVersion): number {
  if (idOf(a) !== idOf(b)) return idOf(a) < idOf(b) ? -1 : 1;
  return numberOf(b) - numberOf(a);
}
