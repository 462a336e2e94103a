import { expect, it } from "vitest";
import { aRegisteredCluster, aStoredReport } from "../../../build/cluster-state.ts";
import { noon } from "../../../build/instant.ts";
import { makeCertificate } from "../../../fakes/certificate.ts";
import { scratchDirectory } from "../../../fakes/scratch-directory.ts";
import { testDesk } from "./test-desk.ts";

it("registers an EKS cluster with its certificate authority as base64", async () => {
  using scratch = scratchDirectory();
  const { cert } = makeCertificate({ name: "ca" });
  const ca = scratch.write("ca.pem", cert);
  const { run, stores } = testDesk({ local: false });
  const said = await run(
    ...["cluster", "add", "eu-1", "--sender", "AROA1", "--eks", "prod", "--region", "eu-west-1", "--ca", ca],
    ...["--role", "arn:aws:iam::111122223333:role/knitbone-on-eu-1", "--endpoint", "https://abc.eks.amazonaws.com/"],
    ...["--ring", "2", "--pool-label", "pool", "--reads-per-second", "5"],
  );
  expect(said).toEqual({
    code: 0,
    out: "cluster eu-1 added (https://abc.eks.amazonaws.com); it is watched once its forwarder reports as AROA1",
    err: "",
  });
  const { registered } = await stores.clusters.state("eu-1");
  expect(registered).toEqual({
    id: "eu-1",
    sender: "AROA1",
    endpoint: "https://abc.eks.amazonaws.com",
    certificateAuthority: expect.any(String),
    authentication: {
      kind: "eks",
      eksName: "prod",
      region: "eu-west-1",
      roleArn: "arn:aws:iam::111122223333:role/knitbone-on-eu-1",
    },
    ring: 2,
    poolLabel: "pool",
    readsPerSecond: 5,
    registeredAt: noon,
  });
  expect(
    Buffer.from(registered?.certificateAuthority ?? "", "base64")
      .toString()
      .trim(),
  ).toBe(cert.trim());
});

it("takes the endpoint of a kubeconfig's context, on a local stack", async () => {
  using scratch = scratchDirectory();
  const file = scratch.write("config", kubeconfig);
  const { run, stores } = testDesk();
  expect(await run("cluster", "add", "a", "--sender", "S", "--kubeconfig", file, "--context", "a")).toMatchObject({
    code: 0,
  });
  expect((await stores.clusters.state("a")).registered).toEqual({
    id: "a",
    sender: "S",
    endpoint: "https://127.0.0.1:6443",
    authentication: { kind: "kubeconfig", file, context: "a" },
    ring: 0,
    registeredAt: noon,
  });
});

it("refuses a kubeconfig for a deployed stack", async () => {
  using scratch = scratchDirectory();
  const file = scratch.write("config", kubeconfig);
  const { run, stores } = testDesk({ local: false });
  expect(await run("cluster", "add", "a", "--sender", "S", "--kubeconfig", file, "--context", "a")).toEqual({
    code: 2,
    out: "",
    err: "knitbone: --kubeconfig is for a stack of this machine only; a deployed one takes --eks or --token-secret",
  });
  expect(await stores.clusters.list()).toEqual([]);
});

it("names the contexts there are when the wanted one is not", async () => {
  using scratch = scratchDirectory();
  const file = scratch.write("config", kubeconfig);
  const { err } = await testDesk().run("cluster", "add", "a", "--sender", "S", "--kubeconfig", file, "--context", "b");
  expect(err).toBe(`knitbone: context "b" is not in ${file}; it has: a, c`);
});

it("names the cluster entry that a context points to in vain", async () => {
  using scratch = scratchDirectory();
  const file = scratch.write("config", kubeconfig);
  const { err } = await testDesk().run("cluster", "add", "a", "--sender", "S", "--kubeconfig", file, "--context", "c");
  expect(err).toBe(`knitbone: context "c" in ${file} names the cluster "gone", which has no server there`);
});

const secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:knitbone/eu-1";

