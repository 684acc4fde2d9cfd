/** The header of an npy array, version 1.0. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */

const MAGIC = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
const LENGTH_BYTES = 2;
/** What follows the header is aligned. */
const ALIGNMENT = 64;

/** @param dtype as Python writes it: `'<i8'`, or a list of fields. */
export function npyHeader(dtype: string, shape: readonly number[]): Uint8Array {
  const dimensions = shape.map((length) => `${length},`).join(' ');
  const text = `{'descr': ${dtype}, 'fortran_order': False, 'shape': (${dimensions}), }`;
  const rest = (MAGIC.length + LENGTH_BYTES + text.length + 1) % ALIGNMENT;
  const padded = `${text}${' '.repeat(rest === 0 ? 0 : ALIGNMENT - rest)}\n`;
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([MAGIC, length, Buffer.from(padded, 'latin1')]);
}
