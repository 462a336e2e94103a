import { readFile } from "node:fs/promises";
import { eventually } from "./wait.ts";

/** The loopback HTTP of one of ./kubelet's programs. */
export interface ControlUrl {
  /** Answers the JSON of the answer. What is refused (400: an unknown field, operation, …) is an error in the program's own words. */
  call<T>(method: "GET" | "PUT" | "POST" | "DELETE", path: string, body?: unknown): Promise<T>;
}

/** `urlFile` is read at every call: a program that is started again has another port. A frozen one gives no answer: an error after 10 s. */
export function controlUrl(urlFile: string): ControlUrl {
  return {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const url = await eventually(`a URL in ${urlFile}`, 60_000, () => readFile(urlFile, "utf8"));
      const answer = await fetch(`${url}${path}`, {
        method,
        signal: AbortSignal.timeout(10_000),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const said = (await answer.json()) as T & { message?: string };
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said.message}`);
      return said;
    },
  };
}
