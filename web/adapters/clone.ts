/**
 * Values as structuredClone sees them, as bytes: everything that it copies and that has bytes to
 * write (no CryptoKey, no file handle), with shared and circular references kept.
 *
 * A value is a tag byte and its payload; lengths are varints; text is Latin-1 where it fits,
 * otherwise UTF-16. Objects are numbered in the order met, so that a reference is a number.
 */
import { ByteReader, ByteWriter } from './clone-bytes.ts';

const kTags = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  number: 4,
  bigint: 5,
  text: 6,
  reference: 7,
  date: 8,
  regexp: 9,
  boxed: 10,
  buffer: 11,
  view: 12,
  map: 13,
  set: 14,
  array: 15,
  object: 16,
  error: 17,
  blob: 18,
  file: 19,
} as const;

const kViews = {
  DataView,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};
const kErrors = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

type Dictionary = Record<string, unknown>;

function cloneError(what: string): DOMException {
  return new DOMException(`${what} could not be cloned.`, 'DataCloneError');
}

/**
 * A copy of `value` as it is now, and how to write it. Blobs are read before it resolves. @throws
 * DOMException DataCloneError, at once where structuredClone would
 */
export function encodeClone(value: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const copy: unknown = structuredClone(value);
  const blobs: Blob[] = [];
  const writer = new CloneWriter(new ByteWriter(), (blob) => blobs.push(blob) - 1);
  writer.write(copy);
  return attach(writer.bytes, blobs);
}

/** The value's bytes, then each Blob's. */
async function attach(bytes: Uint8Array, blobs: Blob[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new ByteWriter();
  whole.block(bytes);
  for (const blob of blobs) whole.block(new Uint8Array(await blob.arrayBuffer()));
  return whole.take();
}

export function decodeClone(bytes: Uint8Array): unknown {
  const whole = new ByteReader(bytes);
  const value = new ByteReader(whole.block());
  const blobs: Uint8Array<ArrayBuffer>[] = [];
  while (!whole.isAtEnd) blobs.push(whole.block());
  return new CloneReader(value, blobs).read();
}

class CloneWriter {
  readonly #to: ByteWriter;
  readonly #keepBlob: (blob: Blob) => number;
  readonly #numbers = new Map<object, number>();

  constructor(to: ByteWriter, keepBlob: (blob: Blob) => number) {
    this.#to = to;
    this.#keepBlob = keepBlob;
  }

  get bytes(): Uint8Array {
    return this.#to.take();
  }

  write(value: unknown): void {
    switch (typeof value) {
      case 'undefined':
        return this.#to.byte(kTags.undefined);
      case 'boolean':
        return this.#to.byte(value ? kTags.true : kTags.false);
      case 'number':
        this.#to.byte(kTags.number);
        return this.#to.double(value);
      case 'bigint':
        this.#to.byte(kTags.bigint);
        return this.#to.text(value.toString());
      case 'string':
        this.#to.byte(kTags.text);
        return this.#to.text(value);
      default:
        return value === null ? this.#to.byte(kTags.null) : this.#object(value as object);
    }
  }

  #object(value: object): void {
    const known = this.#numbers.get(value);
    if (known !== undefined) {
      this.#to.byte(kTags.reference);
      return this.#to.varint(known);
    }
    this.#numbers.set(value, this.#numbers.size);
    if (Array.isArray(value)) return this.#array(value);
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Set) return this.#items(kTags.set, [...value]);
    if (value instanceof ArrayBuffer) return this.#buffer(value);
    if (ArrayBuffer.isView(value)) return this.#view(value);
    if (value instanceof Error) return this.#error(value);
    if (typeof Blob === 'function' && value instanceof Blob) return this.#blob(value);
    if (!this.#small(value)) this.#plain(value);
  }

  /** Objects that are one or two primitives. */
  #small(value: object): boolean {
    if (value instanceof Date) {
      this.#to.byte(kTags.date);
      this.#to.double(value.getTime());
    } else if (value instanceof RegExp) {
      this.#to.byte(kTags.regexp);
      this.#to.text(value.source);
      this.#to.text(value.flags);
    } else if (/^\[object (Boolean|Number|String|BigInt)\]$/.test(tagOf(value))) {
      this.#to.byte(kTags.boxed);
      this.write((value as { valueOf(): unknown }).valueOf());
    } else return false;
    return true;
  }

  #plain(value: object): void {
    if (tagOf(value) !== '[object Object]') throw cloneError(tagOf(value));
    this.#to.byte(kTags.object);
    this.#properties(value as Dictionary, Object.keys(value));
  }

  #properties(value: Dictionary, names: string[]): void {
    this.#to.varint(names.length);
    for (const name of names) {
      this.#to.text(name);
      this.write(value[name]);
    }
  }

  #array(value: unknown[]): void {
    this.#to.byte(kTags.array);
    this.#to.varint(value.length);
    this.#properties(value as unknown as Dictionary, Object.keys(value));
  }

  #items(tag: number, items: unknown[]): void {
    this.#to.byte(tag);
    this.#to.varint(items.length);
    for (const item of items) this.write(item);
  }

  #map(value: Map<unknown, unknown>): void {
    this.#items(kTags.map, [...value].flat(1));
  }

  #buffer(value: ArrayBuffer): void {
    this.#to.byte(kTags.buffer);
    this.#to.block(new Uint8Array(value));
  }

  #view(value: ArrayBufferView): void {
    const name = tagOf(value).slice(8, -1);
    if (!(name in kViews)) throw cloneError(name);
    const width = (value as Uint8Array).BYTES_PER_ELEMENT ?? 1;
    this.#to.byte(kTags.view);
    this.#to.text(name);
    this.#to.varint(value.byteOffset);
    this.#to.varint(value.byteLength / width);
    this.write(value.buffer);
  }

  #error(value: Error): void {
    this.#to.byte(kTags.error);
    this.#to.text(value.name in kErrors ? value.name : 'Error');
    const names = ['message', 'stack', 'cause'].filter((name) => Object.hasOwn(value, name));
    this.#properties(value as unknown as Dictionary, names);
  }

  #blob(value: Blob): void {
    const isFile = typeof File === 'function' && value instanceof File;
    this.#to.byte(isFile ? kTags.file : kTags.blob);
    this.#to.varint(this.#keepBlob(value));
    this.#to.text(value.type);
    if (!isFile) return;
    this.#to.text(value.name);
    this.#to.double(value.lastModified);
  }
}

