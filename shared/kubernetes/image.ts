/** The registry host of an image name, by Docker's rule: the first part is a host when it has a dot or a port, or is localhost. */
export function registryHostOf(image: string): string {
  const first = image.split("/")[0] ?? "";
  return image.includes("/") && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}
