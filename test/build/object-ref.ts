import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";
import { type Overrides, override, uidOf } from "./overrides.ts";

/** "Pod shop/web-1" unless told otherwise. */
export function aRef(overrides: Overrides<ObjectRef> = {}): ObjectRef {
  const kind = overrides.kind ?? "Pod";
  const name = overrides.name ?? "web-1";
  return override({ kind, namespace: "shop", name, uid: uidOf(kind, name) }, overrides);
}
