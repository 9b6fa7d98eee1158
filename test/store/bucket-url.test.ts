import { describe, expect, it } from 'vitest';
import { parseBucketUrl } from '../../src/store/bucket-url.ts';

describe('An S3 address', () => {
  it.each([
    ['s3://blocks', { bucket: 'blocks', prefix: '', endpoint: undefined, region: undefined }],
    ['s3://blocks/', { bucket: 'blocks', prefix: '', endpoint: undefined, region: undefined }],
    [
      's3://my.blocks-1/a//b/?region=eu-central-1',
      { bucket: 'my.blocks-1', prefix: 'a/b/', endpoint: undefined, region: 'eu-central-1' },
    ],
    [
      's3://blocks/x?endpoint=https://minio.example:9000/&region=r',
      { bucket: 'blocks', prefix: 'x/', endpoint: 'https://minio.example:9000', region: 'r' },
    ],
  ])('%s is read', (text, place) => {
    expect(parseBucketUrl(text)).toEqual(place);
  });

  it.each([
    ['http://blocks/x', 'a folder or at s3://'],
    ['s3:/blocks', 'cannot be the name of a bucket'],
    ['s3://', 'cannot be the name of a bucket'],
    ['s3://Blocks', 'cannot be the name of a bucket'],
    ['s3://key:secret@blocks/x', 'holds no credentials'],
    ['s3://blocks/x?secret=1', 'knows no "secret"'],
    ['s3://blocks/x#y', 'knows no "#y"'],
    ['s3://blocks/a%00b', 'characters that not every store takes'],
    ['s3://blocks?endpoint=minio:9000', 'endpoint is an http or https address'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseBucketUrl(text)).toThrow(reason);
  });
});
