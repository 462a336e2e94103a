import type { NodeFacts } from "../../shared/kubernetes/node.ts";

/** Versions with a known way to hang (S0-66). Shown as a likely cause; never a reason to act. */
interface Advisory {
  readonly component: "kubelet" | "runtime" | "kernel";
  /** What stands before the numbers: "v", "containerd://". */
  readonly prefix: string;
  /** First version that has it, and the first that does not. */
  readonly from: readonly number[];
  readonly below: readonly number[];
  readonly says: string;
  readonly source: string;
}

const advisories: readonly Advisory[] = [
  {
    component: "kubelet",
    prefix: "v",
    from: [0],
    below: [1, 14],
    says: "its kubelet is older than 1.14, whose PLEG can deadlock with the sync loop",
    source: "https://github.com/kubernetes/kubernetes/issues/72482 (S1-11)",
  },
  {
    component: "runtime",
    prefix: "containerd://",
    from: [2, 2, 3],
    below: [2, 2, 4],
    says: "containerd 2.2.3 keeps a container's name reserved after a creation that timed out, until it is restarted",
    source: "https://github.com/amazonlinux/amazon-linux-2023/issues/1097 (S0-65)",
  },
  {
    component: "kernel",
    prefix: "",
    from: [3, 10, 0],
    below: [3, 10, 0, 1075],
    says: "its kernel leaks memory cgroups until none can be made",
    source:
      "https://bugzilla.redhat.com/show_bug.cgi?id=1507149, through https://github.com/docker/for-linux/issues/841 (S0-87)",
  },
];

/** What is known of the versions that this node runs. */
export function adviceOn({ kubeletVersion, containerRuntimeVersion, kernelVersion }: NodeFacts): readonly string[] {
  const versions = { kubelet: kubeletVersion, runtime: containerRuntimeVersion, kernel: kernelVersion };
  return advisories
    .filter(({ component, prefix, from, below }) => {
      const numbers = numbersOf(versions[component], prefix);
      return numbers !== undefined && compare(numbers, from) >= 0 && compare(numbers, below) < 0;
    })
    .map(({ says, source }) => `${says} (${source})`);
}

/** "v1.36.3-eks-1" → [1, 36, 3]; "3.10.0-957.el7" → [3, 10, 0, 957]: a kernel's build counts. undefined: another component, or no version. */
function numbersOf(text: string, prefix: string): readonly number[] | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const [numbers] = /^\d+(?:\.\d+)*(?:-\d+)?/.exec(text.slice(prefix.length)) ?? [];
  return numbers?.split(/[.-]/).map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const longest = Math.max(a.length, b.length);
  for (let n = 0; n < longest; n++) {
    const difference = (a[n] ?? 0) - (b[n] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
