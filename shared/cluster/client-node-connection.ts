import type { Clock } from "../time/clock.ts";
import { inClusterContext, type KubeconfigContext, kubeconfigContext } from "./client-node-kubeconfig.ts";
import { transport } from "./client-node-transport.ts";
import type { ApiConnection } from "./connection.ts";
import { userAgent } from "./user-agent.ts";

export interface ConnectionOptions {
  /** Who asks, as the cluster's audit log shall show it: a healer's name, "forwarder", "cli". */
  readonly client: string;
  /** Knitbone's own version. */
  readonly version: string;
  readonly clock: Clock;
}

/**
 * A connection by one context of a kubeconfig file (its current one when none is named). Reads and checks the file at once and throws
 * KubeconfigUnusable; speaks to the server only when asked to. One undici Agent; credentials of every kind that client-node knows
 * (docs/decisions/001).
 */
export function kubeconfigConnection(
  options: ConnectionOptions & { readonly file: string; readonly context?: string },
): ApiConnection {
  return connectionOf(kubeconfigContext(options.file, options.context), options);
}

/** A connection with the service account of the pod that this process runs in; the token file is read again every minute. */
export function inClusterConnection(options: ConnectionOptions): ApiConnection {
  return connectionOf(inClusterContext(), options);
}

function connectionOf(context: KubeconfigContext, options: ConnectionOptions): ApiConnection {
  return transport({
    endpoint: context.endpoint,
    title: `context "${context.name}"`,
    source: context.source,
    userAgent: userAgent(options),
    clock: options.clock,
    ...(context.proxy === undefined ? {} : { proxy: context.proxy }),
  });
}
