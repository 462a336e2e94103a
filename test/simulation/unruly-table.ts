import { KnitboneError } from "../../shared/errors.ts";
import { type Step, stepped } from "../fakes/stepping-process.ts";
import type { Weather } from "./weather.ts";

/** A table that is slow, refuses under load, or does not answer. Its conditional writes keep their word all the same. */
export function unrulyTable<Store extends object>(name: string, store: Store, weather: Weather): Store {
  const failure = (why: string, call: string) =>
    new KnitboneError("StoreUnavailable", `asking table ${call}: ${why}`, { retryable: true });
  const step: Step = async (call, run) => {
    const { slowTables, tableThrottling, tableTimeouts } = weather.knobs();
    const slow = weather.dice("slowTables");
    if (slow.chance(slowTables)) await weather.clock.sleep(slow.between(50, 900));
    if (weather.dice("tableThrottling").chance(tableThrottling)) {
      weather.note(`${call} is throttled`);
      throw failure("throughput exceeded", call);
    }
    const silent = weather.dice("tableTimeouts");
    if (!silent.chance(tableTimeouts)) return run();
    const tookEffect = silent.chance(0.5);
    weather.note(`${call} gets no answer ${tookEffect ? "after" : "before"} it took effect`);
    if (tookEffect) await run();
    throw failure("no answer in time", call);
  };
  return stepped(name, store, step);
}
