import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ClusterAuthentication, RegisteredCluster } from "../../shared/cluster/registered-cluster.ts";
import { describeError } from "../../shared/errors.ts";
import { serverOfContext } from "./kubeconfig-context.ts";
import { UsageError } from "./usage-error.ts";

/** What `cluster add` takes, as commander hands it over. */
export interface ClusterFlags {
  readonly sender: string;
  readonly endpoint?: string;
  readonly ca?: string;
  readonly eks?: string;
  readonly region?: string;
  readonly role?: string;
  readonly tokenSecret?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly ring?: number;
  readonly poolLabel?: string;
  readonly readsPerSecond?: number;
}

/** The registration that the flags describe; UsageError names the first that does not fit. */
export function describeCluster(flags: ClusterFlags): Omit<RegisteredCluster, "id" | "registeredAt"> {
  if (!/^[\x21-\x39\x3b-\x7e]{1,200}$/.test(flags.sender)) {
    throw new UsageError(
      `--sender "${flags.sender}" is not what SQS stamps: a role's unique id (AROA…) or a user's, without ":" and what follows it`,
    );
  }
  const authentication = authenticationOf(flags);
  const certificateAuthority = flags.ca === undefined ? undefined : readCertificates(flags.ca);
  if (authentication.kind === "kubeconfig") {
    refuse(flags, ["endpoint", "ca"], "--kubeconfig, which brings its own");
  } else if (certificateAuthority === undefined) {
    throw new UsageError("--ca FILE is missing: the certificate authority of the API server, in PEM");
  }
  return {
    sender: flags.sender,
    endpoint:
      authentication.kind === "kubeconfig"
        ? serverOfContext(authentication.file, authentication.context)
        : checkEndpoint(flags.endpoint),
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    authentication,
    ring: flags.ring ?? 0,
    ...(flags.poolLabel === undefined ? {} : { poolLabel: flags.poolLabel }),
    ...(flags.readsPerSecond === undefined ? {} : { readsPerSecond: flags.readsPerSecond }),
  };
}

function authenticationOf(flags: ClusterFlags): ClusterAuthentication {
  const ways = (["eks", "tokenSecret", "kubeconfig"] as const).filter((way) => flags[way] !== undefined);
  if (ways.length !== 1) {
    throw new UsageError(
      "exactly one of --eks NAME, --token-secret ARN and --kubeconfig FILE must say how to authenticate",
    );
  }
  if (flags.eks !== undefined) {
    refuse(flags, ["context"], "--eks");
    if (flags.region === undefined) throw new UsageError("--region is missing: the one that the EKS cluster is in");
    if (flags.role !== undefined && !/^arn:[a-z-]+:iam::\d{12}:role\/\S+$/.test(flags.role)) {
      throw new UsageError(`--role "${flags.role}" is not the ARN of a role`);
    }
    return {
      kind: "eks",
      eksName: flags.eks,
      region: flags.region,
      ...(flags.role === undefined ? {} : { roleArn: flags.role }),
    };
  }
  if (flags.tokenSecret !== undefined) {
    refuse(flags, ["context", "region", "role"], "--token-secret");
    if (!/^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:knitbone\/\S+$/.test(flags.tokenSecret)) {
      throw new UsageError(
        `--token-secret "${flags.tokenSecret}" is not the ARN of a secret whose name begins with knitbone/ (the only ones that functions may read)`,
      );
    }
    return { kind: "serviceAccountToken", secretArn: flags.tokenSecret };
  }
  refuse(flags, ["region", "role"], "--kubeconfig");
  if (flags.context === undefined) throw new UsageError("--context is missing: which of the kubeconfig's contexts");
  return { kind: "kubeconfig", file: resolve(flags.kubeconfig ?? ""), context: flags.context };
}

function refuse(flags: ClusterFlags, names: readonly (keyof ClusterFlags)[], beside: string): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} does not go with ${beside}`);
}

function checkEndpoint(endpoint: string | undefined): string {
  if (endpoint === undefined) throw new UsageError("--endpoint is missing: the API server, https://…");
  const url = URL.parse(endpoint);
  if (url?.protocol !== "https:" || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new UsageError(`--endpoint "${endpoint}" is not an https address of an API server`);
  }
  if (/^(localhost|127\.|169\.254\.|\[::1\]|\[fd00:ec2::|\[fe80:|0\.)/.test(url.hostname)) {
    throw new UsageError(`--endpoint "${endpoint}" names this machine or a metadata service, not an API server`);
  }
  return endpoint.replace(/\/+$/, "");
}

/** PEM as base64, once every certificate in it has been understood. */
function readCertificates(file: string): string {
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`--ca ${file} cannot be read: ${describeError(error)}`);
  }
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new UsageError(`--ca ${file} holds no certificate in PEM`);
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw new UsageError(`--ca ${file} holds a certificate that cannot be read: ${describeError(error)}`);
    }
  }
  return Buffer.from(`${certificates.join("\n")}\n`).toString("base64");
}
