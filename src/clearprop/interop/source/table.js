// What becomes of a value in a column.

// A blank as Python has it: JavaScript's trim leaves some of them, and takes a mark of byte order away.
const blank = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const blanks = new RegExp(`${blank}+`);
const outerBlanks = new RegExp(`^${blank}+|${blank}+$`, "g");

function trimmed(text) {
    return text.replace(outerBlanks, "");
}

function isGone(value) {
    return value === null || value === undefined || Number.isNaN(value);
}

function isMark(column, value) {
    if (typeof value === "string") {
        const text = trimmed(value);
        if (column.marks.includes(text)) return true;
        return /^[+-]?\d+(\.\d*)?$/.test(text) && column.gone.includes(Number(text));
    }
    return typeof value === "number" && column.gone.includes(value);
}

function wrong(column, value, expected) {
    return new TypeError(`column ${JSON.stringify(column.name)} holds ${String(value).slice(0, 40)}, expected ${expected}`);
}

// A number as Python prints it: levels are named so.
function numberText(value) {
    if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value === 0 ? 0 : value);
    const [digits, power] = value.toExponential().split("e");
    const k = Number(power);
    if (k < -4 || k >= 16) return `${digits}e${k < 0 ? "-" : "+"}${String(Math.abs(k)).padStart(2, "0")}`;
    return Number.isInteger(value) ? `${value}.0` : String(value);
}

function levelOf(value) {
    if (typeof value === "number") return numberText(value);
    const text = trimmed(String(value));
    return /^(true|false)$/i.test(text) ? text.toLowerCase() : text;
}

// Without capitals, width, and blanks around or of another kind.
function normalised(text) {
    const plain = text.normalize("NFKC").replace(/[\u200b\u200c\u200d\u2060\ufeff]/g, "");
    return plain.toLowerCase().replace(/ß/g, "ss").replace(/ς/g, "σ").split(blanks).filter(Boolean).join(" ");
}

// A whole number without the zeros that a column of numbers drops; null for other text.
function whole(text) {
    const match = /^([+-]?)0*(\d+)(?:\.0*)?$/.exec(normalised(text));
    return match && (match[2] !== "0" ? match[1].replace("+", "") : "") + match[2];
}

function truthOf(text) {
    const word = whole(text) ?? normalised(text);
    return words.yes.includes(word) ? true : words.no.includes(word) ? false : null;
}

// The place of a value among the levels: the very same, or the only one that it can be in other clothes.
// −1 where it is none of them, −2 where it is missing.
function placeOf(column, value) {
    if (isGone(value) || isMark(column, value)) return -2;
    let level = levelOf(value);
    if (level === "") return -2;
    const plain = /^[+-]?(0|[1-9]\d*)(\.\d*)?([eE][+-]?\d+)?$/;
    if (column.numbers && plain.test(level) && !/^\d+$/.test(level)) level = numberText(Number(level));
    const found = column.places.get(level);
    if (found !== undefined) return found;
    const keys = [normalised, whole];
    if (column.numbers || typeof value === "number") {
        const number = (text) => (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : null);
        keys.push(number, (text) => (number(text) === null ? null : Math.fround(number(text))));
    }
    for (const [i, key] of keys.entries()) {
        const place = column.looser[i].get(key(level)) ?? -1;
        if (place >= 0) return place;
    }
    const truth = column.truths ? truthOf(level) : null;
    return truth === null ? -1 : column.truths.indexOf(truth);
}

function levels(column, value, out) {
    let place = placeOf(column, value);
    if (place >= column.own || (place === -1 && column.pooled)) place = column.length;
    else if (place === -2) place = column.missing ? column.own : column.pooled ? column.length : -1;
    if (column.coded) out.push(place >= 0 && place < column.length ? place + 1 : 0);
    else for (let k = 0; k < column.length + column.pooled; ++k) out.push(k === place ? column.size : 0);
}

function truths(column, value, out) {
    const place = placeOf(column, value);
    out.push(place < 0 ? 0 : 2 * place - 1);
}

function bent(value, limit) {
    return value / Math.sqrt(1 + (value / limit) ** 2);
}

function numberOf(column, value) {
    if (isGone(value) || isMark(column, value) || (typeof value === "string" && trimmed(value) === "")) return NaN;
    let number = value;
    if (typeof value === "string") {
        const truth = column.truth ? truthOf(value) : null;
        const isPlain = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed(value));
        number = truth !== null ? Number(truth) : isPlain ? Number(trimmed(value)) : null;
    } else if (typeof value === "boolean") number = Number(value);
    if (typeof number !== "number" || Math.abs(number) > 1e150) throw wrong(column, value, "a number");
    return number;
}

function numbers(column, value, out) {
    const number = numberOf(column, value);
    let x = Number.isNaN(number) ? column.median : number;
    if (column.unit !== null) x = Math.sign(x) * Math.log1p(Math.abs(x) / column.unit);
    out.push(bent((x - column.center) / column.scale, column.bend));
    if (column.gap) out.push(Number(Number.isNaN(number)));
}

// Dates are text of ISO 8601, Date objects (in UTC), or numbers where the column counted.
const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?\d{0,3})?( UTC|Z|[+-]\d\d:?\d\d)?)?$/;

function microsecondsOf(column, value) {
    if (isGone(value) || isMark(column, value) || (typeof value === "string" && trimmed(value) === "")) return NaN;
    if (value instanceof Date) return value.getTime() * 1000;
    if (column.counted && Number.isFinite(Number(value))) return Number(value) * column.counted[0] + column.counted[1];
    let text = trimmed(String(value));
    if (column.digits && /^\d{8}$/.test(text)) text = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
    const match = iso.exec(text);
    if (!match) throw wrong(column, value, "a date such as 2024-12-31 or 2024-12-31T23:59:59");
    const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    const isDay = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    if (!isDay || hour > 23 || minute > 59 || second > 59) throw wrong(column, value, "a date that there is");
    const zone = /([+-])(\d\d):?(\d\d)/.exec(match[8] ?? "");
    const ahead = zone ? Number(`${zone[1]}1`) * (60 * Number(zone[2]) + Number(zone[3])) : 0;
    const seconds = date.getTime() / 1000 + 3600 * hour + 60 * (minute - ahead) + second;
    return seconds * 1e6 + Number((match[7] ?? "").padEnd(6, "0"));
}

function partsOf(microseconds) {
    const days = Math.floor(microseconds / 86.4e9);
    const date = new Date(days * 86.4e6);
    const first = new Date(0);
    first.setUTCFullYear(date.getUTCFullYear(), 0, 1);
    return {
        year: date.getUTCFullYear() + (microseconds - first.getTime() * 1000) / 86.4e9 / 366,
        month: date.getUTCMonth(),
        day: date.getUTCDate(),
        weekday: (((days + 3) % 7) + 7) % 7,
        hour: (microseconds - days * 86.4e9) / 3.6e9,
    };
}

function dates(column, value, out) {
    const microseconds = microsecondsOf(column, value);
    const gone = Number.isNaN(microseconds);
    const found = gone ? null : partsOf(microseconds);
    for (const [part, center, scale] of column.parts) {
        if (part === "year" || part === "day") out.push(gone ? 0 : bent((found[part] - center) / scale, 5));
        else {
            const angle = gone ? 0 : (2 * Math.PI * found[part]) / scale;
            out.push(gone ? 0 : Math.sin(angle), gone ? 0 : Math.cos(angle));
        }
    }
    if (column.gap) out.push(Number(gone));
}

const encoders = { number: numbers, category: levels, boolean: truths, date: dates };
