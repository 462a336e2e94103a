import type { Case, CaseKey } from "../../shared/case/case.ts";
import { minutes } from "../../shared/time/duration.ts";
import { atNoon } from "./instant.ts";
import { aRef } from "./object-ref.ts";
import { type Overrides, override } from "./overrides.ts";

/** A case of terminating-reaper for Pod shop/web-1 in cluster eu-1, opened a minute before noon, nothing tried yet. */
export function anOpenCase(
  overrides: Overrides<Case> & { readonly healer?: string; readonly cluster?: string } = {},
): Case {
  const { healer, cluster, ...members } = overrides;
  const object = members.object ?? aRef();
  const key: CaseKey = { healer: healer ?? "terminating-reaper", cluster: cluster ?? "eu-1", uid: object.uid };
  return override<Case>(
    {
      key,
      object,
      version: 1,
      state: "open",
      openedAt: atNoon(-minutes(1)),
      updatedAt: atNoon(-minutes(1)),
      attempts: 0,
      traceId: "trace-1",
    },
    members,
  );
}
