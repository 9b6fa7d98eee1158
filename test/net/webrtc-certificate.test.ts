import { X509Certificate, createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { certificateServes, createCertificate, readCertificate } from '../../src/net/webrtc-certificate.ts';

const NOW = Date.UTC(2027, 1, 3, 4, 5, 6);
const YEAR = 365 * 24 * 60 * 60 * 1000;

describe('the certificate of a webrtc-direct listener', () => {
  it('is one that another reader of X.509 accepts, signed by the key beside it', async () => {
    // Leading zeros and high bits of r and s come and go.
    for (let i = 0; i < 40; i++) {
      const kept = readCertificate(await createCertificate(NOW));
      const found = new X509Certificate(kept.pem);
      const key = createPrivateKey(kept.privateKey);
      expect(found.verify(found.publicKey)).toBe(true);
      expect(found.checkPrivateKey(key)).toBe(true);
      expect(found.checkIssued(found)).toBe(true);
      expect(found.subject).toBe('CN=tilework');
      expect(found.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
      expect(found.validToDate.getTime()).toBe(kept.expiresMs);
      expect(found.validFromDate.getTime()).toBeLessThan(NOW);
      const digest = found.fingerprint256.replaceAll(':', '').toLowerCase();
      expect(kept.certhash[0]).toBe('u');
      expect(Buffer.from(kept.certhash.slice(1), 'base64url').toString('hex')).toBe(`1220${digest}`);
    }
  });

  it('serves until a year before it expires', async () => {
    const bytes = await createCertificate(NOW);
    const { expiresMs } = readCertificate(bytes);
    expect(expiresMs - NOW).toBe(5 * YEAR);
    expect(certificateServes(bytes, NOW)).toBe(true);
    expect(certificateServes(bytes, expiresMs - YEAR - 1)).toBe(true);
    expect(certificateServes(bytes, expiresMs - YEAR)).toBe(false);
    expect(certificateServes(bytes, expiresMs + YEAR)).toBe(false);
  });

  it.each(['', 'null', '{}', '{"privateKey":1}', '-----BEGIN CERTIFICATE-----'])(
    'is refused when the file holds %j',
    (text) => {
      expect(() => readCertificate(utf8.encode(text))).toThrow(
        expect.objectContaining({ code: 'bad-input' }),
      );
    },
  );
});
