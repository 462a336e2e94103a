/** One thing that is there, as AWS's API describes it. */
// biome-ignore lint/suspicious/noExplicitAny: a reader names the few fields of a few kinds that it needs
export type Found = any;

/** By name, or by the id that the service gave. */
type Collection = Readonly<Record<string, Found>>;

/** What `inventory.py` prints. */
export interface Inventory {
  /** By stack, what CloudFormation lists of it. */
  readonly stacks: Readonly<
    Record<
      string,
      readonly {
        readonly LogicalResourceId: string;
        readonly PhysicalResourceId: string;
        readonly ResourceType: string;
        readonly ResourceStatus: string;
      }[]
    >
  >;
  readonly tables: Collection;
  readonly queues: Collection;
  readonly functions: Collection;
  readonly mappings: Collection;
  readonly roles: Collection;
  readonly alarms: Collection;
  readonly rules: Collection;
  readonly logGroups: Collection;
  readonly buckets: Collection;
}
