import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { architecturePage } from "../../infra/architecture/architecture-page.ts";
import { architectureFile, architectureText } from "../../infra/architecture.ts";
import { readFunctions } from "../../infra/stack/function-settings.ts";
import { root } from "./source-imports.ts";

it("the committed page is what npm run architecture makes of the functions (S0-99)", () => {
  expect(readFileSync(join(root, architectureFile), "utf8")).toBe(architectureText(root));
});

it("shows a new healer with its queue and its rights as soon as its folder is there", () => {
  const functions = readFunctions(root);
  const [healer] = functions.filter(({ name }) => name === "terminating-reaper");
  if (healer === undefined) throw new Error("terminating-reaper has no function.yml");
  const page = architecturePage([...functions, { ...healer, name: "volume-freer", signals: ["PodSilent"] }]);
  expect(page).toContain("  dispatcher --> queue-of-volume-freer\n  queue-of-volume-freer --> volume-freer\n");
  expect(page).toContain(
    "| `volume-freer` | PodSilent |  | 5 | Catalogue, Flags, Incidents | Actions, Budgets, Cases, Clusters, Lifecycle | NotreadyHandler, Quarantine, itself |",
  );
});
