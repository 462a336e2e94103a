import type { Instant } from "../time/clock.ts";
import { type Raw, rawInstant, rawNumber, rawText } from "./raw.ts";

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
  readonly timeAdded?: Instant;
}

export interface Toleration {
  /** "" with operator Exists tolerates every key. */
  readonly key: string;
  readonly operator: string;
  readonly value: string;
  /** "" tolerates every effect. */
  readonly effect: string;
  readonly tolerationSeconds?: number;
}

export function taintFromRaw(raw: Raw): Taint {
  const timeAdded = rawInstant(raw["timeAdded"]);
  return {
    key: rawText(raw["key"]) ?? "",
    value: rawText(raw["value"]) ?? "",
    effect: rawText(raw["effect"]) ?? "",
    ...(timeAdded === undefined ? {} : { timeAdded }),
  };
}

export function tolerationFromRaw(raw: Raw): Toleration {
  const tolerationSeconds = rawNumber(raw["tolerationSeconds"]);
  return {
    key: rawText(raw["key"]) ?? "",
    operator: rawText(raw["operator"]) ?? "Equal",
    value: rawText(raw["value"]) ?? "",
    effect: rawText(raw["effect"]) ?? "",
    ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
  };
}

/** Kubernetes' own rule: k8s.io/api/core/v1 `Toleration.ToleratesTaint`. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== "" && toleration.effect !== taint.effect) return false;
  if (toleration.key !== "" && toleration.key !== taint.key) return false;
  if (toleration.operator === "Exists") return true;
  return toleration.key !== "" && toleration.value === taint.value;
}
