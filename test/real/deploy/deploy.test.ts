import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DeployedTemplate, differences } from "./differences.ts";
import type { Inventory } from "./inventory.ts";
import { type Moto, startMoto } from "./moto.ts";
import { resolve } from "./references.ts";
import { type Service, serviceCopy } from "./service.ts";

const stack = "knitbone-prod";

describe("the service, deployed by osls to moto", () => {
  let moto: Moto;
  let service: Service;
  let template: DeployedTemplate;
  let first: Inventory;

  const declared = (type: string) => Object.entries(template.Resources).filter(([, { Type }]) => Type === type);

  beforeAll(async () => {
    moto = await startMoto();
    service = await serviceCopy(moto);
    expect(await service.osls("deploy")).toContain("Service deployed to stack knitbone-prod");
    template = service.template();
    first = await moto.inventory();
  });
  afterAll(() => moto?.stop());

  test("everything that the template declares is there as declared, and nothing else", () => {
    expect(differences(template, stack, first)).toEqual([]);
    for (const type of ["AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::IAM::Role"]) {
      expect(declared(type).length).toBeGreaterThanOrEqual(3);
    }
    expect(Object.keys(first.mappings).length).toBe(Object.keys(first.functions).length);
  });

  test("each function has the code of its bundle", () => {
    const packages = declared("AWS::Lambda::Function").map(([, { Properties }]) => {
      const name = String(Properties["Handler"]).split("/")[1] ?? "";
      return [Properties["FunctionName"], createHash("sha256").update(service.zip(name)).digest("base64")];
    });
    expect(Object.values(first.functions).map(({ FunctionName, CodeSha256 }) => [FunctionName, CodeSha256])).toEqual(
      packages.sort(),
    );
  });

  test.each<[string, (there: Inventory) => Inventory, string]>([
    [
      "a table that is missing",
      (there) => ({ ...there, tables: without(there.tables, "knitbone-cases") }),
      "CasesTable: there is no AWS::DynamoDB::Table knitbone-cases",
    ],
    [
      "a queue that hides messages too shortly",
      (there) => ({ ...there, queues: changed(there.queues, "knitbone-deltas", { VisibilityTimeout: "30" }) }),
      "DeltasQueue: VisibilityTimeout is 30, declared as 180",
    ],
    [
      "dead letters that go elsewhere",
      (there) => {
        const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: "arn:aws:sqs:eu-west-1:1:x", maxReceiveCount: 5 });
        return { ...there, queues: changed(there.queues, "knitbone-deltas", { RedrivePolicy }) };
      },
      'DeltasQueue: RedrivePolicy is {"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:x"',
    ],
    [
      "a role that may do more",
      (there) => {
        const Policies = { "what-it-uses": { Version: "2012-10-17", Statement: [] } };
        return { ...there, roles: changed(there.roles, "knitbone-dispatcher", { Policies }) };
      },
      "DispatcherRole: Policies is [",
    ],
    [
      "a rule that nobody declared",
      (there) => ({ ...there, rules: { stray: { Name: "stray" } } }),
      "AWS::Events::Rule stray is there, and not declared",
    ],
    [
      "a deviation that is none any more",
      (there) => ({
        ...there,
        functions: changed(there.functions, "knitbone-dispatcher", { Architectures: ["arm64"] }),
      }),
      "DispatcherLambdaFunction: moto keeps Architectures now",
    ],
  ])("would tell of %s", (_what, change, words) => {
    expect(differences(template, stack, change(first)).join("\n")).toContain(words);
  });

  test("would tell of a kind, and of a property, that it does not know", () => {
    const lambda = template.Resources["DispatcherLambdaFunction"];
    const Resources = {
      ...template.Resources,
      DispatcherLambdaFunction: { Type: "", ...lambda, Properties: { ...lambda?.Properties, KmsKeyArn: "arn" } },
      Topic: { Type: "AWS::SNS::Topic", Properties: {} },
    };
    const told = differences({ Resources }, stack, first);
    expect(told).toHaveLength(2);
    expect(told[0]).toMatch(/^DispatcherLambdaFunction: AWS::Lambda::Function's KmsKeyArn is not known/);
    expect(told[1]).toMatch(/^Topic: AWS::SNS::Topic is not known/);
  });

  test("a second deployment changes nothing", async () => {
    expect(await service.osls("deploy")).toContain("No changes to deploy. Deployment skipped.");
    expect(await moto.inventory()).toEqual(first);
  });

  test("remove leaves nothing but the tables, which are declared as retained", async () => {
    const retained = Object.values(template.Resources).filter(({ DeletionPolicy }) => DeletionPolicy === "Retain");
    const names = retained.map(({ Properties }) => Properties["TableName"]);
    expect(names).toContain("knitbone-actions");
    await service.osls("remove");
    const { tables, ...rest } = await moto.inventory();
    expect(Object.keys(tables)).toEqual(names.sort());
    expect(tables).toEqual(first.tables);
    expect(Object.entries(rest).filter(([, found]) => Object.keys(found).length > 0)).toEqual([]);
  });

  // Last, for these belong to no stack.
  test("every alarm, which moto's CloudFormation does not make, is one that CloudWatch takes as declared", async () => {
    const physical = new Map(first.stacks[stack]?.map((each) => [each.LogicalResourceId, each.PhysicalResourceId]));
    const alarms = declared("AWS::CloudWatch::Alarm").map(([, { Properties }]) =>
      resolve(Properties, { physical, arn: () => undefined }),
    ) as readonly { readonly AlarmName: string }[];
    // The age of each queue that is read, the dead letters of each, and what nobody could read.
    expect(alarms).toHaveLength(2 * declared("AWS::Lambda::EventSourceMapping").length + 1);
    const there = await moto.putAlarms(alarms);
    expect(there).toMatchObject(Object.fromEntries(alarms.map((alarm) => [alarm.AlarmName, alarm])));
    await expect(moto.putAlarms([{ ...alarms[0], Threshold: "much" }])).rejects.toThrow("Threshold");
  });
});

function without<T>(collection: Readonly<Record<string, T>>, key: string): Record<string, T> {
  const { [key]: _, ...rest } = collection;
  return rest;
}

function changed(collection: Inventory["queues"], key: string, change: object): Inventory["queues"] {
  return { ...collection, [key]: { ...collection[key], ...change } };
}
