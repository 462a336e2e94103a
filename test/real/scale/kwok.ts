import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "../control-plane.ts";
import { startDaemon } from "../daemon.ts";
import { freePort } from "../free-port.ts";
import { binariesOf } from "../kube/binaries.ts";
import { eventually } from "../wait.ts";
import { stages } from "./kwok-stages.ts";

/** Its own 4 at once bring 10,000 pods up in twice the time. */
const configuration = {
  apiVersion: "config.kwok.x-k8s.io/v1alpha1",
  kind: "KwokConfiguration",
  options: { podPlayStageParallelism: 16, nodePlayStageParallelism: 8, nodeLeaseParallelism: 8 },
};

/** KWOK as the kubelet of every node: their Leases (renewed every 10 s, as kubelets do), and `kwok-stages.ts`. It ends before the control plane. */
export async function startKwok(plane: ControlPlane): Promise<void> {
  const { kwok } = await binariesOf(["kwok"], process.env, () => {});
  const config = join(plane.folder, "kwok.yaml");
  writeFileSync(config, [configuration, ...stages].map((each) => JSON.stringify(each)).join("\n---\n"));
  const address = `127.0.0.1:${await freePort()}`;
  const daemon = startDaemon({
    name: "kwok",
    command: kwok,
    args: [
      `--kubeconfig=${plane.kubeconfig("local", "kwok")}`,
      `--config=${config}`,
      "--manage-all-nodes=true",
      "--node-lease-duration-seconds=40",
      "--v=WARN", // it has a line for every Lease
      "--node-ip=127.0.0.1",
      `--server-address=${address}`,
    ],
    cwd: plane.folder,
    env: { PATH: process.env["PATH"], HOME: plane.folder, TMPDIR: plane.folder },
    logFile: join(plane.folder, "kwok.log"),
  });
  plane.beforeStop(() => daemon.stop(2_000));
  await eventually(
    "KWOK to be ready",
    60_000,
    async () => {
      if (daemon.ended() !== undefined) throw new Error(`it ended: ${daemon.ended()}`);
      return (await fetch(`http://${address}/healthz`)).ok || undefined;
    },
    daemon.tail,
  );
}
