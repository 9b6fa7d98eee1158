// Made by src/protocol/generate.node.ts from the .proto file beside it. Do not edit.
import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface JoinOffer {
    claim: Uint8Array<ArrayBuffer>;
    main: string;
    issuedMs: number;
}
export declare namespace JoinOffer {
    const codec: () => Codec<JoinOffer>;
    function encode(obj: Partial<JoinOffer>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<JoinOffer>): JoinOffer;
}
export interface Join {
    offerDigest: Uint8Array<ArrayBuffer>;
    joined: string;
    issuedMs: number;
}
export declare namespace Join {
    const codec: () => Codec<Join>;
    function encode(obj: Partial<Join>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Join>): Join;
}
export interface Leave {
    joinDigest: Uint8Array<ArrayBuffer>;
    issuedMs: number;
}
export declare namespace Leave {
    const codec: () => Codec<Leave>;
    function encode(obj: Partial<Leave>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Leave;
}
