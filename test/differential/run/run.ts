import { makeRead, wholeList } from "../generate/reads.js";
import { focusOn, type Scope } from "../generate/scope.js";
import { makeSeeds } from "../generate/seeds.js";
import { makeWrite } from "../generate/writes.js";
import { Measures } from "../measure/measures.js";
import { modelsOf, tagsOfRead, tagsOfWrite } from "../measure/model-level.js";
import { FOCUS, POOL, REACH_OF_READS, RENEWED, WRITES_PER_HISTORY } from "../mix.js";
import { kindOf, type Read, type Write } from "../operation.js";
import type { Options } from "../options.js";
import { programOf } from "../print/program.js";
import { Random } from "../random.js";
import { firstReader, mismatchIn, type History, type HistoryStep, type Mismatch } from "./history.js";
import { shrink } from "./shrink.js";
import type { Seen, Side, World } from "./world.js";

/** Milliseconds to make a history shorter. */
const SHRINKING = 90_000;

export type Limits = Pick<Options, "minutes" | "seed" | "history" | "operations" | "reads" | "keepGoing">;

/** Histories one after the other, until time is up or an answer is wrong. */
export async function runHistories(world: World, limits: Limits, log: (text: string) => void): Promise<Measures> {
  const measures = new Measures();
  const shown = new Set<string>();
  for (let number = limits.history; !isOver(measures, limits); number++) {
    const found = await runHistory(world, limits, number, measures);
    measures.histories++;
    if (!found) continue;
    const { history, mismatch } = found;
    const { write } = history.steps[mismatch.step] as HistoryStep;
    const name = `${mismatch.read.operation} after ${kindOf(write)}`;
    if (!shown.has(name)) {
      shown.add(name);
      log(`\nMISMATCH in history ${number} of seed ${limits.seed}: ${name}: ${mismatch.difference}`);
      const invalid = [...world.invalid];
      log(await explained(world, history, mismatch));
      // A history that is made shorter has mistakes that nobody made.
      world.invalid.clear();
      for (const [text, count] of invalid) world.invalid.set(text, count);
    }
    if (!limits.keepGoing) break;
  }
  return measures;
}

function isOver(measures: Measures, { minutes, operations, reads }: Limits): boolean {
  return measures.seconds >= minutes * 60 || measures.operations >= operations || measures.comparisons >= reads;
}

async function runHistory(
  world: World,
  limits: Limits,
  number: number,
  measures: Measures,
): Promise<{ history: History; mismatch: Mismatch } | null> {
  const { shape } = world;
  const random = new Random(limits.seed, number);
  const scope: Scope = { shape, random, reach: REACH_OF_READS, byPrimaryKey: 0, focus: focusOn(shape, random, FOCUS) };
  const seeds = makeSeeds(scope);
  const all: Read[] = [];
  const renew = (): Read => {
    const read = makeRead(scope);
    all.push(read);
    measures.operations++;
    return read;
  };
  const pool = Array.from({ length: POOL }, renew);
  // Asked again after every write, and not measured: no application asks for so many of these.
  const lists = [...scope.focus.values()].flatMap((model) => wholeList(scope, model));
  pool.push(...lists);
  all.push(...lists);
  const steps: HistoryStep[] = [];

  await world.begin(seeds);
  let before: (Seen | null)[] = await world.ask(pool, 0);
  for (const [i, seen] of before.entries()) if (seen && i < POOL) measures.asked(pool[i] as Read, seen);
  for (let step = 0; step < WRITES_PER_HISTORY && !isOver(measures, limits); step++) {
    const write = makeWrite(scope);
    const via: Side = step % 2 === 0 ? 0 : 1;
    steps.push({ write, via });
    const outcome = await world.write(write, via);
    measures.wrote(write, outcome);
    for (let i = 0; i < POOL; i++) {
      if (!random.chance(RENEWED)) continue;
      pool[i] = renew();
      before[i] = null;
    }
    const seen = await world.ask(pool, firstReader(step));
    const touched =
      outcome.error === null && !isRolledBack(write)
        ? modelsOf(shape.dataModel, tagsOfWrite(shape.dataModel, write))
        : null;
    for (const [i, now] of seen.slice(0, POOL).entries()) {
      const read = pool[i] as Read;
      measures.asked(read, now);
      const was = before[i];
      if (!was || !touched) continue;
      const models = modelsOf(shape.dataModel, tagsOfRead(shape.dataModel, read));
      measures.repeated(
        read,
        write,
        was,
        now,
        [...models].some((model) => touched.has(model)),
      );
    }
    const mismatch = mismatchIn(pool, seen, step);
    if (mismatch) {
      measures.mismatched(mismatch.read, write);
      const reads = [mismatch.read, ...all.filter((read) => read !== mismatch.read)];
      return { history: { seeds, reads, steps }, mismatch };
    }
    before = seen;
  }
  return null;
}

function isRolledBack(write: Write): boolean {
  return write.kind === "interactive" && write.end === "roll back";
}

async function explained(world: World, history: History, mismatch: Mismatch): Promise<string> {
  const { dataModel } = world.shape;
  // Most often the read and the writes before it are enough.
  const alone = await shrink(world, { ...history, reads: [mismatch.read] }, SHRINKING);
  const shrunk = alone ?? (await shrink(world, history, SHRINKING));
  const shown = shrunk ?? { history: { ...history, reads: [mismatch.read] }, mismatch };
  const last = shown.history.steps.at(-1);
  return [
    shrunk ? "The shortest history that was found:" : "It did not happen again. The whole history:",
    programOf(shown.history, shown.mismatch),
    `// The read depends on ${tagsOfRead(dataModel, shown.mismatch.read).join(" ")}`,
    ...(last ? [`// The last write drops ${tagsOfWrite(dataModel, last.write).join(" ")}`] : []),
  ].join("\n");
}
