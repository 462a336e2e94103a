import { describe } from "vitest";
import { kubernetesApiContract } from "../contract/kubernetes-api.contract.ts";
import { startControlPlane } from "./control-plane.ts";

// The cluster model is trusted only while a real kube-apiserver keeps the same promises, case by case.
describe("a real kube-apiserver", () => {
  kubernetesApiContract(async () => {
    const plane = await startControlPlane();
    const { server, caPem, token } = plane.context("admin", "admin");
    return {
      baseUrl: server,
      ca: caPem,
      headers: { authorization: `Bearer ${token}` },
      close: () => plane.stop(),
    };
  });
});
