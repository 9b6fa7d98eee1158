/**
 * The total codecs of the control stream (README.md is the specification). Decoders throw AppError
 * 'bad-frame' and nothing else; encoders refuse with 'bad-input' whatever their decoder would refuse,
 * but cut free sentences to fit.
 */
import { SHA256_BYTES } from '../core/bytes.ts';
import { unreachable } from '../core/errors.ts';
import { isSiteOrigin } from '../core/origin.ts';
import { type Dtype, DTYPES } from '../matrix/dtype.ts';
import { CONTRIBUTOR_BODIES, COORDINATOR_BODIES } from './control-rules.ts';
import * as f from './fields.ts';
import { MAX_CONTROL_BYTES, MAX_WINDOW } from './limits.ts';
import type {
  Commit,
  FromContributor,
  FromCoordinator,
  Hello,
  Progress,
  Ready,
  Welcome,
} from './messages.ts';
import * as pb from './pb/control.js';
import { type MessageRules, checkMessage } from './wire.ts';

export type * from './messages.ts';

const MAX_U32 = 0xffffffff;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** As in a manifest. */
const DTYPE_CODE: Record<Dtype, number> = { i8: 1, f16: 2, f32: 3 };

/** @throws AppError 'bad-input' for a message that decodeFromContributor would refuse. */
export function encodeFromContributor(message: FromContributor): Uint8Array<ArrayBuffer> {
  return f.encoding(() => {
    const frame = pb.FromContributor.encode(contributorBody(message));
    decodeFromContributor(frame);
    return frame;
  });
}

/** @throws AppError 'bad-input' for a message that decodeFromCoordinator would refuse. */
export function encodeFromCoordinator(message: FromCoordinator): Uint8Array<ArrayBuffer> {
  return f.encoding(() => {
    const frame = pb.FromCoordinator.encode(coordinatorBody(message));
    decodeFromCoordinator(frame);
    return frame;
  });
}

/** @throws AppError 'bad-frame', never anything else. */
export function decodeFromContributor(frame: Uint8Array): FromContributor {
  return f.total(() => {
    checkOneBody(frame, CONTRIBUTOR_BODIES);
    const { hello, ready, progress, commit, decline, goodbye, setProfile } = pb.FromContributor.decode(frame);
    if (hello) return helloFrom(hello);
    if (ready) return readyFrom(ready);
    if (progress) return progressFrom(progress);
    if (commit) return commitFrom(commit);
    if (decline) {
      const { lease, code, reason } = decline;
      return { type: 'decline', lease: leaseIdFrom(lease), code: f.codeOf(code, 'the code'), reason };
    }
    if (setProfile) {
      return { type: 'set-profile', envelope: f.present(setProfile.envelope, 'the envelope') };
    }
    return { type: 'goodbye', finish: goodbye!.finish, reason: goodbye!.reason };
  });
}

/** @throws AppError 'bad-frame', never anything else. */
export function decodeFromCoordinator(frame: Uint8Array): FromCoordinator {
  return f.total(() => {
    checkOneBody(frame, COORDINATOR_BODIES);
    const { welcome, selfTest, lease, cancel, receipt, notice } = pb.FromCoordinator.decode(frame);
    if (welcome) return welcomeFrom(welcome);
    if (selfTest) return { type: 'self-test', reason: selfTest.reason };
    if (lease) return { type: 'lease', envelope: f.present(lease.envelope, 'the envelope') };
    if (cancel) return { type: 'cancel', lease: leaseIdFrom(cancel.lease), reason: cancel.reason };
    if (receipt) return { type: 'receipt', envelope: f.present(receipt.envelope, 'the envelope') };
    const { code, text, lease: about, retryAfterMs } = notice!;
    const base = { type: 'notice', code: f.codeOf(code, 'the code'), text, retryAfterMs } as const;
    return about.length === 0 ? base : { ...base, lease: leaseIdFrom(about) };
  });
}

