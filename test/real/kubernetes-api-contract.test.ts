import { describe } from "vitest";
import { kubernetesApiContract } from "../contract/kubernetes-api.contract.ts";
import { admissionPolicy } from "./admission-policy.ts";
import { startControlPlane } from "./control-plane.ts";
import { compactEtcd } from "./etcd-compaction.ts";

// The cluster model is trusted only while a real kube-apiserver keeps the same promises, case by case.
describe("a real kube-apiserver", () => {
  kubernetesApiContract(async () => {
    const plane = await startControlPlane();
    const { server, caPem, token } = plane.context("admin", "admin");
    return {
      baseUrl: server,
      ca: caPem,
      headers: { authorization: `Bearer ${token}` },
      forgetHistory: () => compactEtcd(plane.etcdServer),
      refuse: (refusal) => admissionPolicy(plane.api, refusal),
      close: () => plane.stop(),
    };
  });
});
