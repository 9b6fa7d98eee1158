/** As much of WebAssembly's binary format (core specification 2.0, §5) as the cipher takes. */

export type Code = readonly number[];

/** Instructions one after the other. */
export const join = (...parts: readonly (number | Code)[]): Code => parts.flat();

export const I32 = 0x7f;
export const I64 = 0x7e;
export const V128 = 0x7b;

const NO_RESULT = 0x40;
export const BLOCK: Code = [0x02, NO_RESULT];
export const LOOP: Code = [0x03, NO_RESULT];
export const END = 0x0b;
/** Followed by how many blocks to leave, or loops to begin again. */
export const BR_IF = 0x0d;
export const I32_EQZ = 0x45;
export const I32_GT_S = 0x4a;
export const I32_ADD = 0x6a;
export const I32_SUB = 0x6b;
export const I64_ADD = 0x7c;
export const I64_MUL = 0x7e;
export const I64_AND = 0x83;
export const I64_OR = 0x84;
export const I64_SHL = 0x86;
export const I64_SHR_U = 0x88;

/** LEB128. */
const unsigned = (value: number): Code =>
  value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
const signed = (value: number): Code =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const tee = (local: number): Code => [0x22, ...unsigned(local)];
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const i64 = (value: number): Code => [0x42, ...signed(value)];

/** Loads and stores promise no alignment; an unaligned access is hardly slower. */
const at = (offset: number): Code => [0, ...unsigned(offset)];
export const i32Load = (offset: number): Code => [0x28, ...at(offset)];
export const i64Load32U = (offset: number): Code => [0x35, ...at(offset)];
export const i32Store = (offset: number): Code => [0x36, ...at(offset)];
export const i64Store32 = (offset: number): Code => [0x3e, ...at(offset)];

const simd = (code: number): Code => [0xfd, ...unsigned(code)];
export const v128Load = (offset: number): Code => [...simd(0x00), ...at(offset)];
export const v128Load32Splat = (offset: number): Code => [...simd(0x09), ...at(offset)];
export const v128Store = (offset: number): Code => [...simd(0x0b), ...at(offset)];
export const v128Const = (bytes: Code): Code => [...simd(0x0c), ...bytes];
/** Which of the 32 bytes of two operands make the 16 of the result. */
export const shuffle = (bytes: Code): Code => [...simd(0x0d), ...bytes];
export const V128_OR = simd(0x50);
export const V128_XOR = simd(0x51);
export const I32X4_SHL = simd(0xab);
export const I32X4_SHR_U = simd(0xad);
export const I32X4_ADD = simd(0xae);

const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
export const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
export const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))];

/** A function's body: groups of locals of one type, which follow its parameters, and its code. */
export const body = (locals: readonly (readonly [count: number, type: number])[], code: Code): Code =>
  sized([...vector(locals), ...code, END]);

export const exported = (name: string, kind: number, index: number): Code => [
  ...sized(Array.from(name, (letter) => letter.charCodeAt(0))),
  kind,
  index,
];
