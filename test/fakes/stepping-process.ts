import type { PipelineDeps } from "../../shared/heal/pipeline-deps.ts";

/** Called around every asynchronous call of a process to the world outside: `name` such as "cases.save". */
export type Step = (name: string, call: () => Promise<unknown>) => Promise<unknown>;

const outside = [
  "cases",
  "claims",
  "budgets",
  "reservations",
  "ledger",
  "leaks",
  "lifecycles",
  "flags",
  "incidents",
  "clusters",
  "queue",
] as const satisfies readonly (keyof PipelineDeps)[];

/** One part of the world, with `step` around every call of it. */
export function stepped<Part extends object>(name: string, part: Part, step: Step): Part {
  return new Proxy(part, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function" || key === "now") return member;
      return (...args: unknown[]) => step(`${name}.${String(key)}`, () => member.apply(target, args));
    },
  });
}

/** The same world, with `step` around every call to a store, a queue or a cluster. */
export function steppingProcess(deps: PipelineDeps, step: Step): PipelineDeps {
  const parts = Object.fromEntries(outside.map((name) => [name, stepped(name, deps[name], step)]));
  return {
    ...deps,
    ...parts,
    connections: {
      connect: async (registered) => stepped("cluster", await deps.connections.connect(registered), step),
    },
  };
}

/** How a process ends at one of its steps. */
export interface Fault {
  /** 1 = the first step. */
  readonly atStep: number;
  /** "before": nothing happened; "after": it did, and the process never learned of it. */
  readonly when: "before" | "after";
  /** "dies": no later step happens either; "stumbles": this one answer is lost, and the process goes on with the error. */
  readonly how: "dies" | "stumbles";
}

/** Steps of one process under one fault. Past the fault a new process begins: `step` then lets everything through. */
export function faultySteps(fault: Fault | undefined, error: Error) {
  const names: string[] = [];
  let dead = false;
  let over = false;
  const step: Step = async (name, call) => {
    if (over) return call();
    if (dead) throw error;
    names.push(name);
    if (names.length !== fault?.atStep) return call();
    dead = fault.how === "dies";
    if (fault.when === "after") await call();
    throw error;
  };
  return {
    step,
    /** The steps that this process began. */
    names: names as readonly string[],
    /** The next process is a healthy one. */
    end: () => {
      over = true;
    },
  };
}
