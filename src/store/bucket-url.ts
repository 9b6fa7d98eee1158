/** `s3://bucket/prefix?endpoint=https://…&region=…`: where blocks lie in an S3-compatible store. Credentials are never part of it. */
import { AppError } from '../core/errors.ts';

export interface BucketPlace {
  readonly bucket: string;
  /** Empty, or ends in '/'. */
  readonly prefix: string;
  /** Undefined for Amazon's own. */
  readonly endpoint: string | undefined;
  /** Undefined to take it from the environment. */
  readonly region: string | undefined;
}

const FORM = 's3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION';
/** The names that Amazon allows; other stores allow no more. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[\w.!'()*/-]*$/;

/** @throws AppError 'bad-input' saying what is wrong with the address. */
export function parseBucketUrl(text: string): BucketPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 's3:')
    throw new AppError('bad-input', `blocks lie in a folder or at ${FORM}, not at ${text}`);
  if (url.username !== '' || url.password !== '') {
    throw new AppError(
      'bad-input',
      'an S3 address holds no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead',
    );
  }
  if (!BUCKET.test(url.host))
    throw new AppError('bad-input', `"${url.host}" cannot be the name of a bucket (${FORM})`);
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'endpoint' && name !== 'region');
  if (unknown !== undefined || url.hash !== '') {
    throw new AppError('bad-input', `an S3 address knows no "${unknown ?? url.hash}" (${FORM})`);
  }
  const prefix = url.pathname.split('/').filter(Boolean).join('/');
  if (!PREFIX.test(prefix))
    throw new AppError('bad-input', `the prefix "${prefix}" holds characters that not every store takes`);
  return {
    bucket: url.host,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint: endpointOf(url.searchParams.get('endpoint')),
    region: url.searchParams.get('region') ?? undefined,
  };
}

function endpointOf(text: string | null): string | undefined {
  if (text === null) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:')
    return (url.origin + url.pathname).replace(/\/+$/, '');
  throw new AppError('bad-input', `endpoint is an http or https address, not "${text}"`);
}
