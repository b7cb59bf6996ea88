/** `"pending"` if `act` has come to nothing after `laps` runs of `lap`, one after the other; else how it ended. */
export async function outrun(
  act: PromiseLike<unknown>,
  lap: () => PromiseLike<unknown>,
  laps = 60,
): Promise<"resolved" | "rejected" | "pending"> {
  const race: { outcome: "resolved" | "rejected" | "pending" } = { outcome: "pending" };
  void Promise.resolve(act).then(
    () => (race.outcome = "resolved"),
    () => (race.outcome = "rejected"),
  );
  for (let i = 0; i < laps && race.outcome === "pending"; i++) await lap();
  return race.outcome;
}
