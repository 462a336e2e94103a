import { describeError, KnitboneError } from "../errors.ts";
import type { CredentialSource } from "./client-node-transport.ts";
import { withoutSecrets } from "./connection-failure.ts";

/**
 * A service-account token kept as a secret: read once, and again after a 401. The secret is the token itself, or JSON `{"token", "endpoint"}`:
 * then the token goes to that endpoint and no other, so that a changed registry row cannot send it elsewhere (`safety.md` §5.4).
 */
export function secretToken(options: {
  readonly title: string;
  readonly endpoint: string;
  readonly ca: string;
  readonly read: () => Promise<string>;
}): CredentialSource {
  let token: string | undefined;
  return {
    async credentials() {
      token ??= await readToken(options);
      return { headers: { authorization: `Bearer ${token}` }, tls: { ca: options.ca } };
    },
    renew() {
      token = undefined;
      return true;
    },
  };
}

async function readToken(options: {
  readonly title: string;
  readonly endpoint: string;
  readonly read: () => Promise<string>;
}): Promise<string> {
  const unauthorized = (what: string, cause?: unknown) =>
    new KnitboneError("ClusterUnauthorized", `reading the token of ${options.title}: ${what}`, {
      cause,
      retryable: true,
    });
  let text: string;
  try {
    text = (await options.read()).trim();
  } catch (error) {
    throw unauthorized(withoutSecrets(describeError(error)), error);
  }
  const { token, endpoint } = parsed(text);
  if (endpoint !== undefined && !sameOrigin(endpoint, options.endpoint)) {
    throw unauthorized(`the secret is for ${withoutSecrets(endpoint)}, not for ${options.endpoint}`);
  }
  // A header cannot hold anything else; an odd character would make the request fail with the token in its words.
  if (!/^[\w.~+/=-]+$/.test(token)) throw unauthorized("the secret holds no token");
  return token;
}

function parsed(text: string): { readonly token: string; readonly endpoint?: string } {
  if (!text.startsWith("{")) return { token: text };
  try {
    const { token, endpoint } = JSON.parse(text) as { token?: unknown; endpoint?: unknown };
    return {
      token: typeof token === "string" ? token.trim() : "",
      ...(typeof endpoint === "string" ? { endpoint } : {}),
    };
  } catch {
    return { token: "" };
  }
}

function sameOrigin(a: string, b: string): boolean {
  const [left, right] = [URL.parse(a), URL.parse(b)];
  return left !== null && right !== null && left.origin === right.origin;
}
