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

/** A bar where `total` is known, else a spinner. */
export async function showProgress(output: Writable, title: string, total: number | undefined): Promise<Progress> {
  const { progress, spinner } = await import("@clack/prompts");
  if (total === undefined) {
    const shown = spinner({ output, withGuide: false });
    shown.start(title);
    return {
      advance: (_, message) => message !== undefined && shown.message(message),
      say: (message) => shown.message(message),
      done: (message) => (message === undefined ? shown.clear() : shown.stop(message)),
    };
  }
  const bar = progress({ output, max: Math.max(1, total), withGuide: false });
  let last = 0;
  bar.start(title);
  return {
    advance(done, message) {
      bar.advance(done - last, message ?? `${title} ${done}/${total}`);
      last = done;
    },
    say: (message) => bar.message(message),
    done: (message) => (message === undefined ? bar.clear() : bar.stop(message)),
  };
}
