import type { Member } from "../../shared/incident/incident.ts";
import { noon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { uidOf } from "./overrides.ts";

/** Pod shop/<name> on n1 of eu-1, whose registry failed when it was looked at at noon. */
export function aMember(name: string, overrides: Partial<Member> = {}): Member {
  return {
    kind: "registry",
    key: "registry.example",
    place: "n1",
    part: "registry.example/web:1.4.2",
    said: "RegistryFailing",
    cluster: "eu-1",
    object: aRef({ name, uid: uidOf("Pod", name) }),
    mode: "act",
    at: noon,
    ...overrides,
  };
}
