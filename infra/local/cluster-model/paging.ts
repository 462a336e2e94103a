import { badRequest, expired, tooLargeResourceVersion } from "./api/failure.ts";
import type { KubeObject } from "./objects/meta.ts";
import type { Resource, ResourceName } from "./resources.ts";
import { keyOf, type Store } from "./store.ts";

interface ListOptions {
  resource: Resource;
  /** "" for all namespaces. */
  namespace: string;
  matches: (object: KubeObject) => boolean;
  /** With a selector the server does not say how many are left. */
  selective: boolean;
  limit?: number;
  continueToken?: string;
  resourceVersion?: string;
  resourceVersionMatch?: string;
}

interface Page {
  revision: number;
  items: readonly KubeObject[];
  continueToken?: string;
  remaining?: number;
}

export interface Lister {
  list(options: ListOptions): Page;
  /** Forgets the snapshots behind open lists: their next page is a 410. */
  expireHistory(): void;
  step(now: number): void;
}

const inconsistent =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
  "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. " +
  "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or " +
  "deleted between the time the first chunk was returned and now may show up in the list.";

/** As long as etcd keeps a revision by default. */
const snapshotMs = 5 * 60_000;

interface Snapshot {
  at: number;
  items: readonly KubeObject[];
}

/** Lists with pages that all show one revision. Objects never change once stored, so a snapshot is only an array of references. */
export function lister(store: Store, now: () => number): Lister {
  const snapshots = new Map<string, Snapshot>();
  const snapshotKey = (resource: ResourceName, revision: number) => `${resource}@${revision}`;

  interface Source {
    revision: number;
    items: readonly KubeObject[];
    /** Storage key to begin at. */
    after: string;
  }

  function continued(resource: ResourceName, token: { revision: number; after: string }, current: Source): Source {
    if (token.revision < 0) return { ...current, after: token.after };
    const snapshot = snapshots.get(snapshotKey(resource, token.revision));
    if (!snapshot) throw expired(inconsistent, encodeToken(-1, token.after));
    return { revision: token.revision, items: snapshot.items, after: token.after };
  }

  function source(options: ListOptions): Source {
    const { resource, continueToken } = options;
    const current = { revision: store.revision(), items: store.sorted(resource.name), after: "" };
    if (continueToken !== undefined) return continued(resource.name, decodeToken(continueToken), current);
    const asked = Number(options.resourceVersion ?? "");
    if (asked > store.revision()) throw tooLargeResourceVersion(asked, store.revision());
    // Nothing of this resource has changed since then: the same list under the version that was asked for.
    if (options.resourceVersionMatch !== "Exact") return current;
    if (store.changed(resource.name) <= asked) return { ...current, revision: asked };
    const snapshot = snapshots.get(snapshotKey(resource.name, asked));
    if (!snapshot) throw expired("The resourceVersion for the provided list is too old.");
    return { revision: asked, items: snapshot.items, after: "" };
  }

  return {
    list(options) {
      const { revision, items, after } = source(options);
      const { limit = 0, matches, namespace } = options;
      // Whoever was given this version may ask for exactly it, or for its next page, whatever changes meanwhile.
      snapshots.set(snapshotKey(options.resource.name, revision), { at: now(), items });
      const range = items.filter(
        (object) => (namespace === "" || object.metadata.namespace === namespace) && keyOf(object) >= after,
      );
      const selected = range.filter(matches);
      const page = limit === 0 ? selected : selected.slice(0, limit);
      const last = page.at(-1);
      if (limit === 0 || last === undefined || page.length < limit) return { revision, items: page };
      // Whether what is left matches a selector is not known before it is read: there may be a page with nothing on it.
      const more = range.length - range.indexOf(last) - 1;
      if (more === 0) return { revision, items: page };
      return {
        revision,
        items: page,
        continueToken: encodeToken(revision, `${keyOf(last)}\0`),
        ...(options.selective ? {} : { remaining: more }),
      };
    },
    expireHistory: () => snapshots.clear(),
    step(at) {
      for (const [key, snapshot] of snapshots) if (snapshot.at < at - snapshotMs) snapshots.delete(key);
    },
  };
}

function encodeToken(revision: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start })).toString("base64url");
}

function decodeToken(token: string): { revision: number; after: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof parsed === "object" && parsed !== null && "rv" in parsed && "start" in parsed) {
      const { rv, start } = parsed;
      if (typeof rv === "number" && typeof start === "string") return { revision: rv, after: start };
    }
  } catch {
    // Not a token of ours: answered below.
  }
  throw badRequest("invalid continue token: continue key is not valid");
}
