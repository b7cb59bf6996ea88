export interface Progress {
  /** A step that is done: a line that stays. */
  say(line: string): void;
  /** How far the present step is: on a terminal one line that changes, else a line every few seconds. */
  update(line: string): void;
}

const QUIET_MS = 3_000;

export function createProgress(out: NodeJS.WriteStream): Progress {
  let pending = false;
  let lastWritten = 0;
  return {
    say(line) {
      out.write(`${pending ? "\r\u001B[2K" : ""}${line}\n`);
      pending = false;
    },
    update(line) {
      if (out.isTTY) {
        out.write(`\r\u001B[2K${line.slice(0, out.columns - 1)}`);
        pending = true;
      } else if (Date.now() - lastWritten >= QUIET_MS) {
        out.write(`${line}\n`);
        lastWritten = Date.now();
      }
    },
  };
}