const tagOf = (value: object): string => Object.prototype.toString.call(value);

class CloneReader {
  readonly #from: ByteReader;
  readonly #blobs: Uint8Array<ArrayBuffer>[];
  readonly #objects: object[] = [];

  constructor(from: ByteReader, blobs: Uint8Array<ArrayBuffer>[]) {
    this.#from = from;
    this.#blobs = blobs;
  }

  read(): unknown {
    const tag = this.#from.byte();
    switch (tag) {
      case kTags.undefined:
        return undefined;
      case kTags.null:
        return null;
      case kTags.true:
      case kTags.false:
        return tag === kTags.true;
      case kTags.number:
        return this.#from.double();
      case kTags.bigint:
        return BigInt(this.#from.text());
      case kTags.text:
        return this.#from.text();
      case kTags.reference:
        return this.#objects[this.#from.varint()];
      default:
        return this.#object(tag);
    }
  }

  #object(tag: number): object {
    const number = this.#objects.push(this) - 1; // its place; filled below or by what it holds
    const keep = <O extends object>(made: O): O => (this.#objects[number] = made) as O;
    switch (tag) {
      case kTags.date:
        return keep(new Date(this.#from.double()));
      case kTags.regexp:
        return keep(new RegExp(this.#from.text(), this.#from.text()));
      case kTags.boxed:
        return keep(Object(this.read()) as object);
      case kTags.buffer:
        return keep(this.#from.block().buffer);
      case kTags.view:
        return keep(this.#view());
      case kTags.map:
        return this.#map(keep(new Map()));
      case kTags.set:
        return this.#set(keep(new Set()));
      case kTags.array:
        return this.#properties(keep(new Array(this.#from.varint())));
      case kTags.object:
        return this.#properties(keep({}));
      case kTags.error:
        return this.#error(keep);
      case kTags.blob:
      case kTags.file:
        return keep(this.#blob(tag));
      default:
        throw cloneError(`what a newer version wrote (tag ${tag})`);
    }
  }

  #properties<O extends object>(object: O): O {
    for (let left = this.#from.varint(); left > 0; left--) {
      const property = { writable: true, enumerable: true, configurable: true };
      const name = this.#from.text();
      // Not by assignment: `__proto__` is a name like others.
      Object.defineProperty(object, name, { ...property, value: this.read() });
    }
    return object;
  }

  #map(map: Map<unknown, unknown>): Map<unknown, unknown> {
    for (let left = this.#from.varint() / 2; left > 0; left--) map.set(this.read(), this.read());
    return map;
  }

  #set(set: Set<unknown>): Set<unknown> {
    for (let left = this.#from.varint(); left > 0; left--) set.add(this.read());
    return set;
  }

  #view(): ArrayBufferView {
    const View = kViews[this.#from.text() as keyof typeof kViews] as Uint8ArrayConstructor;
    const [offset, length] = [this.#from.varint(), this.#from.varint()];
    return new View(this.read() as ArrayBuffer, offset, length);
  }

  #error(keep: (made: Error) => Error): Error {
    const name = this.#from.text();
    const made = keep(new (kErrors[name as keyof typeof kErrors] ?? Error)());
    delete made.stack; // this place's own; the one kept follows
    const read: Dictionary = this.#properties({});
    for (const [property, value] of Object.entries(read)) {
      const how = { writable: true, enumerable: false, configurable: true, value };
      Object.defineProperty(made, property, how);
    }
    return made;
  }

  #blob(tag: number): Blob {
    const bytes = this.#blobs[this.#from.varint()];
    if (bytes === undefined) throw new RangeError('the stored value is cut off');
    const type = this.#from.text();
    if (tag === kTags.blob) return new Blob([bytes], { type });
    const name = this.#from.text();
    return new File([bytes], name, { type, lastModified: this.#from.double() });
  }
}
