// Turns records into the bytes of C structures and back, after the layouts in abi/structs.gen.ts. Both architectures are
// little-endian. Nothing is coerced: a value that its field cannot hold is an error that names the field, where a
// DataView would silently wrap it around.

/** [offset, size in bytes, signed?], or "bytes" for arrays and nested structures. Numbers are 1, 2, 4 or 8 bytes long. */
export type Field = readonly [offset: number, size: number, kind: boolean | "bytes"];

/** A C structure: its sizeof, and where its fields stand. */
export interface Layout {
  readonly size: number;
  readonly fields: Readonly<Record<string, Field>>;
}

/** What `pack` takes for a layout: any of its fields. Bytes may be shorter than their field; zeros follow. */
export type Values<L extends Layout> = {
  readonly [K in keyof L["fields"]]?: L["fields"][K] extends readonly [number, number, "bytes"]
    ? Uint8Array
    : number | bigint;
};

/**
 * What `unpack` gives for a layout. A field of 8 bytes is a number where a number can hold it exactly and a bigint
 * otherwise, so nothing is ever rounded; `Number(x)` says at the use site that rounding is fine there.
 */
export type Unpacked<L extends Layout> = {
  readonly [K in keyof L["fields"]]: L["fields"][K] extends readonly [number, number, "bytes"]
    ? Uint8Array<ArrayBuffer>
    : L["fields"][K] extends readonly [number, 8, boolean]
      ? number | bigint
      : number;
};

/**
 * The structure's bytes; fields that are not given are 0. The bytes lie in an ArrayBuffer of their own, whose address
 * stays the same (that of a plain small array does not).
 * @throws RangeError naming the field whose value does not fit
 */
export function pack<L extends Layout>(layout: L, values: Values<L>): Uint8Array<ArrayBuffer> {
  const buffer = new ArrayBuffer(layout.size);
  packInto(layout, values, new DataView(buffer), 0);
  return new Uint8Array(buffer);
}

/**
 * Writes the whole structure at `offset` of a view: fields that are not given become 0, as does padding.
 * @throws RangeError naming the field whose value does not fit (the structure is then half written), or when the
 *   structure leaves the view (nothing is written)
 */
export function packInto<L extends Layout>(layout: L, values: Values<L>, view: DataView, offset: number): void {
  const target = bytesOf(view.buffer, view.byteOffset, view.byteLength, layout, offset).fill(0);
  const at = new DataView(target.buffer, target.byteOffset, target.length);
  for (const [name, value] of Object.entries<Uint8Array | number | bigint | undefined>(values)) {
    const field = Object.hasOwn(layout.fields, name) ? layout.fields[name] : undefined;
    if (field === undefined) throw new RangeError(`field ${name}: the structure has none of this name`);
    if (field[2] === "bytes") putBytes(target, name, field, value);
    else putNumber(at, name, field, value);
  }
}

/**
 * The fields of the structure at `offset`. Byte fields are copies.
 * @throws RangeError when the structure leaves the bytes
 */
export function unpack<L extends Layout>(layout: L, bytes: Uint8Array, offset = 0): Unpacked<L> {
  const source = bytesOf(bytes.buffer, bytes.byteOffset, bytes.length, layout, offset);
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const record: Record<string, Uint8Array | number | bigint> = {};
  for (const [name, [at, size, kind]] of Object.entries(layout.fields)) {
    record[name] = kind === "bytes" ? new Uint8Array(source.subarray(at, at + size)) : getNumber(view, at, size, kind);
  }
  return record as Unpacked<L>;
}

/** The bytes that the structure takes. */
function bytesOf(buffer: ArrayBufferLike, start: number, length: number, layout: Layout, offset: number): Uint8Array {
  if (!Number.isInteger(offset) || offset < 0 || offset + layout.size > length) {
    throw new RangeError(`structure of ${layout.size} bytes at offset ${offset}: there are only ${length} bytes`);
  }
  return new Uint8Array(buffer, start + offset, layout.size);
}

function putBytes(target: Uint8Array, name: string, [at, size]: Field, value: unknown): void {
  if (!(value instanceof Uint8Array)) throw new RangeError(`field ${name}: ${String(value)} is not a Uint8Array`);
  if (value.length > size) throw new RangeError(`field ${name}: ${value.length} bytes given, ${size} is the most`);
  target.set(value, at);
}

function putNumber(view: DataView, name: string, [at, size, signed]: Field, value: unknown): void {
  const limit = 2 ** (signed === true ? size * 8 - 1 : size * 8);
  const whole = typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));
  // Comparing a bigint with a number is exact, and so is every power of two.
  if (!whole || value < (signed === true ? -limit : 0) || value >= limit) {
    const type = `${signed === true ? "a signed" : "an unsigned"} integer of ${size} byte${size === 1 ? "" : "s"}`;
    throw new RangeError(`field ${name}: ${String(value)} is not ${type}`);
  }
  // The unsigned setters keep the low bits, which is what a negative number's two's complement is.
  if (size === 8) view.setBigUint64(at, BigInt(value), true);
  else if (size === 4) view.setUint32(at, Number(value), true);
  else if (size === 2) view.setUint16(at, Number(value), true);
  else view.setUint8(at, Number(value));
}

function getNumber(view: DataView, at: number, size: number, signed: boolean): number | bigint {
  if (size === 8) {
    const exact = signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
    const value = Number(exact);
    return Number.isSafeInteger(value) ? value : exact;
  }
  if (size === 4) return signed ? view.getInt32(at, true) : view.getUint32(at, true);
  if (size === 2) return signed ? view.getInt16(at, true) : view.getUint16(at, true);
  return signed ? view.getInt8(at) : view.getUint8(at);
}
