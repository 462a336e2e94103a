import type { Random } from "../../../shared/random/random.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { type Access, allowEverything, type Rule, tokenAccess, type User } from "./api/access.ts";
import { type AdmissionPolicy, admission } from "./api/admission.ts";
import { type AuditLog, auditLog } from "./api/audit.ts";
import { type Handler, handler } from "./api/handle.ts";
import type { ApiRequest, ApiResponse } from "./api/request.ts";
import { type FaultDesk, type Faults, faultDesk } from "./faults.ts";
import { lister } from "./paging.ts";
import { type Registry, registry } from "./registry.ts";
import { memoryStore, type Store } from "./store.ts";
import { watchHub } from "./watch.ts";

/** The API server of one model: what both faces speak through. */
export interface ClusterApi {
  /** Answers at once, as if nothing stood between client and server; ordered status codes apply, stalls and lost replies do not. */
  handle: Handler;
  /** The in-memory face: `handle` behind the faults. Rejects with code ECONNRESET where a connection would break. */
  request(request: ApiRequest): Promise<ApiResponse>;
  readonly faults: Faults;
  readonly audit: AuditLog;
  /** Registers a bearer token for a user; without rules it may do everything. */
  addToken(token: string, user: string, rules?: readonly Rule[]): void;
  /** Refuses writes as an admission policy does, until the returned function is called. */
  refuse(policy: AdmissionPolicy): () => void;
  /** After this the token is answered with 401. */
  revokeToken(token: string): void;
  /** Sends bookmarks, ends watches and forgets history that are due. */
  step(now: number): void;
}

export interface ApiInternals {
  api: ClusterApi;
  store: Store;
  registry: Registry;
  desk: FaultDesk;
}

export function clusterApi(clock: Clock, random: Random, auditLimit?: number): ApiInternals {
  const now = () => clock.now();
  const store = memoryStore(now);
  const verbs = registry(store, now, random);
  const watches = watchHub(store, now);
  const lists = lister(store, now);
  const audit = auditLog(auditLimit);
  const policies = admission();
  const tokens = new Map<string, User>();
  const access: Access = tokenAccess(tokens);
  const desk = faultDesk({
    cutAll: () => watches.cutAll(),
    expire: () => {
      watches.expireHistory();
      lists.expireHistory();
    },
  });
  const handle = handler({
    store,
    registry: verbs,
    lister: lists,
    watches,
    admission: policies,
    access,
    audit,
    clock,
    fault: (request, target) => desk.fault(request, target),
  });
  const api: ClusterApi = {
    handle,
    async request(request) {
      if (desk.refuses(request)) throw connectionReset(request);
      await desk.gate(request);
      const response = handle(request);
      if (!desk.losesReply(request)) return response;
      if (response.kind === "watch") response.watch.close();
      throw connectionReset(request);
    },
    faults: desk,
    audit,
    addToken: (token, name, rules = allowEverything) => void tokens.set(token, { name, rules }),
    refuse: (policy) => policies.refuse(policy),
    revokeToken: (token) => void tokens.delete(token),
    step(at) {
      watches.step(at);
      lists.step(at);
    },
  };
  return { api, store, registry: verbs, desk };
}

function connectionReset({ method, path }: ApiRequest): Error {
  return Object.assign(new Error(`${method} ${path}: connection reset by the cluster model`), { code: "ECONNRESET" });
}
