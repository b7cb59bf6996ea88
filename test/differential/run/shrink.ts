import { isPlain, type Args, type Interactive, type Read, type Write } from "../operation.js";
import { replay, type History, type HistoryStep, type Mismatch } from "./history.js";
import type { World } from "./world.js";

export interface Shrunk {
  readonly history: History;
  readonly mismatch: Mismatch;
}

/**
 * A shorter history that still ends in a wrong answer: fewer writes, fewer reads, fewer rows, smaller arguments. `null`
 * where the history does not do so again.
 */
export async function shrink(world: World, history: History, milliseconds: number): Promise<Shrunk | null> {
  const deadline = Date.now() + milliseconds;
  const first = await replay(world, history);
  if (!first) return null;
  let best: Shrunk = { history, mismatch: first };

  const attempt = async (smaller: History): Promise<boolean> => {
    if (Date.now() > deadline) return false;
    const mismatch = await replay(world, smaller);
    if (!mismatch) return false;
    best = { history: { ...smaller, steps: smaller.steps.slice(0, mismatch.step + 1) }, mismatch };
    return true;
  };

  await attempt({ ...history, steps: history.steps.slice(0, first.step + 1) });
  await attempt({ ...best.history, reads: [best.mismatch.read] });
  await dropParts(
    () => best.history.steps,
    (steps) => attempt({ ...best.history, steps }),
  );
  await dropParts(
    () => best.history.reads,
    (reads) => attempt({ ...best.history, reads }),
  );
  for (let changed = true; changed && Date.now() < deadline;) {
    changed = false;
    for (const smaller of smallerSteps(best.history)) changed ||= await attempt(smaller);
  }
  const models = [...new Set(best.history.seeds.map(({ model }) => model))];
  for (const model of models)
    await attempt({ ...best.history, seeds: best.history.seeds.filter((seed) => seed.model !== model) });
  await dropParts(
    () => best.history.seeds,
    (seeds) => attempt({ ...best.history, seeds }),
  );
  return best;
}

/** Halves, quarters, and so on down to single ones (Zeller, "Yesterday, my program worked", 1999). */
async function dropParts<T>(
  current: () => readonly T[],
  attempt: (rest: readonly T[]) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(current().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < current().length;) {
      const rest = current().toSpliced(start, size);
      if (!(await attempt(rest))) start += size;
    }
  }
}

/** Each history with one part of one write, or of one read, left out. */
function* smallerSteps(history: History): Generator<History> {
  for (const [index, step] of history.steps.entries()) {
    for (const write of smallerWrites(step.write)) {
      yield { ...history, steps: history.steps.with(index, { ...step, write } satisfies HistoryStep) };
    }
  }
  for (const [index, read] of history.reads.entries()) {
    for (const args of smallerArgs(read.args)) {
      yield { ...history, reads: history.reads.with(index, { ...read, args } satisfies Read) };
    }
  }
}

function* smallerWrites(write: Write): Generator<Write> {
  switch (write.kind) {
    case "raw":
      return;
    case "model":
      if (write.path.length > 0) yield { ...write, path: [] };
      for (const args of smallerArgs(write.args)) yield { ...write, args };
      return;
    case "batch":
      for (const member of write.members) yield member;
      for (const index of write.members.keys()) yield { ...write, members: write.members.toSpliced(index, 1) };
      return;
    case "interactive":
      for (const step of write.steps) if (step.kind !== "read") yield step;
      yield* smallerTransactions(write);
      return;
    default:
      write satisfies never;
  }
}

function* smallerTransactions(write: Interactive): Generator<Interactive> {
  for (const [index, step] of write.steps.entries()) {
    yield { ...write, steps: write.steps.toSpliced(index, 1) };
    if (step.kind === "read") continue;
    for (const smaller of smallerWrites(step)) {
      if (smaller.kind !== "batch") yield { ...write, steps: write.steps.with(index, smaller) };
    }
  }
}

/** The arguments with one part left out, at any depth; the outermost first. */
function* smallerArgs(args: Args): Generator<Args> {
  for (const name of Object.keys(args)) {
    const { [name]: _, ...rest } = args;
    yield rest;
  }
  for (const [name, part] of Object.entries(args)) {
    if (isPlain(part)) for (const smaller of smallerArgs(part)) yield { ...args, [name]: smaller };
    if (!Array.isArray(part)) continue;
    for (const index of part.keys()) {
      yield { ...args, [name]: part.toSpliced(index, 1) };
      const item: unknown = part[index];
      if (isPlain(item)) for (const smaller of smallerArgs(item)) yield { ...args, [name]: part.with(index, smaller) };
    }
  }
}
