// Numbers as people read them.

/**
 * A number with so many significant digits; a real minus sign, no trailing zeros, powers of ten beyond five digits.
 * @param {import("./types.js").Num | undefined | null} x
 * @param {number} digits
 */
export function shown(x, digits) {
  if (x === undefined || x === null) return "";
  if (typeof x === "string") return { NaN: "NaN", Infinity: "∞", "-Infinity": "−∞" }[x];
  if (x === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(x)));
  let text;
  if (size < -4 || size >= Math.max(digits, 6)) {
    const [mantissa, power] = x.toExponential(digits - 1).split("e");
    text = `${trimmed(mantissa)}e${Number(power)}`;
  } else {
    text = trimmed(x.toPrecision(digits));
    if (text.includes("e")) text = String(Number(text));
  }
  return text.replaceAll("-", "−");
}

/** @param {string} text */
function trimmed(text) {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/**
 * A number that somebody typed: 0.5, −0.5, 1/3, 1e-3; undefined where it is none.
 * @param {string} text
 * @returns {number | undefined}
 */
export function read(text) {
  const plain = text.trim().replaceAll("−", "-").replace(/^\+/, "").replace(/^(-?\d+),(\d+)$/, "$1.$2");
  const fraction = /^(-?[\d.]+)\/([\d.]+)$/.exec(plain);
  const value = fraction ? Number(fraction[1]) / Number(fraction[2]) : plain === "" ? NaN : Number(plain);
  return Number.isFinite(value) ? value : undefined;
}
