import type { ObjectRef } from "../../shared/kubernetes/object-ref.ts";

/** Any members of T. An optional member given as `undefined` is left out altogether (`exactOptionalPropertyTypes`). */
export type Overrides<T> = {
  readonly [K in keyof T]?: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K];
};

/** The same for an object with identity: `name`, `namespace` and `uid` reach into its `ref`. */
export type ObjectOverrides<T> = Overrides<T> & {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
};

export function override<T extends object>(defaults: T, overrides: Overrides<T>): T {
  const merged = { ...defaults, ...overrides };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as T;
}

/** `override` for an object with identity. Without a uid of its own, another name is another object: its uid follows from its name. */
export function overrideObject<T extends { readonly ref: ObjectRef }>(defaults: T, overrides: ObjectOverrides<T>): T {
  const { name, namespace, uid, ...members } = overrides;
  const plain = override(defaults, members as Overrides<T>);
  const ref = {
    ...plain.ref,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name, uid: uidOf(plain.ref.kind, name) }),
    ...(uid === undefined ? {} : { uid }),
  };
  return { ...plain, ref };
}

/** The uid that a builder gives an object of this kind and name. */
export function uidOf(kind: string, name: string): string {
  return `uid-of-${kind.toLowerCase()}-${name}`;
}
