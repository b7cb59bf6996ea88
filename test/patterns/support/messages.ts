import type { CacheEvent, cacheExtension } from "@evercache/prisma";

export type Options = NonNullable<Parameters<typeof cacheExtension>[0]>;

/** What a reading process is asked for. */
export interface Tasks {
  /** Connects, in the place of what was opened before. */
  readonly open: (place: Place) => Promise<void>;
  readonly close: (nothing: null) => Promise<void>;
  /** Many reads of one user at once. */
  readonly stampede: (of: { readonly id: number; readonly readers: number }) => Promise<Read[]>;
  /** Readers of one user, each with a pause after each read, for so many milliseconds. */
  readonly readOn: (of: {
    readonly id: number;
    readonly readers: number;
    readonly milliseconds: number;
    readonly pause: number;
  }) => Promise<ReadOn>;
}

export type TaskName = keyof Tasks;
export type Input<N extends TaskName> = Parameters<Tasks[N]>[0];
export type Output<N extends TaskName> = Awaited<ReturnType<Tasks[N]>>;

export interface Place {
  readonly databaseUrl: string;
  /** A server, or the nodes of a cluster. */
  readonly redis: string | readonly { readonly host: string; readonly port: number }[];
  readonly options: Options;
}

/** One read. Moments are milliseconds of the clock that all processes of the machine share. */
export interface Read {
  readonly began: number;
  readonly milliseconds: number;
  readonly status: string;
  readonly name: string | null;
  readonly error: string | null;
}

export interface ReadOn {
  readonly milliseconds: readonly number[];
  /** How many reads came from where: "hit", "stale: expired". */
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
  readonly refreshes: Readonly<Record<string, number>>;
  readonly waits: readonly Extract<CacheEvent, { type: "wait" }>["outcome"][];
}

export interface Request {
  readonly task: TaskName;
  readonly input: unknown;
}

export type Reply = { readonly output: unknown } | { readonly error: string };

/** The clock that all processes of a machine share. */
export const clock = (): number => Number(process.hrtime.bigint()) / 1e6;
