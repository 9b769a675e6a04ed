/** An exact rational number: what a formula on the design page means before anyone rounds it. */
export class Fraction {
  readonly top: bigint;
  readonly bottom: bigint;

  constructor(top: bigint, bottom = 1n) {
    if (bottom === 0n) throw new RangeError("a fraction over zero");
    this.top = bottom < 0n ? -top : top;
    this.bottom = bottom < 0n ? -bottom : bottom;
  }

  plus(other: Fraction): Fraction {
    return new Fraction(this.top * other.bottom + other.top * this.bottom, this.bottom * other.bottom);
  }

  minus(other: Fraction): Fraction {
    return this.plus(new Fraction(-other.top, other.bottom));
  }

  times(other: Fraction): Fraction {
    return new Fraction(this.top * other.top, this.bottom * other.bottom);
  }

  over(other: Fraction): Fraction {
    return this.times(new Fraction(other.bottom, other.top));
  }

  /** -1, 0 or 1 as this is less than, equal to or more than `other`. */
  compare(other: Fraction): number {
    const difference = this.top * other.bottom - other.top * this.bottom;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  lesserOf(other: Fraction): Fraction {
    return this.compare(other) <= 0 ? this : other;
  }

  greaterOf(other: Fraction): Fraction {
    return this.compare(other) >= 0 ? this : other;
  }

  floor(): bigint {
    const quotient = this.top / this.bottom;
    return this.top < 0n && quotient * this.bottom !== this.top ? quotient - 1n : quotient;
  }

  ceiling(): bigint {
    return -new Fraction(-this.top, this.bottom).floor();
  }
}

export const whole = (value: bigint): Fraction => new Fraction(value);
export const wad = (value: bigint): Fraction => new Fraction(value, 10n ** 18n);
export const bps = (value: bigint): Fraction => new Fraction(value, 10_000n);
