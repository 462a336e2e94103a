import { describeError, KnitboneError } from "../errors.ts";

/** What a failed connection says in `code`, in words that tell an operator where to look. Node, OpenSSL and undici codes. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host name could not be resolved",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ETIMEDOUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped",
  UND_ERR_SOCKET: "connection closed by the server",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "TLS: the server's certificate is self-signed and not the certificate authority that was given",
  SELF_SIGNED_CERT_IN_CHAIN: "TLS: the server's certificate authority is not the one that was given",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "TLS: the server's certificate is not signed by the certificate authority that was given",
  UNABLE_TO_GET_ISSUER_CERT: "TLS: the server's certificate is not signed by the certificate authority that was given",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "TLS: the server's certificate is not signed by the certificate authority that was given",
  CERT_SIGNATURE_FAILURE: "TLS: the server's certificate is not signed by the certificate authority that was given",
  CERT_HAS_EXPIRED: "TLS: the server's certificate has expired",
  CERT_NOT_YET_VALID: "TLS: the server's certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "TLS: the server's certificate is for another host name",
  ERR_SSL_WRONG_VERSION_NUMBER: "TLS: the server does not speak TLS on this port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "TLS: the server does not speak TLS on this port",
};

/** Nothing reached the server's application, or the answer was lost with a dead keep-alive connection: a read may be sent once more. */
const resets = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

export function isReset(thrown: unknown): boolean {
  return resets.has(codeOf(thrown));
}

/** One line: what was tried, where, what happened. `title` names the context or cluster for people. */
export function connectionFailure(thrown: unknown, title: string, endpoint: string): KnitboneError {
  if (thrown instanceof KnitboneError) return thrown;
  const code = codeOf(thrown);
  const detail =
    words[code] === undefined ? withoutSecrets(describeError(thrown)) : `${words[code]} (${codeWords(thrown, code)})`;
  return new KnitboneError("ClusterUnreachable", `reaching ${title} at ${endpoint}: ${detail}`, {
    cause: thrown,
    retryable: true,
  });
}

function codeOf(thrown: unknown): string {
  const { code, cause } = (thrown ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === "string") return code;
  return cause === undefined ? "" : codeOf(cause);
}

/** "ECONNREFUSED 127.0.0.1:6443" where the error says which address it tried. */
function codeWords(thrown: unknown, code: string): string {
  const tried = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  const { address, port } = (tried ?? {}) as { address?: unknown; port?: unknown };
  return typeof address === "string" && typeof port === "number" ? `${code} ${address}:${port}` : code;
}

const wordLimit = 300;

/** Words of strangers (exec plugins, servers) for one line of ours: nothing that looks like a credential, no control characters, cut. */
export function withoutSecrets(text: string): string {
  return describeError(text)
    .replace(/k8s-aws-v1\.[\w-]+/g, "<token>")
    .replace(/eyJ[\w-]+\.[\w-]*(\.[\w-]*)?/g, "<token>")
    .replace(/\b(bearer|basic)\s+\S+/gi, "$1 <token>")
    .replace(/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, "<key>")
    .replace(/X-Amz-(Signature|Security-Token|Credential)=[^&\s]+/gi, "X-Amz-$1=<hidden>")
    .slice(0, wordLimit);
}
