import type { Resource } from "../resources.ts";
import { forbidden, forbiddenPath, unauthorized } from "./failure.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";

/** What a user may do, as an RBAC rule says it. `"*"` stands for all; a subresource is named `pods/eviction`. */
export interface Rule {
  verbs: readonly (Verb | "*")[];
  resources: readonly string[];
  namespaces?: readonly string[];
}

export interface User {
  name: string;
  rules: readonly Rule[];
}

export const allowEverything: readonly Rule[] = [{ verbs: ["*"], resources: ["*"] }];

interface Attributes {
  verb: Verb;
  resource: Resource;
  subresource: string;
  namespace: string;
  name: string;
}

export interface Access {
  /** The user behind an `Authorization` header; throws 401. */
  authenticate(authorization: string | undefined): User;
  /** Throws 403 with the real server's words. */
  authorize(user: User, attributes: Attributes): void;
  authorizePath(user: User, verb: string, path: string): void;
}

/** `tokens`: bearer token to user. */
export function tokenAccess(tokens: ReadonlyMap<string, User>): Access {
  return {
    authenticate(authorization) {
      const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
      const user = token === undefined ? undefined : tokens.get(token);
      if (!user) throw unauthorized();
      return user;
    },
    authorize(user, { verb, resource, subresource, namespace, name }) {
      const target = subresource === "" ? resource.name : `${resource.name}/${subresource}`;
      const allowed = user.rules.some(
        (rule) =>
          (rule.verbs.includes("*") || rule.verbs.includes(verb)) &&
          (rule.resources.includes("*") || rule.resources.includes(target)) &&
          (rule.namespaces === undefined || rule.namespaces.includes(namespace)),
      );
      if (allowed) return;
      const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
      const why = `User "${user.name}" cannot ${verb} resource "${target}" in API group "${resource.group}" ${where}`;
      throw forbidden(resource, name, why);
    },
    authorizePath(user, verb, path) {
      // Discovery, version and health are open to everybody who is known, as the default ClusterRoles have it.
      const open = /^\/(api|apis|healthz|livez|readyz|version|openapi)(\/|$)/.test(path);
      if (open || user.rules.some((rule) => rule.resources.includes("*"))) return;
      throw forbiddenPath(`User "${user.name}" cannot ${verb} path "${path}"`);
    },
  };
}
