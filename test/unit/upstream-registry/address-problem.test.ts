import { describe, expect, it } from '@jest/globals';

import { addressProblem } from '../../../src/upstream-registry/address/address-problem.js';

const never = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '169.254.0.1',
  '169.254.255.255',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'ff02::1',
  'fd00:ec2::254',
  'FD00:0EC2:0:0:0:0:0:254',
  'fd20:ce::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  '::169.254.169.254',
  '::ffff:0:169.254.169.254',
  '64:ff9b::169.254.169.254',
  '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '2001:0:4136:e378:8000:63bf:5601:5601',
];

const privateOnly = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '198.18.0.1',
  '::1',
  '0:0:0:0:0:0:0:1',
  'fc00::1',
  'fd12:3456::1',
  'fec0::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.0.0.1',
  '64:ff9b::10.0.0.1',
  '2002:c0a8:101::1',
];

const open = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '169.253.255.255',
  '169.255.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2001:db8::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
];

describe('addresses that stored servers may live at', () => {
  it.each(never)('%s: never', (ip) => {
    expect(addressProblem(ip, true)).toMatch(/link-local, metadata or reserved/);
    expect(addressProblem(ip, false)).toMatch(/link-local, metadata or reserved/);
  });

  it.each(privateOnly)('%s: only where private ones may be', (ip) => {
    expect(addressProblem(ip, true)).toBeNull();
    expect(addressProblem(ip, false)).toMatch(/private or loopback/);
  });

  it.each(open)('%s: always', (ip) => {
    expect(addressProblem(ip, true)).toBeNull();
    expect(addressProblem(ip, false)).toBeNull();
  });

  it.each(['', 'localhost', '1.1.1', '1.1.1.1.1', '[::1]', '0x7f000001', '2130706433', ':::', '1.1.1.1 '])(
    '%j is no address, so nothing may be there',
    (text) => {
      expect(addressProblem(text, true)).toBe('is not an IP address');
    },
  );
});
