import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { describeError, KnitboneError } from "../errors.ts";

export interface RowKey {
  readonly pk: string;
  readonly sk: string;
}

export type Row = RowKey & Readonly<Record<string, unknown>>;

/** A condition, filter or update. `#name` stands for the attribute `name` itself, `:name` for a value. */
export interface Expression {
  readonly text: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface RowRange {
  readonly pk: string;
  /** Only rows whose `sk` begins so. */
  readonly skPrefix?: string;
  readonly consistent: boolean;
  readonly newestFirst?: boolean;
  readonly filter?: Expression;
}

/** "refused": the condition did not hold, nothing was written. */
type Written = "written" | "refused";

/**
 * One table as the stores use it: single-item conditional writes and consistent reads. A condition that does not hold is a value; every
 * other failure throws StoreUnavailable. A refused writer who wants to know why reads the row again: not every server sends it along.
 *
 * Reads are repeated once: the first request after a pause often meets a connection that died meanwhile. Writes are not: repeated blindly, a
 * write whose answer was lost would be refused by its own first half.
 */
export interface DynamoTable {
  readonly name: string;
  /** Strongly consistent. */
  read(key: RowKey): Promise<Row | undefined>;
  /** Strongly consistent, at most 100 keys; those that exist, in any order. */
  readMany(keys: readonly RowKey[]): Promise<readonly Row[]>;
  query(range: RowRange): AsyncIterable<Row>;
  /** Every row, for people and clean-up; may be stale. */
  scan(filter?: Expression): AsyncIterable<Row>;
  put(row: Row, condition?: Expression): Promise<Written>;
  /** The row after the update, or undefined when refused. */
  update(key: RowKey, change: Expression, condition?: Expression): Promise<Row | undefined>;
  delete(key: RowKey, condition?: Expression): Promise<Written>;
}

export function dynamoTable(client: DynamoDBDocumentClient, name: string): DynamoTable {
  const unavailable = (doing: "reading" | "writing", thrown: unknown): KnitboneError =>
    new KnitboneError("StoreUnavailable", `${doing} table ${name}: ${describeError(thrown)}`, {
      cause: thrown,
      // Also what was refused: rights and tables are mended while messages wait.
      retryable: true,
    });

  const reading = async <Answer>(read: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await read();
    } catch (first) {
      if (isRefusedRequest(first)) throw unavailable("reading", first);
    }
    try {
      return await read();
    } catch (second) {
      throw unavailable("reading", second);
    }
  };

  const writing = async <Answer>(write: () => Promise<Answer>): Promise<Answer | "refused"> => {
    try {
      return await write();
    } catch (thrown) {
      if (nameOf(thrown) === "ConditionalCheckFailedException") return "refused";
      throw unavailable("writing", thrown);
    }
  };

  const batchGet = async (keys: readonly RowKey[]): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    let wanted = keys.map(({ pk, sk }) => ({ pk, sk }));
    for (let round = 0; round < maxBatchRounds && wanted.length > 0; round++) {
      const answer = await client.send(
        new BatchGetCommand({ RequestItems: { [name]: { Keys: wanted, ConsistentRead: true } } }),
      );
      rows.push(...((answer.Responses?.[name] ?? []) as Row[]));
      wanted = (answer.UnprocessedKeys?.[name]?.Keys ?? []) as { pk: string; sk: string }[];
    }
    if (wanted.length > 0) throw new Error(`${wanted.length} of ${keys.length} keys were left unread`);
    return rows;
  };

  async function* pages(ask: (start: Page["LastEvaluatedKey"]) => Promise<Page>): AsyncGenerator<Row> {
    let start: Page["LastEvaluatedKey"];
    do {
      const from = start;
      const page = await reading(() => ask(from));
      yield* (page.Items ?? []) as Row[];
      start = page.LastEvaluatedKey;
    } while (start);
  }

  return {
    name,
    read: (key) =>
      reading(async () => {
        const answer = await client.send(new GetCommand({ TableName: name, Key: { ...key }, ConsistentRead: true }));
        return answer.Item as Row | undefined;
      }),
    readMany: (keys) => (keys.length === 0 ? Promise.resolve([]) : reading(() => batchGet(keys))),
    query: ({ pk, skPrefix, consistent, newestFirst = false, filter }) => {
      const keys = expression(
        skPrefix === undefined ? "#pk = :pk" : "#pk = :pk AND begins_with(#sk, :skPrefix)",
        skPrefix === undefined ? { ":pk": pk } : { ":pk": pk, ":skPrefix": skPrefix },
      );
      const parts = merged([keys, filter]);
      return pages((start) =>
        client.send(
          new QueryCommand({
            TableName: name,
            KeyConditionExpression: keys.text,
            ...(filter ? { FilterExpression: filter.text } : {}),
            ...parts,
            ConsistentRead: consistent,
            ScanIndexForward: !newestFirst,
            ...(start ? { ExclusiveStartKey: start } : {}),
          }),
        ),
      );
    },
    scan: (filter) =>
      pages((start) =>
        client.send(
          new ScanCommand({
            TableName: name,
            ...(filter ? { FilterExpression: filter.text, ...merged([filter]) } : {}),
            ...(start ? { ExclusiveStartKey: start } : {}),
          }),
        ),
      ),
    put: async (row, condition) => {
      const answer = await writing(() =>
        client.send(new PutCommand({ TableName: name, Item: { ...row }, ...conditional(condition) })),
      );
      return answer === "refused" ? "refused" : "written";
    },
    update: async (key, change, condition) => {
      const answer = await writing(() =>
        client.send(
          new UpdateCommand({
            TableName: name,
            Key: { ...key },
            UpdateExpression: change.text,
            ...(condition ? { ConditionExpression: condition.text } : {}),
            ...merged([change, condition]),
            ReturnValues: "ALL_NEW",
          }),
        ),
      );
      return answer === "refused" ? undefined : (answer.Attributes as Row);
    },
    delete: async (key, condition) => {
      const answer = await writing(() =>
        client.send(new DeleteCommand({ TableName: name, Key: { ...key }, ...conditional(condition) })),
      );
      return answer === "refused" ? "refused" : "written";
    },
  };
}

/** Unprocessed keys of a batch read come back under throttling; a handful of keys needs no more than this. */
const maxBatchRounds = 3;

interface Page {
  readonly Items?: Record<string, unknown>[] | undefined;
  readonly LastEvaluatedKey?: Record<string, unknown> | undefined;
}

export function expression(text: string, values?: Readonly<Record<string, unknown>>): Expression {
  return values === undefined ? { text } : { text, values };
}

function conditional(condition: Expression | undefined) {
  return condition ? { ConditionExpression: condition.text, ...merged([condition]) } : {};
}

/** Names and values of several expressions. Every attribute name is a placeholder: DynamoDB reserves some 570 plain words. */
function merged(expressions: readonly (Expression | undefined)[]) {
  const texts = expressions.map((each) => each?.text ?? "").join(" ");
  const names = Object.fromEntries(
    [...texts.matchAll(/#(\w+)/g)].map(([placeholder, name]) => [placeholder, name ?? ""]),
  );
  const values = Object.assign({}, ...expressions.map((each) => each?.values ?? {}));
  return {
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
  };
}

/** The server understood and said no: the same request would be refused again. */
function isRefusedRequest(thrown: unknown): boolean {
  return [
    "ValidationException",
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ItemCollectionSizeLimitExceededException",
  ].includes(nameOf(thrown));
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : "";
}
