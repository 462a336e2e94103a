import type { ProvenSignature, Signature } from "../../shared/catalogue/signature.ts";

/** `shared/catalogue/release.json`: what functions carry, which is the rows without what only proves them. By id, one row a line. */
export function releaseText(signatures: readonly ProvenSignature[]): string {
  const rows = [...signatures]
    .sort(byId)
    .map(({ samples: _samples, nearMisses: _nearMisses, ...rest }) => JSON.stringify(rest));
  return `[\n${rows.join(",\n")}\n]\n`;
}

/** Rows whose content is not what it was while their version is: who reads "version 3" somewhere must be able to find it again. */
export function versionProblems(
  before: readonly Signature[],
  signatures: readonly ProvenSignature[],
): readonly string[] {
  const old = new Map(before.map((row) => [row.id, row]));
  return signatures.flatMap((signature) => {
    const was = old.get(signature.id);
    if (
      was === undefined ||
      signature.version > was.version ||
      releaseText([signature]) === releaseText([asProven(was)])
    ) {
      return [];
    }
    return [`row ${signature.id}: has changed; its version must rise above ${was.version}`];
  });
}

function asProven(row: Signature): ProvenSignature {
  return { ...row, samples: [], nearMisses: [] };
}

export function byId(a: Signature, b: Signature): number {
  return a.id < b.id ? -1 : 1;
}
