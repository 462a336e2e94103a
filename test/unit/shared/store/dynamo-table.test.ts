import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "vitest";
import { dynamoTable, expression, type Row } from "../../../../shared/store/dynamo-table.ts";

const key = { pk: "p", sk: "s" };

function awsError(name: string, message: string = name): Error {
  return Object.assign(new Error(message), { name });
}

/** A client that gives one scripted answer per call (an Error is thrown) and remembers the inputs. */
function scripted(...answers: readonly unknown[]) {
  const inputs: Record<string, unknown>[] = [];
  const client = {
    send: async (command: { readonly input: Record<string, unknown> }) => {
      const answer = answers[inputs.length];
      inputs.push(command.input);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as DynamoDBDocumentClient;
  return { inputs, table: dynamoTable(client, "knitbone-cases") };
}

async function all(rows: AsyncIterable<Row>): Promise<Row[]> {
  const gathered: Row[] = [];
  for await (const row of rows) gathered.push(row);
  return gathered;
}

describe("dynamoTable reads", () => {
  it("reads one row consistently", async () => {
    const { inputs, table } = scripted({ Item: key }, {});
    expect(await table.read(key)).toEqual(key);
    expect(await table.read(key)).toBeUndefined();
    expect(inputs[0]).toEqual({ TableName: "knitbone-cases", Key: key, ConsistentRead: true });
  });

  it("repeats a read once: the connection may have died since the last", async () => {
    const { inputs, table } = scripted(awsError("ECONNRESET"), { Item: key });
    expect(await table.read(key)).toEqual(key);
    expect(inputs).toHaveLength(2);
  });

  it("throws StoreUnavailable with the cause after the second failure", async () => {
    const cause = awsError("TimeoutError", "no answer");
    const { table } = scripted(awsError("ECONNRESET"), cause);
    await expect(table.read(key)).rejects.toMatchObject({
      code: "StoreUnavailable",
      message: "reading table knitbone-cases: no answer",
      cause,
      retryable: true,
    });
  });

  it("does not repeat what was refused", async () => {
    const { inputs, table } = scripted(awsError("AccessDeniedException", "not authorized"));
    await expect(table.read(key)).rejects.toMatchObject({ code: "StoreUnavailable", retryable: true });
    expect(inputs).toHaveLength(1);
  });

  it("follows a query over its pages, with consistent reads where asked", async () => {
    const first = { Items: [{ pk: "p", sk: "1" }], LastEvaluatedKey: { pk: "p", sk: "1" } };
    const { inputs, table } = scripted(first, awsError("ECONNRESET"), { Items: [{ pk: "p", sk: "2" }] });
    const rows = await all(table.query({ pk: "p", skPrefix: "s", consistent: true, newestFirst: true }));
    expect(rows.map((each) => each.sk)).toEqual(["1", "2"]);
    expect(inputs[0]).toEqual({
      TableName: "knitbone-cases",
      KeyConditionExpression: "#pk = :pk AND begins_with(#sk, :skPrefix)",
      ExpressionAttributeNames: { "#pk": "pk", "#sk": "sk" },
      ExpressionAttributeValues: { ":pk": "p", ":skPrefix": "s" },
      ConsistentRead: true,
      ScanIndexForward: false,
    });
    expect(inputs[2]).toMatchObject({ ExclusiveStartKey: { pk: "p", sk: "1" } });
  });

  it("filters a scan with every attribute name as a placeholder", async () => {
    const { inputs, table } = scripted({ Items: [] });
    await all(table.scan(expression("#state = :state", { ":state": "open" })));
    expect(inputs[0]).toEqual({
      TableName: "knitbone-cases",
      FilterExpression: "#state = :state",
      ExpressionAttributeNames: { "#state": "state" },
      ExpressionAttributeValues: { ":state": "open" },
    });
  });

  it("asks again for the keys that a batch read left unprocessed", async () => {
    const other = { pk: "p", sk: "t" };
    const { inputs, table } = scripted(
      { Responses: { "knitbone-cases": [key] }, UnprocessedKeys: { "knitbone-cases": { Keys: [other] } } },
      { Responses: { "knitbone-cases": [other] } },
    );
    expect(await table.readMany([key, other])).toEqual([key, other]);
    expect(inputs[1]).toEqual({ RequestItems: { "knitbone-cases": { Keys: [other], ConsistentRead: true } } });
  });

  it("never answers a batch read with less than there is", async () => {
    const left = { Responses: {}, UnprocessedKeys: { "knitbone-cases": { Keys: [key] } } };
    const { table } = scripted(left, left, left, left, left, left);
    await expect(table.readMany([key])).rejects.toMatchObject({
      code: "StoreUnavailable",
      message: "reading table knitbone-cases: 1 of 1 keys were left unread",
    });
  });

  it("reads nothing when no key is wanted", async () => {
    const { inputs, table } = scripted();
    expect(await table.readMany([])).toEqual([]);
    expect(inputs).toEqual([]);
  });
});

describe("dynamoTable writes", () => {
  const unmet = awsError("ConditionalCheckFailedException");

  it("answers with a value when the condition does not hold", async () => {
    const condition = expression("#version = :version", { ":version": 1 });
    const { inputs, table } = scripted(unmet, unmet, unmet);
    expect(await table.put({ ...key, version: 2 }, condition)).toBe("refused");
    expect(await table.update(key, expression("SET #version = :next", { ":next": 2 }), condition)).toBeUndefined();
    expect(await table.delete(key, condition)).toBe("refused");
    expect(inputs[1]).toEqual({
      TableName: "knitbone-cases",
      Key: key,
      UpdateExpression: "SET #version = :next",
      ConditionExpression: "#version = :version",
      ExpressionAttributeNames: { "#version": "version" },
      ExpressionAttributeValues: { ":next": 2, ":version": 1 },
      ReturnValues: "ALL_NEW",
    });
  });

  it("does not repeat a write that got no answer: it may have been carried out", async () => {
    const { inputs, table } = scripted(awsError("TimeoutError", "no answer"), {});
    await expect(table.put({ ...key })).rejects.toMatchObject({
      code: "StoreUnavailable",
      message: "writing table knitbone-cases: no answer",
      retryable: true,
    });
    expect(inputs).toHaveLength(1);
  });

  it("writes without a condition where none is given", async () => {
    const { inputs, table } = scripted({}, {});
    expect(await table.put({ ...key, a: 1 })).toBe("written");
    expect(await table.delete(key)).toBe("written");
    expect(inputs).toEqual([
      { TableName: "knitbone-cases", Item: { ...key, a: 1 } },
      { TableName: "knitbone-cases", Key: key },
    ]);
  });
});
