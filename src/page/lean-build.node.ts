/**
 * What the build leaves out of the workers: packages bring along what nobody here uses, and the session worker is to
 * stay below 150 KB after gzip. Only what is never reached goes; what is asked for all the same is refused loudly.
 */

/**
 * libp2p would look up /dnsaddr names at public DNS-over-HTTPS servers, which would then learn who contributes.
 * Our addresses name a host and a key, so nothing is lost with it.
 */
const NO_DNS = `export const defaultResolver = () => [
  async (name) => { throw new Error('an address may not need a DNS lookup of ' + name); },
];`;

/** Lines for developers, which are off unless somebody sets localStorage.debug, and which workers cannot read. */
const NO_LOG = `const quiet = Object.assign(() => {}, { error() {}, trace() {}, enabled: false, newScope: () => quiet });
export const logger = () => quiet;
export const defaultLogger = () => ({ forComponent: logger });`;

const keyFile = (file: string): RegExp =>
  new RegExp(`@libp2p/crypto/dist/src/keys/${file.replaceAll('.', String.raw`\.`)}$`);

/**
 * Every key here is Ed25519, and a coordinator is pinned by one. Keys of other kinds, which arrive only from somebody
 * who is not that coordinator, are refused before they are looked at.
 */
const OTHER_KEYS: readonly (readonly [string, string])[] = [
  ['secp256k1/index.browser.js', 'export const privateKeyLength = 32, publicKeyLength = 33;'],
  [
    'secp256k1/utils.js',
    refusing('generateSecp256k1KeyPair', 'unmarshalSecp256k1PrivateKey', 'unmarshalSecp256k1PublicKey'),
  ],
  ['ecdsa/ecdsa.js', 'export class ECDSAPrivateKey {}'],
  [
    'ecdsa/utils.js',
    refusing(
      'generateECDSAKeyPair',
      'pkiMessageToECDSAPrivateKey',
      'pkiMessageToECDSAPublicKey',
      'unmarshalECDSAPrivateKey',
      'unmarshalECDSAPublicKey',
    ),
  ],
  ['rsa/index.browser.js', `export const RSAES_PKCS1_V1_5_OID = '1.2.840.113549.1.1.1';`],
  ['rsa/der.js', refusing('decodeDer')],
  [
    'rsa/utils.js',
    refusing(
      'generateRSAKeyPair',
      'jwkToRSAPrivateKey',
      'pkcs1MessageToRSAPrivateKey',
      'pkcs1ToRSAPrivateKey',
      'pkixMessageToRSAPublicKey',
      'pkixToRSAPublicKey',
    ),
  ],
];

function refusing(...names: readonly string[]): string {
  return `const refuse = () => { throw new Error('only Ed25519 keys are used here'); };
export { ${names.map((name) => `refuse as ${name}`).join(', ')} };`;
}

export interface Replaced {
  /** Of the file's path. */
  readonly id: RegExp;
  readonly code: string;
}

/** What stands in the bundle instead of these files. */
export const REPLACED: readonly Replaced[] = [
  { id: /@multiformats\/dns\/dist\/src\/resolvers\/default\.browser\.js$/, code: NO_DNS },
  { id: /@libp2p\/logger\/dist\/src\/index\.js$/, code: NO_LOG },
  ...OTHER_KEYS.map(([file, code]) => ({ id: keyFile(file), code })),
];

/** Packages whose last major version changed types and no code that runs: all get the copy that libp2p gets. */
export const SAME_IN_ALL_VERSIONS =
  /^(?:multiformats|protons-runtime|uint8-varint|uint8arraylist|uint8arrays)(?:\/|$)/;
