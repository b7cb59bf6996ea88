import { TASKS, type Reply, type Request } from "./tasks.js";

/*
 * A process that measures: it is told what by its parent, one thing after the other, and ends when the parent disconnects.
 */
process.on("message", ({ task, input }: Request) => {
  const act = TASKS[task] as (input: unknown) => Promise<unknown>;
  const say = (reply: Reply) => process.send!(reply);
  act(input).then(
    (output) => say({ output }),
    (error: unknown) => say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
