/** Bars, one a subject. */
export interface Chart {
  /** Also the name of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Whose it is: ours stand out. */
  readonly kind: "evercache" | "peer" | "floor";
}
