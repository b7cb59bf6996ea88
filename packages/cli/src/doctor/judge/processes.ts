import { note, ok, warning, type Finding } from "../finding.js";
import { spellCount } from "../spell.js";

const ID = "processes";

export interface ProcessFacts {
  /** How many heard the question. */
  readonly heard: number;
  readonly answers: readonly {
    /** Host and process. */
    readonly name: string;
    /** Of evercache. */
    readonly version: string;
    /** Reads of it went past the cache, since the namespace is another database's. */
    readonly isForeign: boolean;
    /** It does not reach Redis, as far as it knows. */
    readonly isCutOff: boolean;
  }[];
}

/** What the processes say that run now; undefined: they could not be asked. */
export function judgeProcesses(facts: ProcessFacts | undefined): Finding[] {
  if (facts === undefined) return [];
  const { heard, answers } = facts;
  const findings = [...judgeForeign(answers), ...judgeCutOff(answers), ...judgeVersions(answers)];
  if (heard > answers.length) {
    findings.push(
      note(
        ID,
        `${spellCount(heard, "process")} heard the question what they do, and ${answers.length} answered.`,
        "The others are busy, or have a version of evercache that speaks another way.",
        "Ask again. Where it stays so, look at their versions.",
      ),
    );
  }
  if (findings.length > 0) return findings;
  if (answers.length === 0) return [ok(ID, "None answers: none runs, or their option observable is off.")];
  return [ok(ID, `${spellCount(answers.length, "process")} of evercache ${answers[0]!.version}.`)];
}

function judgeForeign(answers: ProcessFacts["answers"]): Finding[] {
  const foreign = answers.filter(({ isForeign }) => isForeign);
  if (foreign.length === 0) return [];
  return [
    warning(
      "processes-foreign",
      `${list(foreign)} found the namespace to be another database's, now or since it started.`,
      "Nothing is cached for it while that is so.",
      "Give each database a namespace of its own. If both are one and the same, give all clients the same databaseId.",
    ),
  ];
}

function judgeCutOff(answers: ProcessFacts["answers"]): Finding[] {
  const cutOff = answers.filter(({ isCutOff }) => isCutOff);
  if (cutOff.length === 0) return [];
  return [
    warning(
      "processes-cut-off",
      `${list(cutOff)} asks the database alone, after failures of Redis in a row.`,
      "While it does, nothing is served from the cache there.",
      "Look at the network between that machine and Redis, and at `deadline`.",
    ),
  ];
}

function judgeVersions(answers: ProcessFacts["answers"]): Finding[] {
  const versions = [...new Set(answers.map(({ version }) => version))].sort();
  if (versions.length < 2) return [];
  const counted = versions.map((each) => `${each} (${answers.filter(({ version }) => version === each).length})`);
  return [
    warning(
      "versions",
      `Processes have several versions of evercache: ${counted.join(", ")}.`,
      "Each has to know what the others' writes drop. During a rolling deployment that is how it is; else one was forgotten.",
      "Deploy one version everywhere.",
    ),
  ];
}

function list(answers: ProcessFacts["answers"]): string {
  return answers.map(({ name }) => name).join(", ");
}
