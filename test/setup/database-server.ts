import { type ChildProcess, spawn } from "node:child_process";
import { dieWithParent, ended, freePort, type Readiness, removeFolder, untilReady } from "./child-server.js";

/** A database server of one's own, with nothing in it, gone with this process. */
export interface DatabaseServer {
  /** Which program this is, for people. */
  readonly name: string;
  /** The URL of database `name`, for the user who may do everything. */
  url(name: string): string;
  /** Ends the server as its administrator does: who is connected is told. Left out where it runs in a container. */
  halt?(): Promise<void>;
  /** Starts it again after `halt`: same port, same data. */
  resume?(): Promise<void>;
  stop(): Promise<void>;
}

export interface Launch extends Omit<Readiness, "patience"> {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Ends the server in an orderly way, without waiting for who is connected. */
  readonly haltSignal: NodeJS.Signals;
  /** Ends this process' privileges: a user and a group by number. */
  readonly identity?: { readonly uid: number; readonly gid: number } | undefined;
}

const START_MS = 60_000;
const HALT_MS = 30_000;

/** Tries free ports until the server says that it is ready. */
export async function launchDatabase(
  describe: (port: number) => Launch,
): Promise<{ port: number } & Required<Pick<DatabaseServer, "halt" | "resume" | "stop">>> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await freePort();
    const launch = describe(port);
    const started = await start(launch);
    if (started) return { port, ...running(launch, started) };
  }
  throw new Error("no free port after 20 attempts");
}

/** Null where the port is taken. */
async function start(launch: Launch): Promise<ChildProcess | null> {
  const child = spawn(launch.program, launch.args, { stdio: ["ignore", "pipe", "pipe"], ...launch.identity });
  return (await untilReady(child, { ...launch, patience: START_MS })) ? child : null;
}

function running(launch: Launch, started: ChildProcess): Required<Pick<DatabaseServer, "halt" | "resume" | "stop">> {
  let child = started;
  let callOff = dieWithParent(child.pid as number, launch.folder);
  const end = async (signal: NodeJS.Signals, patience: number) => {
    const gone = ended(child, patience);
    child.kill(signal);
    await gone;
    callOff();
  };
  return {
    async halt() {
      await end(launch.haltSignal, HALT_MS);
      callOff = dieWithParent(null, launch.folder);
    },
    async resume() {
      const again = await start(launch);
      if (!again) throw new Error(`the port of ${launch.program} was taken by another process`);
      callOff();
      child = again;
      callOff = dieWithParent(child.pid as number, launch.folder);
    },
    async stop() {
      // Nothing in it is worth an orderly end.
      await end("SIGKILL", HALT_MS);
      removeFolder(launch.folder);
    },
  };
}
