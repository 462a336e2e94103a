declare module "dynalite" {
  import type { Server } from "node:http";

  /** dynalite brings no types; these are the options that are used here. */
  const dynalite: (options: {
    /** Folder of the LevelDB store; created when absent. */
    readonly path: string;
    readonly createTableMs: number;
    readonly deleteTableMs: number;
    readonly updateTableMs: number;
  }) => Server;
  // biome-ignore lint/style/noDefaultExport: that is how the package exports it
  export default dynalite;
}
