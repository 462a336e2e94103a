import { BlockList, isIP } from "node:net";

/** Host of an endpoint without brackets and closing dot, lower case; undefined when the text is no http(s) URL. */
export function hostOf(endpoint: string): string | undefined {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return url.hostname.replace(/^\[|\]$|\.$/g, "").toLowerCase();
}

const ranges = (subnets: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const each of subnets) {
    const [net = "", prefix] = each.split("/");
    list.addSubnet(net, Number(prefix), net.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
};

const loopback = ranges(["127.0.0.0/8", "::1/128"]);

/** In the order they are named in a refusal. A BlockList also sees through IPv4-mapped IPv6 addresses. */
const refused: readonly (readonly [string, BlockList])[] = [
  ["a loopback address", loopback],
  // fd00:ec2::/32: AWS's instance metadata, time and name services.
  ["a link-local or metadata address", ranges(["169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"])],
  ["an unspecified address", ranges(["0.0.0.0/8", "::/128"])],
  ["a multicast or reserved address", ranges(["224.0.0.0/3", "ff00::/8"])],
  // NAT64, 6to4 and IPv4-compatible addresses would carry a refused IPv4 address past the rules above.
  ["a translated IPv4 address", ranges(["64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96"])],
];

const within = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

/** Whether this server can only be on this machine: what lab mode and plain HTTP ask for. */
export function isLoopbackEndpoint(endpoint: string): boolean {
  const host = hostOf(endpoint);
  return host !== undefined && (host === "localhost" || isLoopbackAddress(host));
}

function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && within(loopback, address);
}

/** Why a deployed function may not talk to this address (`safety.md` §5.4). Private ranges are allowed: EKS private endpoints live there. */
export function refusedAddress(address: string): string | undefined {
  if (isIP(address) === 0) return `${address} is not an address`;
  const rule = refused.find(([, list]) => within(list, address));
  return rule === undefined ? undefined : `${address} is ${rule[0]}`;
}

/** Why a deployed function may not use this registered endpoint; undefined when it may. Names are judged again once resolved. */
export function refusedEndpoint(endpoint: string): string | undefined {
  const url = URL.parse(endpoint);
  const host = hostOf(endpoint);
  if (url === null || host === undefined) return "it is no URL";
  if (url.protocol !== "https:") return "only https is allowed";
  if (url.username !== "" || url.password !== "") return "it carries a user name";
  if (host === "localhost" || host.endsWith(".localhost")) return `${host} is this machine`;
  if (host === "metadata" || host === "metadata.google.internal") return `${host} is a metadata service`;
  return isIP(host) === 0 ? undefined : refusedAddress(host);
}
