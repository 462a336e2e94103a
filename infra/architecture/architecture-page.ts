import { dispatcherName, type FunctionSettings } from "../stack/function-settings.ts";
import { logicalId, queueNameOf } from "../stack/names.ts";
import { type Grants, grantsOf } from "./role-grants.ts";

/** `docs/architecture.md`: what is deployed, who speaks to whom, and what each may touch (S0-99). */
export function architecturePage(functions: readonly FunctionSettings[]): string {
  const grants = grantsOf(functions);
  const healers = functions.filter(({ name }) => name !== dispatcherName);
  return `# Architecture

Made by \`npm run architecture\` from \`functions/*/function.yml\` and the roles that are deployed: not to be edited. What each part does is in the
\`README.md\` of its folder.

\`\`\`mermaid
${diagram(healers)}
\`\`\`

One queue in, one queue per healer out. Every queue has dead letters; what nobody can read goes to the quarantine. Every healer may hand a node over to
\`notready-handler\`.

| function | hears of | goes its rounds | at most at once | reads | writes | sends to |
| --- | --- | --- | --- | --- | --- | --- |
${functions.map((each) => row(each, grants.get(each.name))).join("\n")}
`;
}

function diagram(healers: readonly FunctionSettings[]): string {
  const lines = [
    "flowchart LR",
    '  subgraph clusters["each cluster"]',
    '    api(["API server"])',
    "    forwarder",
    "  end",
    '  subgraph account["central account"]',
    '    deltas[["deltas"]]',
    `    ${dispatcherName}`,
    ...healers.flatMap(({ name }) => [`    ${queueId(name)}[["${name}"]]`, `    ${name}`]),
    '    tables[("DynamoDB")]',
    "  end",
    "  api -->|list, watch| forwarder",
    "  forwarder -->|packed deltas| deltas",
    `  deltas --> ${dispatcherName}`,
    `  ${dispatcherName} --- tables`,
    ...healers.flatMap(({ name }) => [
      `  ${dispatcherName} --> ${queueId(name)}`,
      `  ${queueId(name)} --> ${name}`,
      `  ${name} -->|looks, acts| api`,
      `  ${name} --- tables`,
    ]),
  ];
  return lines.join("\n");
}

function queueId(name: string): string {
  return `queue-of-${name}`;
}

function row(settings: FunctionSettings, grants: Grants | undefined): string {
  const { name, signals, schedule, maximumConcurrency } = settings;
  const own = logicalId(queueNameOf(name), "Queue");
  const cells = [
    `\`${name}\``,
    name === dispatcherName ? "every delta and report" : signals.join(", "),
    schedule?.replace(/^rate\((.*)\)$/, "every $1") ?? "",
    String(maximumConcurrency),
    words(grants?.reads, /Table$/),
    words(grants?.writes, /Table$/),
    words(
      grants?.sendsTo.map((each) => (each === own ? "itself" : each)),
      /Queue$/,
    ),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** "CasesTable", "TerminatingReaperQueue" → "Cases", "TerminatingReaper". */
function words(ids: readonly string[] = [], ending: RegExp): string {
  return ids
    .map((each) => each.replace(ending, ""))
    .sort()
    .join(", ");
}
