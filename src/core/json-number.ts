/** Where one is within a number (RFC 8259 section 6). */
export const enum NumberState {
  Wrong,
  Minus,
  Zero,
  Integer,
  Point,
  Fraction,
  E,
  ExponentSign,
  Exponent,
}

const point = 0x2e;
const minus = 0x2d;
const plus = 0x2b;
const zero = 0x30;

export function isNumberStart(byte: number): boolean {
  return isDigit(byte) || byte === minus;
}

/** The state behind a first byte for which `isNumberStart`. */
export function startNumber(byte: number): NumberState {
  if (byte === minus) return NumberState.Minus;
  return byte === zero ? NumberState.Zero : NumberState.Integer;
}

export function isNumberByte(byte: number): boolean {
  return isDigit(byte) || byte === point || byte === minus || byte === plus || isE(byte);
}

export function nextNumberState(state: NumberState, byte: number): NumberState {
  if (isDigit(byte)) return afterDigit(state, byte);
  switch (state) {
    case NumberState.Zero:
    case NumberState.Integer:
      if (byte === point) return NumberState.Point;
      return isE(byte) ? NumberState.E : NumberState.Wrong;
    case NumberState.Fraction:
      return isE(byte) ? NumberState.E : NumberState.Wrong;
    case NumberState.E:
      return byte === minus || byte === plus ? NumberState.ExponentSign : NumberState.Wrong;
    default:
      return NumberState.Wrong;
  }
}

export function isWholeNumber(state: NumberState): boolean {
  return (
    state === NumberState.Integer ||
    state === NumberState.Zero ||
    state === NumberState.Fraction ||
    state === NumberState.Exponent
  );
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isE(byte: number): boolean {
  return (byte | 0x20) === 0x65;
}

function afterDigit(state: NumberState, byte: number): NumberState {
  switch (state) {
    case NumberState.Integer:
      return NumberState.Integer;
    case NumberState.Minus:
      return byte === zero ? NumberState.Zero : NumberState.Integer;
    case NumberState.Point:
    case NumberState.Fraction:
      return NumberState.Fraction;
    case NumberState.E:
    case NumberState.ExponentSign:
    case NumberState.Exponent:
      return NumberState.Exponent;
    default:
      return NumberState.Wrong;
  }
}
