// Made by src/protocol/generate.node.ts from the .proto file beside it. Do not edit.
import { decodeMessage, encodeMessage, message } from 'protons-runtime';
export var FromContributor;
(function (FromContributor) {
    let _codec;
    FromContributor.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                obj = { ...obj };
                if (obj.setProfile != null) {
                    obj.goodbye = undefined;
                    obj.decline = undefined;
                    obj.commit = undefined;
                    obj.progress = undefined;
                    obj.ready = undefined;
                    obj.hello = undefined;
                }
                if (obj.goodbye != null) {
                    obj.setProfile = undefined;
                    obj.decline = undefined;
                    obj.commit = undefined;
                    obj.progress = undefined;
                    obj.ready = undefined;
                    obj.hello = undefined;
                }
                if (obj.decline != null) {
                    obj.setProfile = undefined;
                    obj.goodbye = undefined;
                    obj.commit = undefined;
                    obj.progress = undefined;
                    obj.ready = undefined;
                    obj.hello = undefined;
                }
                if (obj.commit != null) {
                    obj.setProfile = undefined;
                    obj.goodbye = undefined;
                    obj.decline = undefined;
                    obj.progress = undefined;
                    obj.ready = undefined;
                    obj.hello = undefined;
                }
                if (obj.progress != null) {
                    obj.setProfile = undefined;
                    obj.goodbye = undefined;
                    obj.decline = undefined;
                    obj.commit = undefined;
                    obj.ready = undefined;
                    obj.hello = undefined;
                }
                if (obj.ready != null) {
                    obj.setProfile = undefined;
                    obj.goodbye = undefined;
                    obj.decline = undefined;
                    obj.commit = undefined;
                    obj.progress = undefined;
                    obj.hello = undefined;
                }
                if (obj.hello != null) {
                    obj.setProfile = undefined;
                    obj.goodbye = undefined;
                    obj.decline = undefined;
                    obj.commit = undefined;
                    obj.progress = undefined;
                    obj.ready = undefined;
                }
                if (obj.hello != null) {
                    w.uint32(10);
                    Hello.codec().encode(obj.hello, w);
                }
                if (obj.ready != null) {
                    w.uint32(18);
                    Ready.codec().encode(obj.ready, w);
                }
                if (obj.progress != null) {
                    w.uint32(26);
                    Progress.codec().encode(obj.progress, w);
                }
                if (obj.commit != null) {
                    w.uint32(34);
                    ResultCommit.codec().encode(obj.commit, w);
                }
                if (obj.decline != null) {
                    w.uint32(42);
                    Decline.codec().encode(obj.decline, w);
                }
                if (obj.goodbye != null) {
                    w.uint32(50);
                    Goodbye.codec().encode(obj.goodbye, w);
                }
                if (obj.setProfile != null) {
                    w.uint32(58);
                    SetProfile.codec().encode(obj.setProfile, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {};
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.hello = Hello.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 2: {
                            obj.ready = Ready.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 3: {
                            obj.progress = Progress.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 4: {
                            obj.commit = ResultCommit.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 5: {
                            obj.decline = Decline.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 6: {
                            obj.goodbye = Goodbye.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 7: {
                            obj.setProfile = SetProfile.codec().decode(reader, reader.uint32());
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                if (obj.setProfile != null) {
                    delete obj.goodbye;
                    delete obj.decline;
                    delete obj.commit;
                    delete obj.progress;
                    delete obj.ready;
                    delete obj.hello;
                }
                if (obj.goodbye != null) {
                    delete obj.setProfile;
                    delete obj.decline;
                    delete obj.commit;
                    delete obj.progress;
                    delete obj.ready;
                    delete obj.hello;
                }
                if (obj.decline != null) {
                    delete obj.setProfile;
                    delete obj.goodbye;
                    delete obj.commit;
                    delete obj.progress;
                    delete obj.ready;
                    delete obj.hello;
                }
                if (obj.commit != null) {
                    delete obj.setProfile;
                    delete obj.goodbye;
                    delete obj.decline;
                    delete obj.progress;
                    delete obj.ready;
                    delete obj.hello;
                }
                if (obj.progress != null) {
                    delete obj.setProfile;
                    delete obj.goodbye;
                    delete obj.decline;
                    delete obj.commit;
                    delete obj.ready;
                    delete obj.hello;
                }
                if (obj.ready != null) {
                    delete obj.setProfile;
                    delete obj.goodbye;
                    delete obj.decline;
                    delete obj.commit;
                    delete obj.progress;
                    delete obj.hello;
                }
                if (obj.hello != null) {
                    delete obj.setProfile;
                    delete obj.goodbye;
                    delete obj.decline;
                    delete obj.commit;
                    delete obj.progress;
                    delete obj.ready;
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, FromContributor.codec());
    }
    FromContributor.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, FromContributor.codec(), opts);
    }
    FromContributor.decode = decode;
})(FromContributor || (FromContributor = {}));
export var Hello;
(function (Hello) {
    let _codec;
    Hello.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if ((obj.client != null && obj.client !== '')) {
                    w.uint32(18);
                    w.string(obj.client);
                }
                if ((obj.operandBytes != null && obj.operandBytes !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.operandBytes);
                }
                if ((obj.resultBytes != null && obj.resultBytes !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.resultBytes);
                }
                if (obj.rates != null && obj.rates.length > 0) {
                    for (const value of obj.rates) {
                        w.uint32(42);
                        Rate.codec().encode(value, w);
                    }
                }
                if ((obj.downBytesPerSecond != null && obj.downBytesPerSecond !== 0)) {
                    w.uint32(48);
                    w.uint64Number(obj.downBytesPerSecond);
                }
                if ((obj.upBytesPerSecond != null && obj.upBytesPerSecond !== 0)) {
                    w.uint32(56);
                    w.uint64Number(obj.upBytesPerSecond);
                }
                if (obj.projects != null && obj.projects.length > 0) {
                    for (const value of obj.projects) {
                        w.uint32(66);
                        w.string(value);
                    }
                }
                if ((obj.cacheBytes != null && obj.cacheBytes !== 0)) {
                    w.uint32(72);
                    w.uint64Number(obj.cacheBytes);
                }
                if ((obj.site != null && obj.site !== '')) {
                    w.uint32(82);
                    w.string(obj.site);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    version: 0,
                    client: '',
                    operandBytes: 0,
                    resultBytes: 0,
                    rates: [],
                    downBytesPerSecond: 0,
                    upBytesPerSecond: 0,
                    projects: [],
                    cacheBytes: 0,
                    site: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.version = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.client = reader.string();
                            break;
                        }
                        case 3: {
                            obj.operandBytes = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.resultBytes = reader.uint64Number();
                            break;
                        }
                        case 5: {
                            obj.rates.push(Rate.codec().decode(reader, reader.uint32()));
                            break;
                        }
                        case 6: {
                            obj.downBytesPerSecond = reader.uint64Number();
                            break;
                        }
                        case 7: {
                            obj.upBytesPerSecond = reader.uint64Number();
                            break;
                        }
                        case 8: {
                            obj.projects.push(reader.string());
                            break;
                        }
                        case 9: {
                            obj.cacheBytes = reader.uint64Number();
                            break;
                        }
                        case 10: {
                            obj.site = reader.string();
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
        return encodeMessage(obj, Hello.codec());
    }
    Hello.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Hello.codec(), opts);
    }
    Hello.decode = decode;
})(Hello || (Hello = {}));
export var Rate;
(function (Rate) {
    let _codec;
    Rate.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.dtype != null && obj.dtype !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.dtype);
                }
                if ((obj.multiplyAddsPerSecond != null && obj.multiplyAddsPerSecond !== 0)) {
                    w.uint32(17);
                    w.double(obj.multiplyAddsPerSecond);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    dtype: 0,
                    multiplyAddsPerSecond: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.dtype = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.multiplyAddsPerSecond = reader.double();
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
        return encodeMessage(obj, Rate.codec());
    }
    Rate.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Rate.codec(), opts);
    }
    Rate.decode = decode;
})(Rate || (Rate = {}));
export var Ready;
(function (Ready) {
    let _codec;
    Ready.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.leases != null && obj.leases !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.leases);
                }
                if ((obj.downBytesPerSecond != null && obj.downBytesPerSecond !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.downBytesPerSecond);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    leases: 0,
                    downBytesPerSecond: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.leases = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.downBytesPerSecond = reader.uint64Number();
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
        return encodeMessage(obj, Ready.codec());
    }
    Ready.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Ready.codec(), opts);
    }
    Ready.decode = decode;
})(Ready || (Ready = {}));
export var Progress;
(function (Progress) {
    let _codec;
    Progress.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.lease != null && obj.lease.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.lease);
                }
                if ((obj.doneKBlocks != null && obj.doneKBlocks !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.doneKBlocks);
                }
                if (obj.evicted != null && obj.evicted.length > 0) {
                    for (const value of obj.evicted) {
                        w.uint32(26);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    lease: new Uint8Array(0),
                    doneKBlocks: 0,
                    evicted: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.lease = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.doneKBlocks = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.evicted.push(reader.bytes());
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
        return encodeMessage(obj, Progress.codec());
    }
    Progress.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Progress.codec(), opts);
    }
    Progress.decode = decode;
})(Progress || (Progress = {}));
export var ResultCommit;
(function (ResultCommit) {
    let _codec;
    ResultCommit.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.result != null && obj.result.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.result);
                }
                if ((obj.lease != null && obj.lease.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.lease);
                }
                if (obj.blocks != null && obj.blocks.length > 0) {
                    for (const value of obj.blocks) {
                        w.uint32(26);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    result: new Uint8Array(0),
                    lease: new Uint8Array(0),
                    blocks: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.result = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.lease = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.blocks.push(reader.bytes());
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
        return encodeMessage(obj, ResultCommit.codec());
    }
    ResultCommit.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ResultCommit.codec(), opts);
    }
    ResultCommit.decode = decode;
})(ResultCommit || (ResultCommit = {}));
export var Decline;
(function (Decline) {
    let _codec;
    Decline.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.lease != null && obj.lease.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.lease);
                }
                if ((obj.code != null && obj.code !== '')) {
                    w.uint32(18);
                    w.string(obj.code);
                }
                if ((obj.reason != null && obj.reason !== '')) {
                    w.uint32(26);
                    w.string(obj.reason);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    lease: new Uint8Array(0),
                    code: '',
                    reason: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.lease = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.code = reader.string();
                            break;
                        }
                        case 3: {
                            obj.reason = reader.string();
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
        return encodeMessage(obj, Decline.codec());
    }
    Decline.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Decline.codec(), opts);
    }
    Decline.decode = decode;
})(Decline || (Decline = {}));
export var Goodbye;
(function (Goodbye) {
    let _codec;
    Goodbye.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.finish != null && obj.finish !== false)) {
                    w.uint32(8);
                    w.bool(obj.finish);
                }
                if ((obj.reason != null && obj.reason !== '')) {
                    w.uint32(18);
                    w.string(obj.reason);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    finish: false,
                    reason: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.finish = reader.bool();
                            break;
                        }
                        case 2: {
                            obj.reason = reader.string();
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
        return encodeMessage(obj, Goodbye.codec());
    }
    Goodbye.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Goodbye.codec(), opts);
    }
    Goodbye.decode = decode;
})(Goodbye || (Goodbye = {}));
export var SetProfile;
(function (SetProfile) {
    let _codec;
    SetProfile.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.envelope != null && obj.envelope.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.envelope);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    envelope: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.envelope = reader.bytes();
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
        return encodeMessage(obj, SetProfile.codec());
    }
    SetProfile.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, SetProfile.codec(), opts);
    }
    SetProfile.decode = decode;
})(SetProfile || (SetProfile = {}));
export var FromCoordinator;
(function (FromCoordinator) {
    let _codec;
    FromCoordinator.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                obj = { ...obj };
                if (obj.notice != null) {
                    obj.receipt = undefined;
                    obj.cancel = undefined;
                    obj.lease = undefined;
                    obj.selfTest = undefined;
                    obj.welcome = undefined;
                }
                if (obj.receipt != null) {
                    obj.notice = undefined;
                    obj.cancel = undefined;
                    obj.lease = undefined;
                    obj.selfTest = undefined;
                    obj.welcome = undefined;
                }
                if (obj.cancel != null) {
                    obj.notice = undefined;
                    obj.receipt = undefined;
                    obj.lease = undefined;
                    obj.selfTest = undefined;
                    obj.welcome = undefined;
                }
                if (obj.lease != null) {
                    obj.notice = undefined;
                    obj.receipt = undefined;
                    obj.cancel = undefined;
                    obj.selfTest = undefined;
                    obj.welcome = undefined;
                }
                if (obj.selfTest != null) {
                    obj.notice = undefined;
                    obj.receipt = undefined;
                    obj.cancel = undefined;
                    obj.lease = undefined;
                    obj.welcome = undefined;
                }
                if (obj.welcome != null) {
                    obj.notice = undefined;
                    obj.receipt = undefined;
                    obj.cancel = undefined;
                    obj.lease = undefined;
                    obj.selfTest = undefined;
                }
                if (obj.welcome != null) {
                    w.uint32(10);
                    Welcome.codec().encode(obj.welcome, w);
                }
                if (obj.selfTest != null) {
                    w.uint32(18);
                    SelfTest.codec().encode(obj.selfTest, w);
                }
                if (obj.lease != null) {
                    w.uint32(26);
                    LeaseGrant.codec().encode(obj.lease, w);
                }
                if (obj.cancel != null) {
                    w.uint32(34);
                    Cancel.codec().encode(obj.cancel, w);
                }
                if (obj.receipt != null) {
                    w.uint32(42);
                    ReceiptNotice.codec().encode(obj.receipt, w);
                }
                if (obj.notice != null) {
                    w.uint32(50);
                    Notice.codec().encode(obj.notice, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {};
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.welcome = Welcome.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 2: {
                            obj.selfTest = SelfTest.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 3: {
                            obj.lease = LeaseGrant.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 4: {
                            obj.cancel = Cancel.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 5: {
                            obj.receipt = ReceiptNotice.codec().decode(reader, reader.uint32());
                            break;
                        }
                        case 6: {
                            obj.notice = Notice.codec().decode(reader, reader.uint32());
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                if (obj.notice != null) {
                    delete obj.receipt;
                    delete obj.cancel;
                    delete obj.lease;
                    delete obj.selfTest;
                    delete obj.welcome;
                }
                if (obj.receipt != null) {
                    delete obj.notice;
                    delete obj.cancel;
                    delete obj.lease;
                    delete obj.selfTest;
                    delete obj.welcome;
                }
                if (obj.cancel != null) {
                    delete obj.notice;
                    delete obj.receipt;
                    delete obj.lease;
                    delete obj.selfTest;
                    delete obj.welcome;
                }
                if (obj.lease != null) {
                    delete obj.notice;
                    delete obj.receipt;
                    delete obj.cancel;
                    delete obj.selfTest;
                    delete obj.welcome;
                }
                if (obj.selfTest != null) {
                    delete obj.notice;
                    delete obj.receipt;
                    delete obj.cancel;
                    delete obj.lease;
                    delete obj.welcome;
                }
                if (obj.welcome != null) {
                    delete obj.notice;
                    delete obj.receipt;
                    delete obj.cancel;
                    delete obj.lease;
                    delete obj.selfTest;
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, FromCoordinator.codec());
    }
    FromCoordinator.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, FromCoordinator.codec(), opts);
    }
    FromCoordinator.decode = decode;
})(FromCoordinator || (FromCoordinator = {}));
export var Welcome;
(function (Welcome) {
    let _codec;
    Welcome.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if ((obj.network != null && obj.network !== '')) {
                    w.uint32(18);
                    w.string(obj.network);
                }
                if ((obj.window != null && obj.window !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.window);
                }
                if ((obj.balanceMicrocredits != null && obj.balanceMicrocredits !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.balanceMicrocredits);
                }
                if ((obj.revision != null && obj.revision !== 0)) {
                    w.uint32(40);
                    w.uint32(obj.revision);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    version: 0,
                    network: '',
                    window: 0,
                    balanceMicrocredits: 0,
                    revision: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.version = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.network = reader.string();
                            break;
                        }
                        case 3: {
                            obj.window = reader.uint32();
                            break;
                        }
                        case 4: {
                            obj.balanceMicrocredits = reader.uint64Number();
                            break;
                        }
                        case 5: {
                            obj.revision = reader.uint32();
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
        return encodeMessage(obj, Welcome.codec());
    }
    Welcome.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Welcome.codec(), opts);
    }
    Welcome.decode = decode;
})(Welcome || (Welcome = {}));
export var SelfTest;
(function (SelfTest) {
    let _codec;
    SelfTest.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.reason != null && obj.reason !== '')) {
                    w.uint32(10);
                    w.string(obj.reason);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    reason: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.reason = reader.string();
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
        return encodeMessage(obj, SelfTest.codec());
    }
    SelfTest.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, SelfTest.codec(), opts);
    }
    SelfTest.decode = decode;
})(SelfTest || (SelfTest = {}));
export var LeaseGrant;
(function (LeaseGrant) {
    let _codec;
    LeaseGrant.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.envelope != null && obj.envelope.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.envelope);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    envelope: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.envelope = reader.bytes();
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
        return encodeMessage(obj, LeaseGrant.codec());
    }
    LeaseGrant.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LeaseGrant.codec(), opts);
    }
    LeaseGrant.decode = decode;
})(LeaseGrant || (LeaseGrant = {}));
export var Cancel;
(function (Cancel) {
    let _codec;
    Cancel.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.lease != null && obj.lease.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.lease);
                }
                if ((obj.reason != null && obj.reason !== '')) {
                    w.uint32(18);
                    w.string(obj.reason);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    lease: new Uint8Array(0),
                    reason: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.lease = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.reason = reader.string();
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
        return encodeMessage(obj, Cancel.codec());
    }
    Cancel.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Cancel.codec(), opts);
    }
    Cancel.decode = decode;
})(Cancel || (Cancel = {}));
export var ReceiptNotice;
(function (ReceiptNotice) {
    let _codec;
    ReceiptNotice.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.envelope != null && obj.envelope.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.envelope);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    envelope: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.envelope = reader.bytes();
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
        return encodeMessage(obj, ReceiptNotice.codec());
    }
    ReceiptNotice.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ReceiptNotice.codec(), opts);
    }
    ReceiptNotice.decode = decode;
})(ReceiptNotice || (ReceiptNotice = {}));
export var Notice;
(function (Notice) {
    let _codec;
    Notice.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.code != null && obj.code !== '')) {
                    w.uint32(10);
                    w.string(obj.code);
                }
                if ((obj.text != null && obj.text !== '')) {
                    w.uint32(18);
                    w.string(obj.text);
                }
                if ((obj.lease != null && obj.lease.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.lease);
                }
                if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
                    w.uint32(32);
                    w.uint32(obj.retryAfterMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length) => {
                const obj = {
                    code: '',
                    text: '',
                    lease: new Uint8Array(0),
                    retryAfterMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.code = reader.string();
                            break;
                        }
                        case 2: {
                            obj.text = reader.string();
                            break;
                        }
                        case 3: {
                            obj.lease = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.retryAfterMs = reader.uint32();
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
        return encodeMessage(obj, Notice.codec());
    }
    Notice.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Notice.codec(), opts);
    }
    Notice.decode = decode;
})(Notice || (Notice = {}));
