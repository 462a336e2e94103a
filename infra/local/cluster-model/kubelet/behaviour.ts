import type { Pod } from "../objects/pod.ts";

/** How a pod's containers behave. Taken from annotations, so that a manifest can say it. */
export interface Behaviour {
  /** From admission until the containers run. */
  startMs: number;
  /** From SIGTERM until they are gone, if the grace period allows as much. */
  stopMs: number;
  /** They end by themselves after this; Infinity: never. */
  exitAfterMs: number;
  exitCode: number;
  /** Exit code after SIGTERM. */
  stopCode: number;
}

const prefix = "model.knitbone.io/";

/**
 * Annotations `model.knitbone.io/start-ms`, `/stop-ms`, `/exit-after-ms`, `/exit-code`, `/stop-code`. A service ends cleanly when asked
 * to, a batch job does not.
 */
export function behaviourOf(pod: Pod): Behaviour {
  const number = (name: string, otherwise: number): number => {
    const text = pod.metadata.annotations?.[prefix + name];
    return text === undefined ? otherwise : Number(text);
  };
  return {
    startMs: number("start-ms", 1_000),
    stopMs: number("stop-ms", 1_000),
    exitAfterMs: number("exit-after-ms", Number.POSITIVE_INFINITY),
    exitCode: number("exit-code", 0),
    stopCode: number("stop-code", (pod.spec.restartPolicy ?? "Always") === "Always" ? 0 : 143),
  };
}
