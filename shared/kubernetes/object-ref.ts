/** One object of one cluster. `uid` tells it from another of the same name; `namespace` is "" for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** "Pod shop/web-1" or "Node n1": for people. */
export function describeRef(ref: Pick<ObjectRef, "kind" | "namespace" | "name">): string {
  return ref.namespace === "" ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}
