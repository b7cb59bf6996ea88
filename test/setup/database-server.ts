import { spawn } from "node:child_process";
import { dieWithParent, ended, freePort, type Readiness, removeFolder, untilReady } from "./child-server.js";

/** A database server of one's own, with nothing in it, gone with this process. */
export interface DatabaseServer {
  /** Which program this is, for people. */
  readonly name: string;
  /** The URL of database `name`, for the user who may do everything. */
  url(name: string): string;
  stop(): Promise<void>;
}

export interface Launch extends Omit<Readiness, "patience"> {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Ends this process' privileges: a user and a group by number. */
  readonly identity?: { readonly uid: number; readonly gid: number } | undefined;
}

const START_MS = 60_000;

/** Tries free ports until the server says that it is ready. */
export async function launchDatabase(
  describe: (port: number) => Launch,
): Promise<{ port: number; stop: () => Promise<void> }> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await freePort();
    const launch = describe(port);
    const child = spawn(launch.program, launch.args, { stdio: ["ignore", "pipe", "pipe"], ...launch.identity });
    if (!(await untilReady(child, { ...launch, patience: START_MS }))) continue;
    const callOff = dieWithParent(child.pid as number, launch.folder);
    const stop = async () => {
      const gone = ended(child, 5_000);
      // Nothing in it is worth an orderly end.
      child.kill("SIGKILL");
      await gone;
      callOff();
      removeFolder(launch.folder);
    };
    return { port, stop };
  }
  throw new Error("no free port after 20 attempts");
}
