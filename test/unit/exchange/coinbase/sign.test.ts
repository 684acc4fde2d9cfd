/** Signatures, against vectors that were made by hand, and what keeps the key to ourselves. */

import { describe, expect, test } from 'vitest';
import { redactSecrets } from '../../../../logger/exchange/coinbase/secrets.ts';
import {
  signature,
  signedFields,
  signedHeaders,
} from '../../../../logger/exchange/coinbase/sign.ts';
import { CREDENTIALS } from '../../../support/coinbase-frames.ts';

const AT_US = 1_700_000_000_999_999;
const LOGIN = 'VWEblJISZzHK29JLE7EP1VNXMFU1COxq3vybOn3OVEk=';
const BOOK = 'FLuklR3SsQ1cdK4rG7B6UHe/ReCPwjZ156h0c5dlAwQ=';

describe('signatures', () => {
  test.each([
    ['/users/self/verify', LOGIN],
    ['/products/BTC-USD/book?level=3', BOOK],
  ])('%s is signed as the vector says', (path, expected) => {
    expect(signature(CREDENTIALS.secret, '1700000000', path)).toBe(expected);
  });

  test('a subscription carries the very timestamp that was signed, and never the secret', () => {
    expect(signedFields(CREDENTIALS, AT_US)).toEqual({
      key: CREDENTIALS.key,
      passphrase: CREDENTIALS.passphrase,
      timestamp: '1700000000',
      signature: LOGIN,
    });
  });

  test('the query belongs to the path of a signed request', () => {
    expect(signedHeaders(CREDENTIALS, AT_US, '/products/BTC-USD/book?level=3')).toEqual({
      'cb-access-key': CREDENTIALS.key,
      'cb-access-sign': BOOK,
      'cb-access-timestamp': '1700000000',
      'cb-access-passphrase': CREDENTIALS.passphrase,
    });
  });
});

describe('words of the exchange', () => {
  test('key, secret, passphrase and signature are taken out', () => {
    const { key, secret, passphrase } = CREDENTIALS;
    const said = `bad key ${key}, secret ${secret}, pass ${passphrase}, signature ${LOGIN}, twice ${key}`;
    expect(redactSecrets(said, CREDENTIALS)).toBe(
      'bad key ***, secret ***, pass ***, signature ***, twice ***',
    );
  });

  test('without credentials they stay as they are', () => {
    expect(redactSecrets('all is well', null)).toBe('all is well');
  });
});
