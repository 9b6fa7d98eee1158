// Made by src/protocol/generate.node.ts from the .proto file beside it. Do not edit.
import { decodeMessage, encodeMessage, message } from 'protons-runtime';
export var Lease;
(function (Lease) {
    let _codec;
    Lease.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.id != null && obj.id.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.id);
                }
                if ((obj.contributor != null && obj.contributor !== '')) {
                    w.uint32(18);
                    w.string(obj.contributor);
                }
                if ((obj.job != null && obj.job !== '')) {
                    w.uint32(26);
                    w.string(obj.job);
                }
                if ((obj.project != null && obj.project !== '')) {
                    w.uint32(34);
                    w.string(obj.project);
                }
                if ((obj.issuedMs != null && obj.issuedMs !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.issuedMs);
                }
                if ((obj.deadlineMs != null && obj.deadlineMs !== 0)) {
                    w.uint32(48);
                    w.uint64Number(obj.deadlineMs);
                }
                if ((obj.microcredits != null && obj.microcredits !== 0)) {
                    w.uint32(56);
                    w.uint64Number(obj.microcredits);
                }
                if (obj.product != null) {
                    w.uint32(66);
                    Product.codec().encode(obj.product, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    id: new Uint8Array(0),
                    contributor: '',
                    job: '',
                    project: '',
                    issuedMs: 0,
                    deadlineMs: 0,
                    microcredits: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.id = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.contributor = reader.string();
                            break;
                        }
                        case 3: {
                            obj.job = reader.string();
                            break;
                        }
                        case 4: {
                            obj.project = reader.string();
                            break;
                        }
                        case 5: {
                            obj.issuedMs = reader.uint64Number();
                            break;
                        }
                        case 6: {
                            obj.deadlineMs = reader.uint64Number();
                            break;
                        }
                        case 7: {
                            obj.microcredits = reader.uint64Number();
                            break;
                        }
                        case 8: {
                            obj.product = Product.codec().decode(reader, reader.uint32());
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Lease.codec());
    }
    Lease.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Lease.codec(), opts);
    }
    Lease.decode = decode;
})(Lease || (Lease = {}));
export var Product;
(function (Product) {
    let _codec;
    Product.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.a != null && obj.a.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.a);
                }
                if ((obj.b != null && obj.b.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.b);
                }
                if ((obj.rowBlock != null && obj.rowBlock !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.rowBlock);
                }
                if ((obj.colBlock != null && obj.colBlock !== 0)) {
                    w.uint32(32);
                    w.uint32(obj.colBlock);
                }
                if ((obj.rowBlocks != null && obj.rowBlocks !== 0)) {
                    w.uint32(40);
                    w.uint32(obj.rowBlocks);
                }
                if ((obj.colBlocks != null && obj.colBlocks !== 0)) {
                    w.uint32(48);
                    w.uint32(obj.colBlocks);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    a: new Uint8Array(0),
                    b: new Uint8Array(0),
                    rowBlock: 0,
                    colBlock: 0,
                    rowBlocks: 0,
                    colBlocks: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.a = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.b = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.rowBlock = reader.uint32();
                            break;
                        }
                        case 4: {
                            obj.colBlock = reader.uint32();
                            break;
                        }
                        case 5: {
                            obj.rowBlocks = reader.uint32();
                            break;
                        }
                        case 6: {
                            obj.colBlocks = reader.uint32();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Product.codec());
    }
    Product.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Product.codec(), opts);
    }
    Product.decode = decode;
})(Product || (Product = {}));
export var Result;
(function (Result) {
    let _codec;
    Result.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.leaseDigest != null && obj.leaseDigest.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.leaseDigest);
                }
                if ((obj.manifest != null && obj.manifest.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.manifest);
                }
                if ((obj.gpuMs != null && obj.gpuMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.gpuMs);
                }
                if ((obj.client != null && obj.client !== '')) {
                    w.uint32(34);
                    w.string(obj.client);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    leaseDigest: new Uint8Array(0),
                    manifest: new Uint8Array(0),
                    gpuMs: 0,
                    client: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.leaseDigest = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.manifest = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.gpuMs = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.client = reader.string();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Result.codec());
    }
    Result.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Result.codec(), opts);
    }
    Result.decode = decode;
})(Result || (Result = {}));
export var Receipt;
(function (Receipt) {
    let _codec;
    Receipt.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.leaseDigest != null && obj.leaseDigest.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.leaseDigest);
                }
                if ((obj.resultDigest != null && obj.resultDigest.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.resultDigest);
                }
                if ((obj.lease != null && obj.lease.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.lease);
                }
                if ((obj.contributor != null && obj.contributor !== '')) {
                    w.uint32(34);
                    w.string(obj.contributor);
                }
                if ((obj.job != null && obj.job !== '')) {
                    w.uint32(42);
                    w.string(obj.job);
                }
                if ((obj.multiplyAdds != null && obj.multiplyAdds !== 0)) {
                    w.uint32(48);
                    w.uint64Number(obj.multiplyAdds);
                }
                if ((obj.microcredits != null && obj.microcredits !== 0)) {
                    w.uint32(56);
                    w.uint64Number(obj.microcredits);
                }
                if ((obj.balanceMicrocredits != null && obj.balanceMicrocredits !== 0)) {
                    w.uint32(64);
                    w.uint64Number(obj.balanceMicrocredits);
                }
                if ((obj.missLog2 != null && obj.missLog2 !== 0)) {
                    w.uint32(72);
                    w.uint32(obj.missLog2);
                }
                if ((obj.timeMs != null && obj.timeMs !== 0)) {
                    w.uint32(80);
                    w.uint64Number(obj.timeMs);
                }
                if (obj.logIndex != null) {
                    w.uint32(88);
                    w.uint64Number(obj.logIndex);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    leaseDigest: new Uint8Array(0),
                    resultDigest: new Uint8Array(0),
                    lease: new Uint8Array(0),
                    contributor: '',
                    job: '',
                    multiplyAdds: 0,
                    microcredits: 0,
                    balanceMicrocredits: 0,
                    missLog2: 0,
                    timeMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.leaseDigest = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.resultDigest = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.lease = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.contributor = reader.string();
                            break;
                        }
                        case 5: {
                            obj.job = reader.string();
                            break;
                        }
                        case 6: {
                            obj.multiplyAdds = reader.uint64Number();
                            break;
                        }
                        case 7: {
                            obj.microcredits = reader.uint64Number();
                            break;
                        }
                        case 8: {
                            obj.balanceMicrocredits = reader.uint64Number();
                            break;
                        }
                        case 9: {
                            obj.missLog2 = reader.uint32();
                            break;
                        }
                        case 10: {
                            obj.timeMs = reader.uint64Number();
                            break;
                        }
                        case 11: {
                            obj.logIndex = reader.uint64Number();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Receipt.codec());
    }
    Receipt.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Receipt.codec(), opts);
    }
    Receipt.decode = decode;
})(Receipt || (Receipt = {}));
export var Profile;
(function (Profile) {
    let _codec;
    Profile.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.name != null && obj.name !== '')) {
                    w.uint32(10);
                    w.string(obj.name);
                }
                if ((obj.team != null && obj.team !== '')) {
                    w.uint32(18);
                    w.string(obj.team);
                }
                if ((obj.issuedMs != null && obj.issuedMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.issuedMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    name: '',
                    team: '',
                    issuedMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.name = reader.string();
                            break;
                        }
                        case 2: {
                            obj.team = reader.string();
                            break;
                        }
                        case 3: {
                            obj.issuedMs = reader.uint64Number();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Profile.codec());
    }
    Profile.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Profile.codec(), opts);
    }
    Profile.decode = decode;
})(Profile || (Profile = {}));
export var LogEntry;
(function (LogEntry) {
    let _codec;
    LogEntry.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.receipt != null && obj.receipt.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.receipt);
                }
                if ((obj.result != null && obj.result.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.result);
                }
                if ((obj.lease != null && obj.lease.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.lease);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    receipt: new Uint8Array(0),
                    result: new Uint8Array(0),
                    lease: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.receipt = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.result = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.lease = reader.bytes();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, LogEntry.codec());
    }
    LogEntry.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LogEntry.codec(), opts);
    }
    LogEntry.decode = decode;
})(LogEntry || (LogEntry = {}));
