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
    interface LeaseIdFieldEvent {
        field: '$.id';
        value: Uint8Array<ArrayBuffer>;
    }
    interface LeaseContributorFieldEvent {
        field: '$.contributor';
        value: string;
    }
    interface LeaseJobFieldEvent {
        field: '$.job';
        value: string;
    }
    interface LeaseProjectFieldEvent {
        field: '$.project';
        value: string;
    }
    interface LeaseIssuedMsFieldEvent {
        field: '$.issuedMs';
        value: number;
    }
    interface LeaseDeadlineMsFieldEvent {
        field: '$.deadlineMs';
        value: number;
    }
    interface LeaseMicrocreditsFieldEvent {
        field: '$.microcredits';
        value: number;
    }
    interface LeaseProductAFieldEvent {
        field: '$.product.a';
        value: Uint8Array<ArrayBuffer>;
    }
    interface LeaseProductBFieldEvent {
        field: '$.product.b';
        value: Uint8Array<ArrayBuffer>;
    }
    interface LeaseProductRowBlockFieldEvent {
        field: '$.product.rowBlock';
        value: number;
    }
    interface LeaseProductColBlockFieldEvent {
        field: '$.product.colBlock';
        value: number;
    }
    interface LeaseProductRowBlocksFieldEvent {
        field: '$.product.rowBlocks';
        value: number;
    }
    interface LeaseProductColBlocksFieldEvent {
        field: '$.product.colBlocks';
        value: number;
    }
    function encode(obj: Partial<Lease>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lease>): Lease;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Lease>): Generator<LeaseIdFieldEvent | LeaseContributorFieldEvent | LeaseJobFieldEvent | LeaseProjectFieldEvent | LeaseIssuedMsFieldEvent | LeaseDeadlineMsFieldEvent | LeaseMicrocreditsFieldEvent | LeaseProductAFieldEvent | LeaseProductBFieldEvent | LeaseProductRowBlockFieldEvent | LeaseProductColBlockFieldEvent | LeaseProductRowBlocksFieldEvent | LeaseProductColBlocksFieldEvent>;
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
    interface ProductAFieldEvent {
        field: '$.a';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ProductBFieldEvent {
        field: '$.b';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ProductRowBlockFieldEvent {
        field: '$.rowBlock';
        value: number;
    }
    interface ProductColBlockFieldEvent {
        field: '$.colBlock';
        value: number;
    }
    interface ProductRowBlocksFieldEvent {
        field: '$.rowBlocks';
        value: number;
    }
    interface ProductColBlocksFieldEvent {
        field: '$.colBlocks';
        value: number;
    }
    function encode(obj: Partial<Product>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Product>): Product;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Product>): Generator<ProductAFieldEvent | ProductBFieldEvent | ProductRowBlockFieldEvent | ProductColBlockFieldEvent | ProductRowBlocksFieldEvent | ProductColBlocksFieldEvent>;
}
export interface Result {
    leaseDigest: Uint8Array<ArrayBuffer>;
    manifest: Uint8Array<ArrayBuffer>;
    gpuMs: number;
    client: string;
}
export declare namespace Result {
    const codec: () => Codec<Result>;
    interface ResultLeaseDigestFieldEvent {
        field: '$.leaseDigest';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ResultManifestFieldEvent {
        field: '$.manifest';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ResultGpuMsFieldEvent {
        field: '$.gpuMs';
        value: number;
    }
    interface ResultClientFieldEvent {
        field: '$.client';
        value: string;
    }
    function encode(obj: Partial<Result>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Result>): Result;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Result>): Generator<ResultLeaseDigestFieldEvent | ResultManifestFieldEvent | ResultGpuMsFieldEvent | ResultClientFieldEvent>;
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
    interface ReceiptLeaseDigestFieldEvent {
        field: '$.leaseDigest';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ReceiptResultDigestFieldEvent {
        field: '$.resultDigest';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ReceiptLeaseFieldEvent {
        field: '$.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ReceiptContributorFieldEvent {
        field: '$.contributor';
        value: string;
    }
    interface ReceiptJobFieldEvent {
        field: '$.job';
        value: string;
    }
    interface ReceiptMultiplyAddsFieldEvent {
        field: '$.multiplyAdds';
        value: number;
    }
    interface ReceiptMicrocreditsFieldEvent {
        field: '$.microcredits';
        value: number;
    }
    interface ReceiptBalanceMicrocreditsFieldEvent {
        field: '$.balanceMicrocredits';
        value: number;
    }
    interface ReceiptMissLog2FieldEvent {
        field: '$.missLog2';
        value: number;
    }
    interface ReceiptTimeMsFieldEvent {
        field: '$.timeMs';
        value: number;
    }
    interface ReceiptLogIndexFieldEvent {
        field: '$.logIndex';
        value: number;
    }
    function encode(obj: Partial<Receipt>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Receipt;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Generator<ReceiptLeaseDigestFieldEvent | ReceiptResultDigestFieldEvent | ReceiptLeaseFieldEvent | ReceiptContributorFieldEvent | ReceiptJobFieldEvent | ReceiptMultiplyAddsFieldEvent | ReceiptMicrocreditsFieldEvent | ReceiptBalanceMicrocreditsFieldEvent | ReceiptMissLog2FieldEvent | ReceiptTimeMsFieldEvent | ReceiptLogIndexFieldEvent>;
}
export interface Profile {
    name: string;
    team: string;
    issuedMs: number;
}
export declare namespace Profile {
    const codec: () => Codec<Profile>;
    interface ProfileNameFieldEvent {
        field: '$.name';
        value: string;
    }
    interface ProfileTeamFieldEvent {
        field: '$.team';
        value: string;
    }
    interface ProfileIssuedMsFieldEvent {
        field: '$.issuedMs';
        value: number;
    }
    function encode(obj: Partial<Profile>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Profile>): Profile;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Profile>): Generator<ProfileNameFieldEvent | ProfileTeamFieldEvent | ProfileIssuedMsFieldEvent>;
}
export interface LogEntry {
    receipt: Uint8Array<ArrayBuffer>;
    result: Uint8Array<ArrayBuffer>;
    lease: Uint8Array<ArrayBuffer>;
}
export declare namespace LogEntry {
    const codec: () => Codec<LogEntry>;
    interface LogEntryReceiptFieldEvent {
        field: '$.receipt';
        value: Uint8Array<ArrayBuffer>;
    }
    interface LogEntryResultFieldEvent {
        field: '$.result';
        value: Uint8Array<ArrayBuffer>;
    }
    interface LogEntryLeaseFieldEvent {
        field: '$.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    function encode(obj: Partial<LogEntry>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogEntry>): LogEntry;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogEntry>): Generator<LogEntryReceiptFieldEvent | LogEntryResultFieldEvent | LogEntryLeaseFieldEvent>;
}
