import { Logger } from "@aws-lambda-powertools/logger";
import { describe, expect, it } from "vitest";
import { allOf, lambdaLog, powertoolsLoggers } from "../../../../shared/lambda/logger.ts";
import { logLevels } from "../../../../shared/log/log.ts";

/** Loggers that only note which of them was asked for what. */
function recording() {
  const lines: unknown[] = [];
  const named = (name: string) => {
    const note =
      (level: string) =>
      (message: unknown, ...fields: unknown[]) =>
        void lines.push([name, level, message, ...fields]);
    return { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  };
  const at = { debug: named("d"), info: named("i"), warn: named("w"), error: named("e") };
  return { lines, loggers: { deployed: named("deployed"), at } };
}

describe("a function's log", () => {
  it("writes through the deployed logger, and through that of a level once one is set (S2-05)", () => {
    const { lines, loggers } = recording();
    const log = lambdaLog(loggers, { healer: "h" });
    log.info("one");
    log.at(undefined).debug("two", { a: 1 });
    log.with({ b: 2 }).at("debug").with({ c: 3 }).debug("three");
    log.at("error").info("four");
    expect(lines).toEqual([
      ["deployed", "info", "one", { healer: "h" }],
      ["deployed", "debug", "two", { healer: "h", a: 1 }],
      ["d", "debug", "three", { healer: "h", b: 2, c: 3 }],
      ["e", "info", "four", { healer: "h" }],
    ]);
  });
});

describe("Powertools' loggers", () => {
  const levels = (loggers: ReturnType<typeof powertoolsLoggers>) => allOf(loggers).map((each) => each.getLevelName());

  it("keep their level from one invocation to the next, also where invocations are sampled (S2-05)", () => {
    const sampled = powertoolsLoggers(new Logger({ logLevel: "WARN", sampleRateValue: 1 }));
    const plain = powertoolsLoggers(new Logger({ logLevel: "WARN", sampleRateValue: 0 }));
    const switched = logLevels.map((each) => each.toUpperCase());
    for (let invocation = 0; invocation < 3; invocation++) {
      for (const each of [...allOf(sampled), ...allOf(plain)]) each.refreshSampleRateCalculation();
      expect(levels(sampled)).toEqual(["DEBUG", ...switched]);
      expect(levels(plain)).toEqual(["WARN", ...switched]);
    }
  });
});
