/** Names of the programs that the real tier runs. */
export type Tool =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubectl"
  | "hollow-kubelet"
  | "faulty-runtime"
  | "kwok";

/** What every story needs, in the order of its building: the first ones warm Go's cache for the later ones. Kwok is for those who ask. */
export const clusterTools = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "hollow-kubelet",
  "faulty-runtime",
] as const satisfies readonly Tool[];
export type ClusterTool = (typeof clusterTools)[number];

/** The Go packages that they are built from. */
export const packages: Readonly<Record<Tool, string>> = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  "hollow-kubelet": "knitbone.io/test/real/kubelet",
  "faulty-runtime": "knitbone.io/test/real/kubelet/runtime",
  kwok: "sigs.k8s.io/kwok/cmd/kwok",
};

/** Tools that are built from ../kubelet too. */
export const ownTools: readonly Tool[] = ["hollow-kubelet", "faulty-runtime"];
