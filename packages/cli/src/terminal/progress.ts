import type { Writable } from "node:stream";

/** What a command that takes a while shows meanwhile. Nothing where nobody looks. */
export interface Progress {
  /** Of the total that it was begun with. */
  advance(done: number, message?: string): void;
  say(message: string): void;
  /** Ends it; `message` stays. */
  done(message?: string): void;
}

export const NO_PROGRESS: Progress = { advance() {}, say() {}, done() {} };

/** A spinner, with a bar where `total` is known. Signals and keys stay the command's. */
export async function showProgress(output: Writable, title: string, total: number | undefined): Promise<Progress> {
  const { default: ora } = await import("ora");
  const stream = output as NodeJS.WriteStream;
  const spinner = ora({ text: title, stream, discardStdin: false, hideCursor: false }).start();
  return {
    advance(done, message) {
      spinner.text = total === undefined ? (message ?? title) : `${message ?? title} ${spellProgress(done, total)}`;
    },
    say(message) {
      spinner.text = message;
    },
    done(message) {
      if (message === undefined) spinner.stop();
      else spinner.succeed(message);
    },
  };
}

const CELLS = 20;

/** `█████░░░░░░░░░░░░░░░ 25/100` */
export function spellProgress(done: number, total: number): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 1;
  const filled = Math.round(share * CELLS);
  return `${"█".repeat(filled)}${"░".repeat(CELLS - filled)} ${done}/${total}`;
}
