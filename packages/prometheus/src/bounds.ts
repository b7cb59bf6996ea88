/** Upper bounds of a histogram's buckets, ascending. The last bucket, without a bound, is not among them. */
export type Bounds = Readonly<Record<Measured, readonly number[]>>;

/** What is measured of a cache, by the option that sets its buckets. */
export type Measured = "lookup" | "load" | "encode" | "decode" | "bytes" | "store" | "quarantine" | "release";

/** Of a round trip to the store. */
const TRIP = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];
const CODEC = [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1];

/** Seconds, or bytes. */
export const DEFAULT_BOUNDS: Bounds = {
  lookup: TRIP,
  load: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  encode: CODEC,
  decode: CODEC,
  bytes: [128, 512, 2_048, 8_192, 32_768, 131_072, 524_288, 2_097_152],
  store: TRIP,
  quarantine: TRIP,
  release: TRIP,
};

/** Of the loads of one model. Few: they are told for each. */
export const MODEL_LOAD_BOUNDS: readonly number[] = [0.005, 0.025, 0.1, 0.5];
