// Made by src/protocol/generate.node.ts from the .proto file beside it. Do not edit.
import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface FromContributor {
    hello?: Hello;
    ready?: Ready;
    progress?: Progress;
    commit?: ResultCommit;
    decline?: Decline;
    goodbye?: Goodbye;
    setProfile?: SetProfile;
}
export declare namespace FromContributor {
    const codec: () => Codec<FromContributor>;
    function encode(obj: Partial<FromContributor>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FromContributor>): FromContributor;
}
export interface Hello {
    version: number;
    client: string;
    operandBytes: number;
    resultBytes: number;
    rates: Rate[];
    downBytesPerSecond: number;
    upBytesPerSecond: number;
    projects: string[];
    cacheBytes: number;
    site: string;
}
export declare namespace Hello {
    const codec: () => Codec<Hello>;
    function encode(obj: Partial<Hello>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello;
}
export interface Rate {
    dtype: number;
    multiplyAddsPerSecond: number;
}
export declare namespace Rate {
    const codec: () => Codec<Rate>;
    function encode(obj: Partial<Rate>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Rate>): Rate;
}
export interface Ready {
    leases: number;
    downBytesPerSecond: number;
}
export declare namespace Ready {
    const codec: () => Codec<Ready>;
    function encode(obj: Partial<Ready>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ready>): Ready;
}
export interface Progress {
    lease: Uint8Array<ArrayBuffer>;
    doneKBlocks: number;
    evicted: Uint8Array<ArrayBuffer>[];
}
export declare namespace Progress {
    const codec: () => Codec<Progress>;
    function encode(obj: Partial<Progress>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Progress>): Progress;
}
export interface ResultCommit {
    result: Uint8Array<ArrayBuffer>;
    lease: Uint8Array<ArrayBuffer>;
    blocks: Uint8Array<ArrayBuffer>[];
}
export declare namespace ResultCommit {
    const codec: () => Codec<ResultCommit>;
    function encode(obj: Partial<ResultCommit>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ResultCommit>): ResultCommit;
}
export interface Decline {
    lease: Uint8Array<ArrayBuffer>;
    code: string;
    reason: string;
}
export declare namespace Decline {
    const codec: () => Codec<Decline>;
    function encode(obj: Partial<Decline>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Decline>): Decline;
}
export interface Goodbye {
    finish: boolean;
    reason: string;
}
export declare namespace Goodbye {
    const codec: () => Codec<Goodbye>;
    function encode(obj: Partial<Goodbye>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Goodbye>): Goodbye;
}
export interface SetProfile {
    envelope: Uint8Array<ArrayBuffer>;
}
export declare namespace SetProfile {
    const codec: () => Codec<SetProfile>;
    function encode(obj: Partial<SetProfile>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SetProfile>): SetProfile;
}
export interface FromCoordinator {
    welcome?: Welcome;
    selfTest?: SelfTest;
    lease?: LeaseGrant;
    cancel?: Cancel;
    receipt?: ReceiptNotice;
    notice?: Notice;
}
export declare namespace FromCoordinator {
    const codec: () => Codec<FromCoordinator>;
    function encode(obj: Partial<FromCoordinator>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FromCoordinator>): FromCoordinator;
}
export interface Welcome {
    version: number;
    network: string;
    window: number;
    balanceMicrocredits: number;
    revision: number;
}
export declare namespace Welcome {
    const codec: () => Codec<Welcome>;
    function encode(obj: Partial<Welcome>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome;
}
export interface SelfTest {
    reason: string;
}
export declare namespace SelfTest {
    const codec: () => Codec<SelfTest>;
    function encode(obj: Partial<SelfTest>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SelfTest>): SelfTest;
}
export interface LeaseGrant {
    envelope: Uint8Array<ArrayBuffer>;
}
export declare namespace LeaseGrant {
    const codec: () => Codec<LeaseGrant>;
    function encode(obj: Partial<LeaseGrant>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LeaseGrant>): LeaseGrant;
}
export interface Cancel {
    lease: Uint8Array<ArrayBuffer>;
    reason: string;
}
export declare namespace Cancel {
    const codec: () => Codec<Cancel>;
    function encode(obj: Partial<Cancel>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cancel>): Cancel;
}
export interface ReceiptNotice {
    envelope: Uint8Array<ArrayBuffer>;
}
export declare namespace ReceiptNotice {
    const codec: () => Codec<ReceiptNotice>;
    function encode(obj: Partial<ReceiptNotice>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReceiptNotice>): ReceiptNotice;
}
export interface Notice {
    code: string;
    text: string;
    lease: Uint8Array<ArrayBuffer>;
    retryAfterMs: number;
}
export declare namespace Notice {
    const codec: () => Codec<Notice>;
    function encode(obj: Partial<Notice>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Notice>): Notice;
}
