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
    interface FromContributorHelloVersionFieldEvent {
        field: '$.hello.version';
        value: number;
    }
    interface FromContributorHelloClientFieldEvent {
        field: '$.hello.client';
        value: string;
    }
    interface FromContributorHelloOperandBytesFieldEvent {
        field: '$.hello.operandBytes';
        value: number;
    }
    interface FromContributorHelloResultBytesFieldEvent {
        field: '$.hello.resultBytes';
        value: number;
    }
    interface FromContributorHelloRatesDtypeFieldEvent {
        field: '$.hello.rates[].dtype';
        value: number;
        index: number;
    }
    interface FromContributorHelloRatesMultiplyAddsPerSecondFieldEvent {
        field: '$.hello.rates[].multiplyAddsPerSecond';
        value: number;
        index: number;
    }
    interface FromContributorHelloDownBytesPerSecondFieldEvent {
        field: '$.hello.downBytesPerSecond';
        value: number;
    }
    interface FromContributorHelloUpBytesPerSecondFieldEvent {
        field: '$.hello.upBytesPerSecond';
        value: number;
    }
    interface FromContributorHelloProjectsFieldEvent {
        field: '$.hello.projects[]';
        index: number;
        value: string;
    }
    interface FromContributorHelloCacheBytesFieldEvent {
        field: '$.hello.cacheBytes';
        value: number;
    }
    interface FromContributorReadyLeasesFieldEvent {
        field: '$.ready.leases';
        value: number;
    }
    interface FromContributorReadyDownBytesPerSecondFieldEvent {
        field: '$.ready.downBytesPerSecond';
        value: number;
    }
    interface FromContributorProgressLeaseFieldEvent {
        field: '$.progress.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromContributorProgressDoneKBlocksFieldEvent {
        field: '$.progress.doneKBlocks';
        value: number;
    }
    interface FromContributorProgressEvictedFieldEvent {
        field: '$.progress.evicted[]';
        index: number;
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromContributorCommitResultFieldEvent {
        field: '$.commit.result';
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromContributorCommitLeaseFieldEvent {
        field: '$.commit.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromContributorCommitBlocksFieldEvent {
        field: '$.commit.blocks[]';
        index: number;
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromContributorDeclineLeaseFieldEvent {
        field: '$.decline.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromContributorDeclineCodeFieldEvent {
        field: '$.decline.code';
        value: string;
    }
    interface FromContributorDeclineReasonFieldEvent {
        field: '$.decline.reason';
        value: string;
    }
    interface FromContributorGoodbyeFinishFieldEvent {
        field: '$.goodbye.finish';
        value: boolean;
    }
    interface FromContributorGoodbyeReasonFieldEvent {
        field: '$.goodbye.reason';
        value: string;
    }
    interface FromContributorSetProfileEnvelopeFieldEvent {
        field: '$.setProfile.envelope';
        value: Uint8Array<ArrayBuffer>;
    }
    function encode(obj: Partial<FromContributor>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FromContributor>): FromContributor;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FromContributor>): Generator<FromContributorHelloVersionFieldEvent | FromContributorHelloClientFieldEvent | FromContributorHelloOperandBytesFieldEvent | FromContributorHelloResultBytesFieldEvent | FromContributorHelloRatesDtypeFieldEvent | FromContributorHelloRatesMultiplyAddsPerSecondFieldEvent | FromContributorHelloDownBytesPerSecondFieldEvent | FromContributorHelloUpBytesPerSecondFieldEvent | FromContributorHelloProjectsFieldEvent | FromContributorHelloCacheBytesFieldEvent | FromContributorReadyLeasesFieldEvent | FromContributorReadyDownBytesPerSecondFieldEvent | FromContributorProgressLeaseFieldEvent | FromContributorProgressDoneKBlocksFieldEvent | FromContributorProgressEvictedFieldEvent | FromContributorCommitResultFieldEvent | FromContributorCommitLeaseFieldEvent | FromContributorCommitBlocksFieldEvent | FromContributorDeclineLeaseFieldEvent | FromContributorDeclineCodeFieldEvent | FromContributorDeclineReasonFieldEvent | FromContributorGoodbyeFinishFieldEvent | FromContributorGoodbyeReasonFieldEvent | FromContributorSetProfileEnvelopeFieldEvent>;
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
}
export declare namespace Hello {
    const codec: () => Codec<Hello>;
    interface HelloVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface HelloClientFieldEvent {
        field: '$.client';
        value: string;
    }
    interface HelloOperandBytesFieldEvent {
        field: '$.operandBytes';
        value: number;
    }
    interface HelloResultBytesFieldEvent {
        field: '$.resultBytes';
        value: number;
    }
    interface HelloRatesDtypeFieldEvent {
        field: '$.rates[].dtype';
        value: number;
        index: number;
    }
    interface HelloRatesMultiplyAddsPerSecondFieldEvent {
        field: '$.rates[].multiplyAddsPerSecond';
        value: number;
        index: number;
    }
    interface HelloDownBytesPerSecondFieldEvent {
        field: '$.downBytesPerSecond';
        value: number;
    }
    interface HelloUpBytesPerSecondFieldEvent {
        field: '$.upBytesPerSecond';
        value: number;
    }
    interface HelloProjectsFieldEvent {
        field: '$.projects[]';
        index: number;
        value: string;
    }
    interface HelloCacheBytesFieldEvent {
        field: '$.cacheBytes';
        value: number;
    }
    function encode(obj: Partial<Hello>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloVersionFieldEvent | HelloClientFieldEvent | HelloOperandBytesFieldEvent | HelloResultBytesFieldEvent | HelloRatesDtypeFieldEvent | HelloRatesMultiplyAddsPerSecondFieldEvent | HelloDownBytesPerSecondFieldEvent | HelloUpBytesPerSecondFieldEvent | HelloProjectsFieldEvent | HelloCacheBytesFieldEvent>;
}
export interface Rate {
    dtype: number;
    multiplyAddsPerSecond: number;
}
export declare namespace Rate {
    const codec: () => Codec<Rate>;
    interface RateDtypeFieldEvent {
        field: '$.dtype';
        value: number;
    }
    interface RateMultiplyAddsPerSecondFieldEvent {
        field: '$.multiplyAddsPerSecond';
        value: number;
    }
    function encode(obj: Partial<Rate>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Rate>): Rate;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Rate>): Generator<RateDtypeFieldEvent | RateMultiplyAddsPerSecondFieldEvent>;
}
export interface Ready {
    leases: number;
    downBytesPerSecond: number;
}
export declare namespace Ready {
    const codec: () => Codec<Ready>;
    interface ReadyLeasesFieldEvent {
        field: '$.leases';
        value: number;
    }
    interface ReadyDownBytesPerSecondFieldEvent {
        field: '$.downBytesPerSecond';
        value: number;
    }
    function encode(obj: Partial<Ready>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ready>): Ready;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ready>): Generator<ReadyLeasesFieldEvent | ReadyDownBytesPerSecondFieldEvent>;
}
export interface Progress {
    lease: Uint8Array<ArrayBuffer>;
    doneKBlocks: number;
    evicted: Uint8Array<ArrayBuffer>[];
}
export declare namespace Progress {
    const codec: () => Codec<Progress>;
    interface ProgressLeaseFieldEvent {
        field: '$.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ProgressDoneKBlocksFieldEvent {
        field: '$.doneKBlocks';
        value: number;
    }
    interface ProgressEvictedFieldEvent {
        field: '$.evicted[]';
        index: number;
        value: Uint8Array<ArrayBuffer>;
    }
    function encode(obj: Partial<Progress>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Progress>): Progress;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Progress>): Generator<ProgressLeaseFieldEvent | ProgressDoneKBlocksFieldEvent | ProgressEvictedFieldEvent>;
}
export interface ResultCommit {
    result: Uint8Array<ArrayBuffer>;
    lease: Uint8Array<ArrayBuffer>;
    blocks: Uint8Array<ArrayBuffer>[];
}
export declare namespace ResultCommit {
    const codec: () => Codec<ResultCommit>;
    interface ResultCommitResultFieldEvent {
        field: '$.result';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ResultCommitLeaseFieldEvent {
        field: '$.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface ResultCommitBlocksFieldEvent {
        field: '$.blocks[]';
        index: number;
        value: Uint8Array<ArrayBuffer>;
    }
    function encode(obj: Partial<ResultCommit>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ResultCommit>): ResultCommit;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ResultCommit>): Generator<ResultCommitResultFieldEvent | ResultCommitLeaseFieldEvent | ResultCommitBlocksFieldEvent>;
}
export interface Decline {
    lease: Uint8Array<ArrayBuffer>;
    code: string;
    reason: string;
}
export declare namespace Decline {
    const codec: () => Codec<Decline>;
    interface DeclineLeaseFieldEvent {
        field: '$.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface DeclineCodeFieldEvent {
        field: '$.code';
        value: string;
    }
    interface DeclineReasonFieldEvent {
        field: '$.reason';
        value: string;
    }
    function encode(obj: Partial<Decline>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Decline>): Decline;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Decline>): Generator<DeclineLeaseFieldEvent | DeclineCodeFieldEvent | DeclineReasonFieldEvent>;
}
export interface Goodbye {
    finish: boolean;
    reason: string;
}
export declare namespace Goodbye {
    const codec: () => Codec<Goodbye>;
    interface GoodbyeFinishFieldEvent {
        field: '$.finish';
        value: boolean;
    }
    interface GoodbyeReasonFieldEvent {
        field: '$.reason';
        value: string;
    }
    function encode(obj: Partial<Goodbye>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Goodbye>): Goodbye;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Goodbye>): Generator<GoodbyeFinishFieldEvent | GoodbyeReasonFieldEvent>;
}
export interface SetProfile {
    envelope: Uint8Array<ArrayBuffer>;
}
export declare namespace SetProfile {
    const codec: () => Codec<SetProfile>;
    interface SetProfileEnvelopeFieldEvent {
        field: '$.envelope';
        value: Uint8Array<ArrayBuffer>;
    }
    function encode(obj: Partial<SetProfile>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SetProfile>): SetProfile;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SetProfile>): Generator<SetProfileEnvelopeFieldEvent>;
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
    interface FromCoordinatorWelcomeVersionFieldEvent {
        field: '$.welcome.version';
        value: number;
    }
    interface FromCoordinatorWelcomeNetworkFieldEvent {
        field: '$.welcome.network';
        value: string;
    }
    interface FromCoordinatorWelcomeWindowFieldEvent {
        field: '$.welcome.window';
        value: number;
    }
    interface FromCoordinatorWelcomeBalanceMicrocreditsFieldEvent {
        field: '$.welcome.balanceMicrocredits';
        value: number;
    }
    interface FromCoordinatorWelcomeRevisionFieldEvent {
        field: '$.welcome.revision';
        value: number;
    }
    interface FromCoordinatorSelfTestReasonFieldEvent {
        field: '$.selfTest.reason';
        value: string;
    }
    interface FromCoordinatorLeaseEnvelopeFieldEvent {
        field: '$.lease.envelope';
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromCoordinatorCancelLeaseFieldEvent {
        field: '$.cancel.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromCoordinatorCancelReasonFieldEvent {
        field: '$.cancel.reason';
        value: string;
    }
    interface FromCoordinatorReceiptEnvelopeFieldEvent {
        field: '$.receipt.envelope';
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromCoordinatorNoticeCodeFieldEvent {
        field: '$.notice.code';
        value: string;
    }
    interface FromCoordinatorNoticeTextFieldEvent {
        field: '$.notice.text';
        value: string;
    }
    interface FromCoordinatorNoticeLeaseFieldEvent {
        field: '$.notice.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface FromCoordinatorNoticeRetryAfterMsFieldEvent {
        field: '$.notice.retryAfterMs';
        value: number;
    }
    function encode(obj: Partial<FromCoordinator>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FromCoordinator>): FromCoordinator;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FromCoordinator>): Generator<FromCoordinatorWelcomeVersionFieldEvent | FromCoordinatorWelcomeNetworkFieldEvent | FromCoordinatorWelcomeWindowFieldEvent | FromCoordinatorWelcomeBalanceMicrocreditsFieldEvent | FromCoordinatorWelcomeRevisionFieldEvent | FromCoordinatorSelfTestReasonFieldEvent | FromCoordinatorLeaseEnvelopeFieldEvent | FromCoordinatorCancelLeaseFieldEvent | FromCoordinatorCancelReasonFieldEvent | FromCoordinatorReceiptEnvelopeFieldEvent | FromCoordinatorNoticeCodeFieldEvent | FromCoordinatorNoticeTextFieldEvent | FromCoordinatorNoticeLeaseFieldEvent | FromCoordinatorNoticeRetryAfterMsFieldEvent>;
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
    interface WelcomeVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface WelcomeNetworkFieldEvent {
        field: '$.network';
        value: string;
    }
    interface WelcomeWindowFieldEvent {
        field: '$.window';
        value: number;
    }
    interface WelcomeBalanceMicrocreditsFieldEvent {
        field: '$.balanceMicrocredits';
        value: number;
    }
    interface WelcomeRevisionFieldEvent {
        field: '$.revision';
        value: number;
    }
    function encode(obj: Partial<Welcome>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Generator<WelcomeVersionFieldEvent | WelcomeNetworkFieldEvent | WelcomeWindowFieldEvent | WelcomeBalanceMicrocreditsFieldEvent | WelcomeRevisionFieldEvent>;
}
export interface SelfTest {
    reason: string;
}
export declare namespace SelfTest {
    const codec: () => Codec<SelfTest>;
    interface SelfTestReasonFieldEvent {
        field: '$.reason';
        value: string;
    }
    function encode(obj: Partial<SelfTest>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SelfTest>): SelfTest;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SelfTest>): Generator<SelfTestReasonFieldEvent>;
}
export interface LeaseGrant {
    envelope: Uint8Array<ArrayBuffer>;
}
export declare namespace LeaseGrant {
    const codec: () => Codec<LeaseGrant>;
    interface LeaseGrantEnvelopeFieldEvent {
        field: '$.envelope';
        value: Uint8Array<ArrayBuffer>;
    }
    function encode(obj: Partial<LeaseGrant>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LeaseGrant>): LeaseGrant;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LeaseGrant>): Generator<LeaseGrantEnvelopeFieldEvent>;
}
export interface Cancel {
    lease: Uint8Array<ArrayBuffer>;
    reason: string;
}
export declare namespace Cancel {
    const codec: () => Codec<Cancel>;
    interface CancelLeaseFieldEvent {
        field: '$.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface CancelReasonFieldEvent {
        field: '$.reason';
        value: string;
    }
    function encode(obj: Partial<Cancel>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cancel>): Cancel;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Cancel>): Generator<CancelLeaseFieldEvent | CancelReasonFieldEvent>;
}
export interface ReceiptNotice {
    envelope: Uint8Array<ArrayBuffer>;
}
export declare namespace ReceiptNotice {
    const codec: () => Codec<ReceiptNotice>;
    interface ReceiptNoticeEnvelopeFieldEvent {
        field: '$.envelope';
        value: Uint8Array<ArrayBuffer>;
    }
    function encode(obj: Partial<ReceiptNotice>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReceiptNotice>): ReceiptNotice;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReceiptNotice>): Generator<ReceiptNoticeEnvelopeFieldEvent>;
}
export interface Notice {
    code: string;
    text: string;
    lease: Uint8Array<ArrayBuffer>;
    retryAfterMs: number;
}
export declare namespace Notice {
    const codec: () => Codec<Notice>;
    interface NoticeCodeFieldEvent {
        field: '$.code';
        value: string;
    }
    interface NoticeTextFieldEvent {
        field: '$.text';
        value: string;
    }
    interface NoticeLeaseFieldEvent {
        field: '$.lease';
        value: Uint8Array<ArrayBuffer>;
    }
    interface NoticeRetryAfterMsFieldEvent {
        field: '$.retryAfterMs';
        value: number;
    }
    function encode(obj: Partial<Notice>): Uint8Array<ArrayBuffer>;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Notice>): Notice;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Notice>): Generator<NoticeCodeFieldEvent | NoticeTextFieldEvent | NoticeLeaseFieldEvent | NoticeRetryAfterMsFieldEvent>;
}