it.each([
  [
    ["--sender", "S"],
    "exactly one of --eks NAME, --token-secret ARN and --kubeconfig FILE must say how to authenticate",
  ],
  [
    ["--sender", "AROA:session", "--token-secret", secret],
    '--sender "AROA:session" is not what SQS stamps: a role\'s unique id (AROA…) or a user\'s, without ":" and what follows it',
  ],
  [["--sender", "S", "--eks", "prod"], "--region is missing: the one that the EKS cluster is in"],
  [
    ["--sender", "S", "--token-secret", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:other"],
    '--token-secret "arn:aws:secretsmanager:eu-west-1:111122223333:secret:other" is not the ARN of a secret whose name begins with knitbone/ (the only ones that functions may read)',
  ],
  [["--sender", "S", "--token-secret", secret, "--region", "x"], "--region does not go with --token-secret"],
  [
    ["--sender", "S", "--token-secret", secret],
    "--ca FILE is missing: the certificate authority of the API server, in PEM",
  ],
  [["--sender", "S", "--kubeconfig", "f"], "--context is missing: which of the kubeconfig's contexts"],
  [
    ["--sender", "S", "--token-secret", secret, "--ring", "-1"],
    "option '--ring <n>' argument '-1' is invalid. It must be a whole number from 0 to 100.",
  ],
  [["--token-secret", secret], "required option '--sender <id>' not specified"],
])("refuses cluster add %j in one line", async (args, words) => {
  const { run, stores } = testDesk();
  expect(await run("cluster", "add", "eu-1", ...args)).toEqual({ code: 2, out: "", err: `knitbone: ${words}` });
  expect(await stores.clusters.list()).toEqual([]);
});

it.each([
  ["http://abc.example.com", "is not an https address of an API server"],
  ["nonsense", "is not an https address of an API server"],
  ["https://user@abc.example.com", "is not an https address of an API server"],
  ["https://127.0.0.1:6443", "names this machine or a metadata service, not an API server"],
  ["https://169.254.169.254", "names this machine or a metadata service, not an API server"],
  ["https://[fd00:ec2::254]", "names this machine or a metadata service, not an API server"],
])("refuses the endpoint %s", async (endpoint, words) => {
  using scratch = scratchDirectory();
  const ca = scratch.write("ca.pem", makeCertificate({ name: "ca" }).cert);
  const args = ["--sender", "S", "--token-secret", secret, "--ca", ca, "--endpoint", endpoint];
  expect(await testDesk().run("cluster", "add", "eu-1", ...args)).toEqual({
    code: 2,
    out: "",
    err: `knitbone: --endpoint "${endpoint}" ${words}`,
  });
});

it("refuses a certificate authority without a certificate", async () => {
  using scratch = scratchDirectory();
  const ca = scratch.write("ca.pem", "hello");
  const args = ["--sender", "S", "--token-secret", secret, "--endpoint", "https://a.example.com", "--ca", ca];
  const { err } = await testDesk().run("cluster", "add", "eu-1", ...args);
  expect(err).toBe(`knitbone: --ca ${ca} holds no certificate in PEM`);
});

it("does not change a registered cluster: another endpoint must never meet the old one's credentials", async () => {
  using scratch = scratchDirectory();
  const file = scratch.write("config", kubeconfig);
  const { run, stores } = testDesk();
  const before = aRegisteredCluster({ id: "a" });
  await stores.clusters.register(before);
  expect(await run("cluster", "add", "a", "--sender", "S", "--kubeconfig", file, "--context", "a")).toEqual({
    code: 2,
    out: "",
    err: "knitbone: cluster a is registered already (https://127.0.0.1:6443); to change it: cluster remove a, then add it again",
  });
  expect((await stores.clusters.state("a")).registered).toEqual(before);
});

it("refuses a sender that speaks for another cluster", async () => {
  using scratch = scratchDirectory();
  const file = scratch.write("config", kubeconfig);
  const { run, stores } = testDesk();
  await stores.clusters.register(aRegisteredCluster({ id: "b", sender: "S" }));
  const { err } = await run("cluster", "add", "a", "--sender", "S", "--kubeconfig", file, "--context", "a");
  expect(err).toBe("knitbone: --sender S already speaks for cluster b: each cluster needs its own");
});

it("removes a cluster with everything known of it", async () => {
  const { run, stores } = testDesk();
  await stores.clusters.register(aRegisteredCluster({ id: "eu-1" }));
  await stores.clusters.saveReport("eu-1", aStoredReport());
  expect(await run("cluster", "remove", "eu-1")).toEqual({
    code: 0,
    out: "cluster eu-1 removed, with everything known of it; its flags, cases and actions stay",
    err: "",
  });
  expect(await stores.clusters.state("eu-1")).toEqual({});
});

it("names the clusters there are when the one to remove is not", async () => {
  const { run, stores } = testDesk();
  await stores.clusters.register(aRegisteredCluster({ id: "eu-1" }));
  expect(await run("cluster", "remove", "eu-l")).toEqual({
    code: 2,
    out: "",
    err: "knitbone: cluster eu-l is not registered (registered: eu-1)",
  });
});

const kubeconfig = `
contexts:
  - { name: a, context: { cluster: one, user: me } }
  - { name: c, context: { cluster: gone, user: me } }
clusters:
  - { name: one, cluster: { server: "https://127.0.0.1:6443" } }
users:
  - { name: me, user: { token: secret } }
`;