function checkOneBody(frame: Uint8Array, rules: MessageRules): void {
  f.ensure(frame.length <= MAX_CONTROL_BYTES, `a control message has at most ${MAX_CONTROL_BYTES} bytes`);
  f.ensure(checkMessage(frame, rules).length === 1, 'a control message has exactly one body');
}

function contributorBody(message: FromContributor): pb.FromContributor {
  switch (message.type) {
    case 'hello':
      return { hello: helloTo(message) };
    case 'ready':
      return {
        ready: {
          leases: f.intIn(message.leases, 0, MAX_WINDOW, 'leases'),
          downBytesPerSecond: f.numberOf(message.downBytesPerSecond ?? 0, MAX_SAFE, 'downBytesPerSecond'),
        },
      };
    case 'progress': {
      const evicted = message.evicted.map((hash) => f.bytesOf(hash, SHA256_BYTES, 'an evicted hash'));
      const lease = message.lease === undefined ? new Uint8Array() : leaseIdTo(message.lease);
      const doneKBlocks = f.intIn(message.doneKBlocks, 0, MAX_U32, 'doneKBlocks');
      return { progress: { lease, doneKBlocks, evicted } };
    }
    case 'commit': {
      const blocks = (message.blocks ?? []).map((hash) => f.bytesOf(hash, SHA256_BYTES, 'a block'));
      return { commit: { result: f.owned(message.result), lease: f.owned(message.lease), blocks } };
    }
    case 'decline': {
      const { lease, code, reason } = message;
      return { decline: { lease: leaseIdTo(lease), code, reason: f.sentenceOf(reason) } };
    }
    case 'goodbye':
      return { goodbye: { finish: message.finish, reason: f.sentenceOf(message.reason) } };
    case 'set-profile':
      return { setProfile: { envelope: f.owned(message.envelope) } };
    default:
      return unreachable(message);
  }
}

function coordinatorBody(message: FromCoordinator): pb.FromCoordinator {
  switch (message.type) {
    case 'welcome': {
      const version = f.intIn(message.version, 1, MAX_U32, 'version');
      const window = f.intIn(message.window, 0, MAX_WINDOW, 'window');
      const balanceMicrocredits = f.unitsTo(message.balanceMicrocredits, 'the balance');
      const network = f.nameOf(message.network, 'the network');
      const revision = f.intIn(message.revision ?? 0, 0, MAX_U32, 'revision');
      return { welcome: { version, network, window, balanceMicrocredits, revision } };
    }
    case 'self-test':
      return { selfTest: { reason: f.sentenceOf(message.reason) } };
    case 'lease':
      return { lease: { envelope: f.owned(message.envelope) } };
    case 'cancel':
      return { cancel: { lease: leaseIdTo(message.lease), reason: f.sentenceOf(message.reason) } };
    case 'receipt':
      return { receipt: { envelope: f.owned(message.envelope) } };
    case 'notice': {
      const lease = message.lease === undefined ? new Uint8Array() : leaseIdTo(message.lease);
      const retryAfterMs = f.intIn(message.retryAfterMs, 0, MAX_U32, 'retryAfterMs');
      return { notice: { code: message.code, text: f.sentenceOf(message.text), lease, retryAfterMs } };
    }
    default:
      return unreachable(message);
  }
}

function helloTo(hello: Hello): pb.Hello {
  return {
    version: f.intIn(hello.version, 1, MAX_U32, 'version'),
    client: f.nameOf(hello.client, 'the client'),
    operandBytes: f.numberOf(hello.operandBytes, MAX_SAFE, 'operandBytes'),
    resultBytes: f.numberOf(hello.resultBytes, MAX_SAFE, 'resultBytes'),
    rates: DTYPES.filter((dtype) => hello.rates[dtype] !== 0).map((dtype) => ({
      dtype: DTYPE_CODE[dtype],
      multiplyAddsPerSecond: hello.rates[dtype],
    })),
    downBytesPerSecond: f.numberOf(hello.downBytesPerSecond, MAX_SAFE, 'downBytesPerSecond'),
    upBytesPerSecond: f.numberOf(hello.upBytesPerSecond, MAX_SAFE, 'upBytesPerSecond'),
    projects: hello.projects.map((project) => f.nameOf(project, 'a project')),
    cacheBytes: f.numberOf(hello.cacheBytes ?? 0, MAX_SAFE, 'cacheBytes'),
    site: hello.site ?? '',
  };
}

