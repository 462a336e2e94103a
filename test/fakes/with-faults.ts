/** Faults that a test puts into a fake store, per method. Without a method: into every one. */
interface Faults<Method extends string> {
  /** Every call throws `error` and does nothing, until `mend`. */
  breakWith(error: Error, method?: Method): void;
  /** The next `times` calls throw `error` and do nothing. */
  failNext(method: Method, error: Error, times?: number): void;
  /** The next call takes effect and then throws: an answer that was lost. */
  loseAnswer(method: Method, error: Error): void;
  /** Every call waits (before it does anything) until the returned function is called. */
  stall(method?: Method): () => void;
  mend(): void;
  /** How often the method was called, broken calls included. */
  calls(method: Method): number;
}

export type WithFaults<Store> = Store & Faults<keyof Store & string>;

type AnyMethod = (...args: never[]) => Promise<unknown>;

/** The store with hooks: each of its methods can be made to fail, to lose its answer, or to hang. */
export function withFaults<Store extends object>(store: Store): WithFaults<Store> {
  type Method = keyof Store & string;
  const broken = new Map<Method | "*", Error>();
  const next = new Map<Method, { error: Error; left: number }>();
  const lost = new Map<Method, Error>();
  const stalled = new Map<Method | "*", Promise<void>>();
  const counts = new Map<Method, number>();

  const checkNext = (method: Method): void => {
    const fault = next.get(method);
    if (!fault) return;
    fault.left -= 1;
    if (fault.left === 0) next.delete(method);
    throw fault.error;
  };

  const wrap =
    (method: Method, call: AnyMethod): AnyMethod =>
    async (...args) => {
      counts.set(method, (counts.get(method) ?? 0) + 1);
      await (stalled.get(method) ?? stalled.get("*"));
      const error = broken.get(method) ?? broken.get("*");
      if (error) throw error;
      checkNext(method);
      const answer = await call(...args);
      const lostError = lost.get(method);
      if (lostError) {
        lost.delete(method);
        throw lostError;
      }
      return answer;
    };

  const methods = Object.fromEntries(
    Object.entries(store).map(([name, member]) => [
      name,
      typeof member === "function" ? wrap(name as Method, member as AnyMethod) : member,
    ]),
  ) as Store;

  const faults: Faults<Method> = {
    breakWith: (error, method) => void broken.set(method ?? "*", error),
    failNext: (method, error, times = 1) => void next.set(method, { error, left: times }),
    loseAnswer: (method, error) => void lost.set(method, error),
    stall(method) {
      const { promise, resolve } = Promise.withResolvers<void>();
      stalled.set(method ?? "*", promise);
      return () => {
        stalled.delete(method ?? "*");
        resolve();
      };
    },
    mend() {
      broken.clear();
      next.clear();
      lost.clear();
    },
    calls: (method) => counts.get(method) ?? 0,
  };
  return { ...methods, ...faults };
}
