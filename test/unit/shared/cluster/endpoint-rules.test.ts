import { describe, expect, it } from "vitest";
import { isLoopbackEndpoint, refusedAddress, refusedEndpoint } from "../../../../shared/cluster/endpoint-rules.ts";

describe("a deployed function", () => {
  it.each([
    "https://ABCDEF.gr7.eu-west-1.eks.amazonaws.com",
    "https://10.0.0.5:6443",
    "https://192.168.1.2",
    "https://[2001:db8::1]:6443",
    "https://203.0.113.9/k8s/clusters/c-1",
  ])("may talk to %s", (endpoint) => {
    expect(refusedEndpoint(endpoint)).toBeUndefined();
  });

  it.each([
    ["http://10.0.0.5", "only https is allowed"],
    ["nowhere", "it is no URL"],
    ["ftp://10.0.0.5", "it is no URL"],
    ["https://user:pw@10.0.0.5", "it carries a user name"],
    ["https://localhost:6443", "localhost is this machine"],
    ["https://localhost.", "localhost is this machine"],
    ["https://x.localhost", "x.localhost is this machine"],
    ["https://127.0.0.1", "127.0.0.1 is a loopback address"],
    ["https://127.1", "127.0.0.1 is a loopback address"],
    ["https://0x7f000001", "127.0.0.1 is a loopback address"],
    ["https://2130706433", "127.0.0.1 is a loopback address"],
    ["https://[::1]", "::1 is a loopback address"],
    ["https://[::ffff:127.0.0.1]", "::ffff:7f00:1 is a loopback address"],
    ["https://[::ffff:a9fe:a9fe]", "::ffff:a9fe:a9fe is a link-local or metadata address"],
    ["https://[::127.0.0.1]", "::7f00:1 is a translated IPv4 address"],
    ["https://[64:ff9b::a9fe:a9fe]", "64:ff9b::a9fe:a9fe is a translated IPv4 address"],
    ["https://169.254.169.254", "169.254.169.254 is a link-local or metadata address"],
    ["https://[fd00:ec2::254]", "fd00:ec2::254 is a link-local or metadata address"],
    ["https://[fe80::1]", "fe80::1 is a link-local or metadata address"],
    ["https://0.0.0.0", "0.0.0.0 is an unspecified address"],
    ["https://[::]", ":: is an unspecified address"],
    ["https://224.0.0.1", "224.0.0.1 is a multicast or reserved address"],
    ["https://metadata.google.internal", "metadata.google.internal is a metadata service"],
  ])("may not talk to %s: %s", (endpoint, reason) => {
    expect(refusedEndpoint(endpoint)).toBe(reason);
  });

  it("judges what a name resolved to in the same way", () => {
    expect(refusedAddress("10.1.2.3")).toBeUndefined();
    expect(refusedAddress("169.254.170.2")).toBe("169.254.170.2 is a link-local or metadata address");
    expect(refusedAddress("not an address")).toBe("not an address is not an address");
  });
});

it.each([
  ["http://127.0.0.1:8080", true],
  ["https://localhost:6443", true],
  ["https://[::1]:6443", true],
  ["https://127.0.0.2", true],
  ["https://localhost.example.com", false],
  ["https://10.0.0.1", false],
  ["https://127.0.0.1.example.com", false],
  ["nowhere", false],
])("%s is on this machine: %s", (endpoint, expected) => {
  expect(isLoopbackEndpoint(endpoint)).toBe(expected);
});
