import { expect, it } from "vitest";
import { idsIn } from "../../../../infra/coverage/requirement-ids.ts";

// Not as rows of a list: they would count as titles of this file.
it.each([
  { title: "is marked (S2-03)", ids: ["S2-03"] },
  { title: "are waited for (S0-44…46)", ids: ["S0-44", "S0-45", "S0-46"] },
  { title: "are told (S0-09, 102, X-01…03)", ids: ["S0-09", "S0-102", "X-01", "X-02", "X-03"] },
  { title: "bound but silent (S0-14): three pods wait", ids: ["S0-14"] },
  { title: "is S0-10's, not S1's", ids: ["S0-10"] },
  { title: "waits for 44 s (three times, 45)", ids: [] },
  { title: "uid-S0-123x and S4-11", ids: [] },
])("$title names its requirements", ({ title, ids }) => {
  expect(idsIn(title)).toEqual(ids);
});
