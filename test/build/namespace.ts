import type { NamespaceFacts } from "../../shared/kubernetes/namespace.ts";
import { days } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { type ObjectOverrides, overrideObject } from "./overrides.ts";

/** The active namespace "shop". */
export function aNamespace(overrides: ObjectOverrides<NamespaceFacts> = {}): NamespaceFacts {
  return overrideObject<NamespaceFacts>(
    {
      ref: aRef({ kind: "Namespace", namespace: "", name: "shop" }),
      resourceVersion: "50",
      creationTimestamp: atNoon(-days(30)),
      finalizers: [],
      labels: {},
      annotations: {},
      terminating: false,
    },
    overrides,
  );
}
