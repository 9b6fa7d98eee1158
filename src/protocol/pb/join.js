// Made by src/protocol/generate.node.ts from the .proto file beside it. Do not edit.
import { decodeMessage, encodeMessage, message } from 'protons-runtime';
export var JoinOffer;
(function (JoinOffer) {
    let _codec;
    JoinOffer.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.claim != null && obj.claim.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.claim);
                }
                if ((obj.main != null && obj.main !== '')) {
                    w.uint32(18);
                    w.string(obj.main);
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
                    claim: new Uint8Array(0),
                    main: '',
                    issuedMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.claim = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.main = reader.string();
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
        return encodeMessage(obj, JoinOffer.codec());
    }
    JoinOffer.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, JoinOffer.codec(), opts);
    }
    JoinOffer.decode = decode;
})(JoinOffer || (JoinOffer = {}));
export var Join;
(function (Join) {
    let _codec;
    Join.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.offerDigest != null && obj.offerDigest.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.offerDigest);
                }
                if ((obj.joined != null && obj.joined !== '')) {
                    w.uint32(18);
                    w.string(obj.joined);
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
                    offerDigest: new Uint8Array(0),
                    joined: '',
                    issuedMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.offerDigest = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.joined = reader.string();
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
        return encodeMessage(obj, Join.codec());
    }
    Join.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Join.codec(), opts);
    }
    Join.decode = decode;
})(Join || (Join = {}));
export var Leave;
(function (Leave) {
    let _codec;
    Leave.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.joinDigest != null && obj.joinDigest.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.joinDigest);
                }
                if ((obj.issuedMs != null && obj.issuedMs !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.issuedMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    joinDigest: new Uint8Array(0),
                    issuedMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.joinDigest = reader.bytes();
                            break;
                        }
                        case 2: {
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
        return encodeMessage(obj, Leave.codec());
    }
    Leave.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Leave.codec(), opts);
    }
    Leave.decode = decode;
})(Leave || (Leave = {}));
