import { Decimal } from "@prisma/client/runtime/client";

/** A decimal holds its digits in words of this many. */
export const WORD_DIGITS = 7;
export const WORD = 10 ** WORD_DIGITS;

/** What decimal.js keeps of a number: sign, exponent, and the digits in words. `d` is null where it is not finite. */
export interface DecimalParts {
  readonly s: number;
  readonly e: number;
  readonly d: readonly number[] | null;
}

interface Twin {
  s: number;
  e: number;
  d: readonly number[] | null;
  constructor: unknown;
}

// As the constructor of decimal.js leaves an instance, in the same order, without looking at what is passed.
const Twin = function (this: Twin, s: number, e: number, d: readonly number[] | null) {
  this.constructor = Decimal;
  this.s = s;
  this.e = e;
  this.d = d;
} as unknown as new (s: number, e: number, d: readonly number[] | null) => Decimal;
Twin.prototype = Decimal.prototype;

export function partsOf(value: Decimal): DecimalParts {
  return value;
}

/** `d`: of its own. The parts must be such as Decimal itself makes. */
export function makeDecimal(s: number, e: number, d: readonly number[]): Decimal {
  return new Twin(s, e, d);
}

export function copyDecimal(value: Decimal): Decimal {
  const { s, e, d } = partsOf(value);
  return new Twin(s, e, d && d.slice());
}

export function isExactDecimal(value: unknown): value is Decimal {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Decimal.prototype;
}

/** Whether the decimals of this version of Prisma consist of what is known here. If not, they are not compiled. */
export const DECIMALS_ARE_KNOWN: boolean = ["0", "-19.99", "12345678.9", "1e-30", "-1.5e40", "0.05"].every((text) => {
  const value = new Decimal(text);
  const copy = copyDecimal(value);
  const { s, e, d } = partsOf(value);
  return (
    Object.keys(value).join() === Object.keys(copy).join() &&
    Object.getPrototypeOf(value) === Object.getPrototypeOf(copy) &&
    typeof s === "number" &&
    typeof e === "number" &&
    d !== null &&
    d.every((word) => word >= 0 && word < WORD) &&
    copy.toString() === value.toString() &&
    new Decimal(text).minus(copy).isZero()
  );
});
