import { expect, it } from "vitest";
import { adviceOn } from "../../../../functions/notready-handler/advisories.ts";
import { aNode } from "../../../build/node.ts";

const advised = (versions: Parameters<typeof aNode>[0]) => adviceOn(aNode(versions)).length;

it.each([
  ["v1.13.12", 1],
  ["v1.13.11-eks-5876d6", 1],
  ["v1.14.0", 0],
  ["v1.36.3", 0],
  ["", 0],
])("a kubelet %s: %i advisories (S0-66, S1-17)", (kubeletVersion, count) => {
  expect(advised({ kubeletVersion })).toBe(count);
});

it.each([
  ["containerd://2.2.3", 1],
  ["containerd://2.2.3+unknown", 1],
  ["containerd://2.2.2", 0],
  ["containerd://2.2.4", 0],
  ["cri-o://2.2.3", 0],
])("a runtime %s: %i advisories (S0-65, S1-17, S3-04)", (containerRuntimeVersion, count) => {
  expect(advised({ containerRuntimeVersion })).toBe(count);
});

it.each([
  ["3.10.0-957.1.3.el7.x86_64", 1],
  ["3.10.0-1075.el7.x86_64", 0],
  ["4.18.0-80.el8", 0],
  ["6.12.0", 0],
])("a kernel %s: %i advisories (S0-87)", (kernelVersion, count) => {
  expect(advised({ kernelVersion })).toBe(count);
});
