import { parseArgs } from "node:util";
import { CASES } from "./cases/cases.js";
import { WORKLOADS, type Workload } from "./mix/workload.js";
import { SCENARIOS, type Scenario } from "./queries.js";
import type { CaseName } from "./report/result.js";
import { FULL, QUICK, type Scale } from "./scale.js";
import { SUBJECT_NAMES, type SubjectName } from "./subjects/names.js";

export interface CommandLine {
  /** As it can be typed again. */
  readonly command: string;
  readonly isQuick: boolean;
  /** Not all was asked for. */
  readonly isPart: boolean;
  readonly cases: readonly CaseName[];
  readonly subjects: readonly SubjectName[];
  readonly scenarios: readonly Scenario[];
  readonly workloads: readonly Workload[];
  readonly scale: Scale;
  /** Of the file of results. */
  readonly name: string;
  /** Measure nothing: write the report of that file again. */
  readonly reportOnly: boolean;
}

/** @throws Error for a name that there is not, saying which there are */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      subject: { type: "string" },
      scenario: { type: "string" },
      workload: { type: "string" },
      rounds: { type: "string" },
      name: { type: "string" },
      report: { type: "boolean", default: false },
    },
  });
  const isPart = (["only", "subject", "scenario", "workload"] as const).some((name) => values[name] !== undefined);
  const workloads = WORKLOADS.map(({ name }) => name);
  const mixes = chosen("workload", values.workload === "all" ? undefined : (values.workload ?? "95/5"), workloads);
  const usual = values.quick ? QUICK : FULL;
  return {
    command: ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" "),
    isQuick: values.quick,
    isPart,
    cases: chosen("only", values.only, Object.keys(CASES) as CaseName[]),
    subjects: chosen("subject", values.subject, SUBJECT_NAMES),
    scenarios: chosen("scenario", values.scenario, SCENARIOS),
    workloads: WORKLOADS.filter(({ name }) => mixes.includes(name)),
    scale: values.rounds === undefined ? usual : { ...usual, rounds: rounds(values.rounds) },
    name: values.name ?? (isPart ? "part" : values.quick ? "quick" : "latest"),
    reportOnly: values.report,
  };
}

function chosen<N extends string>(option: string, wanted: string | undefined, all: readonly N[]): readonly N[] {
  if (wanted === undefined) return all;
  // A name may have a comma in it, with a space after that.
  const names = wanted.split(/,(?! )/);
  const unknown = names.find((name) => !all.some((known) => known === name));
  if (unknown === undefined) return all.filter((name) => names.includes(name));
  throw new Error(`--${option}: there is none of the name ${unknown}. Known are: ${all.join("; ")}.`);
}

function rounds(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`--rounds ${text}: write a whole number from 1 on.`);
}