function helloFrom(hello: pb.Hello): Hello {
  const rates: Record<Dtype, number> = { i8: 0, f16: 0, f32: 0 };
  const seen = new Set<Dtype>();
  for (const { dtype: code, multiplyAddsPerSecond: rate } of hello.rates) {
    const dtype = DTYPES.find((known) => DTYPE_CODE[known] === code);
    if (!dtype) continue; // a dtype to come: an old coordinator has no work of it
    f.ensure(!seen.has(dtype), `two rates for ${dtype}`);
    f.ensure(Number.isFinite(rate) && rate >= 0, 'a rate must be a finite number, at least 0');
    seen.add(dtype);
    rates[dtype] = Math.abs(rate); // −0 is 0
  }
  return {
    type: 'hello',
    version: f.intIn(hello.version, 1, MAX_U32, 'version'),
    client: f.nameOf(hello.client, 'the client'),
    operandBytes: f.numberOf(hello.operandBytes, MAX_SAFE, 'operandBytes'),
    resultBytes: f.numberOf(hello.resultBytes, MAX_SAFE, 'resultBytes'),
    rates,
    downBytesPerSecond: f.numberOf(hello.downBytesPerSecond, MAX_SAFE, 'downBytesPerSecond'),
    upBytesPerSecond: f.numberOf(hello.upBytesPerSecond, MAX_SAFE, 'upBytesPerSecond'),
    projects: hello.projects,
    ...(hello.cacheBytes > 0 && { cacheBytes: f.numberOf(hello.cacheBytes, MAX_SAFE, 'cacheBytes') }),
    ...(hello.site !== '' && { site: siteOf(hello.site) }),
  };
}

function siteOf(text: string): string {
  f.ensure(isSiteOrigin(text), 'the site must be the origin of a page');
  return text;
}

function progressFrom({ lease, doneKBlocks, evicted }: pb.Progress): Progress {
  const hashes = evicted.map((hash) => f.hexOf(hash, SHA256_BYTES, 'an evicted hash'));
  const base = { type: 'progress', doneKBlocks, evicted: hashes } as const;
  return lease.length === 0 ? base : { ...base, lease: leaseIdFrom(lease) };
}

function readyFrom({ leases, downBytesPerSecond: down }: pb.Ready): Ready {
  const base = { type: 'ready', leases: f.intIn(leases, 0, MAX_WINDOW, 'leases') } as const;
  return down === 0
    ? base
    : { ...base, downBytesPerSecond: f.numberOf(down, MAX_SAFE, 'downBytesPerSecond') };
}

function commitFrom(commit: pb.ResultCommit): Commit {
  const result = f.present(commit.result, 'the result');
  const lease = f.present(commit.lease, 'the lease');
  const blocks = commit.blocks.map((hash) => f.hexOf(hash, SHA256_BYTES, 'a block'));
  return { type: 'commit', result, lease, ...(blocks.length > 0 && { blocks }) };
}

function welcomeFrom(welcome: pb.Welcome): Welcome {
  return {
    type: 'welcome',
    version: f.intIn(welcome.version, 1, MAX_U32, 'version'),
    network: f.nameOf(welcome.network, 'the network'),
    window: f.intIn(welcome.window, 0, MAX_WINDOW, 'window'),
    balanceMicrocredits: f.unitsFrom(welcome.balanceMicrocredits, 'the balance'),
    ...(welcome.revision > 0 && { revision: welcome.revision }),
  };
}

function leaseIdTo(id: f.Hex): Uint8Array<ArrayBuffer> {
  return f.bytesOf(id, f.LEASE_ID_BYTES, 'a lease id');
}

function leaseIdFrom(id: Uint8Array): f.Hex {
  return f.hexOf(id, f.LEASE_ID_BYTES, 'a lease id');
}
