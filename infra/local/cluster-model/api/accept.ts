import { notAcceptable } from "./failure.ts";

/** What a client wants an answer to look like. `metadataList`: for lists only, as the real server has it. */
export type Shape = "whole" | "metadata" | "metadataList";

const shapes: Readonly<Record<string, Shape>> = {
  PartialObjectMetadata: "metadata",
  PartialObjectMetadataList: "metadataList",
};

/**
 * The first clause of an Accept header that can be served, in the order of their weights (`NegotiateMediaTypeOptions` in
 * apiserver/pkg/endpoints/handlers/negotiation/negotiate.go of v1.36.3). A clause with a transformation that is not known is passed over,
 * as if it were not there; Table, YAML and protobuf are not known here. Throws 406 when nothing is left.
 */
export function shapeAsked(accept: string): Shape {
  if (accept === "") return "whole";
  const clauses = accept.split(",").map(clauseOf);
  for (const clause of clauses.sort((a, b) => b.weight - a.weight)) {
    const shape = isJson(clause.type) ? shapeOf(clause.parameters) : undefined;
    if (shape !== undefined) return shape;
  }
  throw notAcceptable("only the following media types are accepted: application/json");
}

interface Clause {
  type: string;
  weight: number;
  parameters: ReadonlyMap<string, string>;
}

function clauseOf(text: string): Clause {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters = new Map(
    rest.map((part): [string, string] => {
      const [name = "", value = ""] = part.split("=").map((side) => side.trim());
      return [name, value];
    }),
  );
  return { type, weight: Number(parameters.get("q") ?? "1"), parameters };
}

const isJson = (type: string): boolean => ["application/json", "application/*", "*/*"].includes(type);

function shapeOf(parameters: ReadonlyMap<string, string>): Shape | undefined {
  const [kind, group, version] = ["as", "g", "v"].map((name) => parameters.get(name));
  if (kind === undefined && group === undefined && version === undefined) return "whole";
  return group === "meta.k8s.io" && version === "v1" ? shapes[kind ?? ""] : undefined;
}
