import { parseArgs } from "node:util";
import type { Assignment, Level } from "./messages.js";
import type { Topology } from "./phase.js";

export interface Options {
  readonly minutes: number;
  /** Names of phases; empty: all of the topology. */
  readonly phases: readonly string[];
  readonly level: Level;
  readonly topology: Topology;
  readonly workers: number;
  /** Reads in flight in each worker. */
  readonly readers: number;
  readonly seed: number;
  readonly cache: Assignment["cache"];
  /** `mixed`: in all phases workers have results in memory; else in those that are about that. */
  readonly l1: "some" | "mixed";
  /** `refill`: in all phases writes leave their rows in the cache; else in those that are about that. */
  readonly onWrite: "some" | "refill";
}

export const USAGE = `usage: tsx test/consistency/main.ts [--minutes 15] [--phase name,…] [--level bounded|strict|eventual]
  [--topology standalone|sentinel|cluster] [--workers 3] [--readers 8] [--seed 1] [--cache evercache|naive]
  [--l1 some|mixed] [--on-write some|refill]`;

/** @throws Error for what is not understood */
export function parseOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const names = [
    "minutes",
    "phase",
    "level",
    "topology",
    "workers",
    "readers",
    "seed",
    "cache",
    "l1",
    "on-write",
  ] as const;
  const options = Object.fromEntries(names.map((name) => [name, text]));
  const values = parseArgs({ args: [...args], options, strict: true }).values as Partial<Record<string, string>>;
  return {
    minutes: number(values, "minutes", 15),
    phases: values["phase"]?.split(",") ?? [],
    level: oneOf(values, "level", ["bounded", "strict", "eventual"]),
    topology: oneOf(values, "topology", ["standalone", "sentinel", "cluster"]),
    workers: number(values, "workers", 3),
    readers: number(values, "readers", 8),
    seed: number(values, "seed", 1),
    cache: oneOf(values, "cache", ["evercache", "naive"]),
    l1: oneOf(values, "l1", ["some", "mixed"]),
    onWrite: oneOf(values, "on-write", ["some", "refill"]),
  };
}

function number(values: Partial<Record<string, string>>, name: string, fallback: number): number {
  const value = Number(values[name] ?? fallback);
  if (!(value > 0)) throw new Error(`--${name}: write a number above 0`);
  return value;
}

/** The first is the default. */
function oneOf<const T extends string>(values: Partial<Record<string, string>>, name: string, all: readonly T[]): T {
  const value = values[name] ?? all[0];
  const known = all.find((each) => each === value);
  if (known === undefined) throw new Error(`--${name}: write ${all.join(" or ")}`);
  return known;
}
