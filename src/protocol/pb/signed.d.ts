// Made by src/protocol/generate.node.ts from the .proto file beside it. Do not edit.
import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Lease {
    id: Uint8Array<ArrayBuffer>;
    contributor: string;
    job: string;
    project: string;
    issuedMs: number;
    deadlineMs: number;
    microcredits: number;
    product?: Product;
}
export declare namespace Lease {
    const codec: () => Codec<Lease>;
    function encode(obj: Partial<Lease>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lease>): Lease;
}
export interface Product {
    a: Uint8Array<ArrayBuffer>;
    b: Uint8Array<ArrayBuffer>;
    rowBlock: number;
    colBlock: number;
    rowBlocks: number;
    colBlocks: number;
}
export declare namespace Product {
    const codec: () => Codec<Product>;
    function encode(obj: Partial<Product>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Product>): Product;
}
export interface Result {
    leaseDigest: Uint8Array<ArrayBuffer>;
    manifest: Uint8Array<ArrayBuffer>;
    gpuMs: number;
    client: string;
}
export declare namespace Result {
    const codec: () => Codec<Result>;
    function encode(obj: Partial<Result>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Result>): Result;
}
export interface Receipt {
    leaseDigest: Uint8Array<ArrayBuffer>;
    resultDigest: Uint8Array<ArrayBuffer>;
    lease: Uint8Array<ArrayBuffer>;
    contributor: string;
    job: string;
    multiplyAdds: number;
    microcredits: number;
    balanceMicrocredits: number;
    missLog2: number;
    timeMs: number;
    logIndex?: number;
}
export declare namespace Receipt {
    const codec: () => Codec<Receipt>;
    function encode(obj: Partial<Receipt>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Receipt;
}
export interface Profile {
    name: string;
    team: string;
    issuedMs: number;
}
export declare namespace Profile {
    const codec: () => Codec<Profile>;
    function encode(obj: Partial<Profile>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Profile>): Profile;
}
export interface LogEntry {
    receipt: Uint8Array<ArrayBuffer>;
    result: Uint8Array<ArrayBuffer>;
    lease: Uint8Array<ArrayBuffer>;
}
export declare namespace LogEntry {
    const codec: () => Codec<LogEntry>;
    function encode(obj: Partial<LogEntry>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogEntry>): LogEntry;
}
