/** What `INFO` and `CLUSTER INFO` answer: `name:value` lines. */
export class Info {
  readonly #fields = new Map<string, string>();

  constructor(text: unknown) {
    if (typeof text !== "string") return;
    for (const line of text.split(/\r?\n/)) {
      const colon = line.indexOf(":");
      if (colon > 0 && !line.startsWith("#")) this.#fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
    }
  }

  /** undefined where the server does not tell; an empty value is none. */
  text(name: string): string | undefined {
    return this.#fields.get(name) || undefined;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    const number = Number(text);
    return text === undefined || Number.isNaN(number) ? undefined : number;
  }

  /** Of a line such as `slave0:ip=10.0.0.1,port=6379,state=online,lag=0`. */
  parts(name: string): Map<string, string> | undefined {
    const text = this.text(name);
    return text === undefined
      ? undefined
      : new Map(text.split(",").map((part) => [part.split("=")[0]!, part.slice(part.indexOf("=") + 1)] as const));
  }

  /** The names of all fields that match. */
  names(pattern: RegExp): string[] {
    return [...this.#fields.keys()].filter((name) => pattern.test(name));
  }
}
