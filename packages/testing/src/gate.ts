/** A named point in a test's story: code that passes it waits there until the test opens it. */
export interface Gate {
  /** Resolves when somebody has come to the gate. */
  readonly arrived: Promise<void>;
  /** For the code that is held: resolves when the gate is open. */
  pass(): Promise<void>;
  /** Lets through everybody who waits, and everybody who comes later. */
  open(): void;
}

export function createGate(): Gate {
  const arrival = createSignal();
  const opening = createSignal();
  return {
    arrived: arrival.promise,
    pass() {
      arrival.resolve();
      return opening.promise;
    },
    open: opening.resolve,
  };
}

/** A point where `parties` wait for each other, as often as they like. */
export interface Barrier {
  /** Resolves when as many as the barrier is for have arrived since it last opened. */
  arrive(): Promise<void>;
}

export function createBarrier(parties: number): Barrier {
  if (!Number.isInteger(parties) || parties < 1) throw new RangeError("createBarrier: parties must be 1 or more");
  let missing = parties;
  let round = createSignal();
  return {
    arrive() {
      const { promise, resolve } = round;
      missing -= 1;
      if (missing === 0) {
        missing = parties;
        round = createSignal();
        resolve();
      }
      return promise;
    },
  };
}

interface Signal {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function createSignal(): Signal {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
