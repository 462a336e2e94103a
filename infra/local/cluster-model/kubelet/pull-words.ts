import type { Pod } from "../objects/pod.ts";

/** containerd's words for an image that cannot be pulled, as real kubelets hand them on (test/fixtures/kubernetes, pull-*). */
type PullWords = (pod: Pod) => string;

const imageOf = (pod: Pod): string => pod.spec.containers[0]?.image ?? "";

/** "registry.example.com:5000/shop/web:9" → host, repository and tag as its registry sees them. */
function partsOf(image: string) {
  const [host = "", ...path] = image.split("/");
  const [repository = "", tag = "latest"] = path.join("/").split(":");
  return { host, manifest: `https://${host}/v2/${repository}/manifests/${tag}` };
}

/** @internal Exported for its tests. */
export const registryOf = (pod: Pod): string => partsOf(imageOf(pod)).host;

const resolving = (image: string): string =>
  `failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;

/** The registry answers 503 to everything. */
export const registryUnavailable: PullWords = (pod) => {
  const image = imageOf(pod);
  const { manifest } = partsOf(image);
  return `${resolving(image)}: unexpected status from HEAD request to ${manifest}: 503 Service Unavailable`;
};

/** The registry's name resolves to nothing. @public used by tests only */
export const registryUnknown: PullWords = (pod) => {
  const image = imageOf(pod);
  const { host, manifest } = partsOf(image);
  return `${resolving(image)}: failed to do request: Head "${manifest}": dial tcp: lookup ${host}: no such host`;
};

/** The registry is well, and has no such image. */
export const imageNotFound: PullWords = (pod) => {
  const image = imageOf(pod);
  return `rpc error: code = NotFound desc = ${resolving(image)}: ${image}: not found`;
};
