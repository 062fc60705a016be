import { expect } from 'chai';
import type { NetworkView } from '../../../../src/support/sandbox/types.js';
import { container, run } from '../support.js';

/** As a container of two networks saw it: eth1 is in one with IPv6. */
const network: NetworkView = {
  resolver: '127.0.0.11',
  interfaces: () => [
    {
      name: 'eth0',
      index: 2,
      peer: 9,
      mac: '06:85:35:6d:b7:62',
      mtu: 1500,
      ipv4: { address: '172.18.0.4', bits: 16, base: '172.18.0.0', last: '172.18.255.255' },
    },
    {
      name: 'eth1',
      index: 3,
      peer: 10,
      mac: '06:fe:0f:da:77:bd',
      mtu: 1500,
      ipv4: { address: '172.19.0.3', bits: 16, base: '172.19.0.0', last: '172.19.255.255' },
      ipv6: {
        address: 'fd6e:5c5:5a1e::3',
        bits: 64,
        base: 'fd6e:5c5:5a1e::',
        last: 'fd6e:5c5:5a1e::ffff:ffff:ffff:ffff',
      },
      gateway4: '172.19.0.1',
      gateway6: 'fd6e:5c5:5a1e::1',
    },
  ],
  resolve: (name) => (name === 'aa' ? ['172.18.0.2'] : []),
  nameOf: (address) => (address === '172.18.0.2' ? 'aa.n1' : undefined),
  answers: (address) => ['172.18.0.1', '172.18.0.2', '172.19.0.1'].includes(address),
  listening: (address) => (address === '172.18.0.2' ? [80] : undefined),
};

/** What was seen of busybox 1.38 in a container of dockerd 29.7.2. */
const seen: readonly (readonly [command: string, code: number, output: string])[] = [
  [
    'ip a',
    0,
    `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host\x20
       valid_lft forever preferred_lft forever
2: eth0@if9: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue\x20
    link/ether 06:85:35:6d:b7:62 brd ff:ff:ff:ff:ff:ff
    inet 172.18.0.4/16 brd 172.18.255.255 scope global eth0
       valid_lft forever preferred_lft forever
3: eth1@if10: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue\x20
    link/ether 06:fe:0f:da:77:bd brd ff:ff:ff:ff:ff:ff
    inet 172.19.0.3/16 brd 172.19.255.255 scope global eth1
       valid_lft forever preferred_lft forever
    inet6 fd6e:5c5:5a1e::3/64 scope global flags 02\x20
       valid_lft forever preferred_lft forever
    inet6 fe80::4fe:fff:feda:77bd/64 scope link\x20
       valid_lft forever preferred_lft forever
`,
  ],
  [
    'ip -o link show eth1',
    0,
    '3: eth1@if10: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue \\    link/ether 06:fe:0f:da:77:bd brd ff:ff:ff:ff:ff:ff\n',
  ],
  [
    'ip -4 -o a',
    0,
    `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: eth0    inet 172.18.0.4/16 brd 172.18.255.255 scope global eth0\\       valid_lft forever preferred_lft forever
3: eth1    inet 172.19.0.3/16 brd 172.19.255.255 scope global eth1\\       valid_lft forever preferred_lft forever
`,
  ],
  [
    'ip -6 addr',
    0,
    `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qlen 1000
    inet6 ::1/128 scope host\x20
       valid_lft forever preferred_lft forever
3: eth1@if10: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500\x20
    inet6 fd6e:5c5:5a1e::3/64 scope global flags 02\x20
       valid_lft forever preferred_lft forever
    inet6 fe80::4fe:fff:feda:77bd/64 scope link\x20
       valid_lft forever preferred_lft forever
`,
  ],
  [
    'ip r',
    0,
    `default via 172.19.0.1 dev eth1\x20
172.18.0.0/16 dev eth0 scope link  src 172.18.0.4\x20
172.19.0.0/16 dev eth1 scope link  src 172.19.0.3\x20
`,
  ],
  [
    'ip -6 route',
    0,
    `fd6e:5c5:5a1e::/64 dev eth1  metric 256\x20
fe80::/64 dev eth1  metric 256\x20
default via fd6e:5c5:5a1e::1 dev eth1  metric 1024\x20
`,
  ],
  ['ip route get 1.1.1.1', 0, '1.1.1.1 via 172.19.0.1 dev eth1  src 172.19.0.3 \n    cache \n'],
  ['ip r get 172.18.0.2', 0, '172.18.0.2 dev eth0  src 172.18.0.4 \n    cache \n'],
  ['ip neigh', 0, ''],
  ['ip link show nosuch', 2, "ip: can't find device 'nosuch'\n"],
  ['ip addr show dev nosuch', 1, "ip: can't find device 'nosuch'\n"],
  ['ip addr show dev', 1, 'ip: command line is not complete, try "help"\n'],
  ['ip l l', 2, "ip: invalid argument 'l' to 'ip'\n"],
  ['ip addr add 1.2.3.4/24 dev eth0', 2, 'ip: RTNETLINK answers: Operation not permitted\n'],
  ['ip link set eth0 down', 2, 'ip: SIOCSIFFLAGS: Operation not permitted\n'],
  ['nslookup nosuch', 1, "** server can't find nosuch: SERVFAIL\n\n** server can't find nosuch: SERVFAIL\n\n"],
  ['nslookup -type=a aa', 0, 'Non-authoritative answer:\nName:\taa\nAddress: 172.18.0.2\n\n'],
  ['nslookup 172.18.0.2', 0, 'Non-authoritative answer:\n2.0.18.172.in-addr.arpa\tname = aa.n1\n\n'],
  ['ping -c 1 nosuch', 1, "ping: bad address 'nosuch'\n"],
  ['ping -c x aa', 1, "ping: invalid number 'x'\n"],
  ['nc -z aa 80', 0, ''],
  ['nc -z aa 81', 1, 'nc: aa (172.18.0.2:81): Connection refused\n'],
];
const server = 'Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n\n';

describe('Programs that look at networks', () => {
  for (const [command, code, output] of seen)
    it(`print what was seen of them: ${command}`, async () => {
      const found = await run(command.split(' '), { in: await container({ network }) });
      expect(found.code, found.stderr).to.equal(code);
      expect((found.stdout + found.stderr).replace(server, '')).to.equal(output);
    });

  it('ping what answers, and count what does not', async () => {
    const box = await container({ network });
    const answered = box.start(['sh', '-c', 'ping -c 2 aa; ping -q -c 1 -W 1 172.18.0.77; echo $?']);
    await box.clock.advance(1000);
    await box.clock.advance(1000);
    await answered.exit;
    expect(answered.stdout.replace(/\d+\.\d{3}/g, 'T')).to.equal(`PING aa (172.18.0.2): 56 data bytes
64 bytes from 172.18.0.2: seq=0 ttl=64 time=T ms
64 bytes from 172.18.0.2: seq=1 ttl=64 time=T ms

--- aa ping statistics ---
2 packets transmitted, 2 packets received, 0% packet loss
round-trip min/avg/max = T/T/T ms
PING 172.18.0.77 (172.18.0.77): 56 data bytes

--- 172.18.0.77 ping statistics ---
1 packets transmitted, 0 packets received, 100% packet loss
1
`);
  });

  it('find no way out without a network', async () => {
    const found = await run(['ping', '-c', '1', '1.1.1.1'], { in: await container() });
    expect([found.code, found.stderr]).to.deep.equal([1, 'ping: sendto: Network is unreachable\n']);
  });

  it('count nothing in /proc/net', async () => {
    const { stdout } = await run(['sh', '-c', 'cut -d: -f1 /proc/net/dev | tail -n 3; tail -n +2 /proc/net/route'], {
      in: await container({ network }),
    });
    expect(stdout.split('\n').map((line) => line.trim())).to.deep.equal([
      'lo',
      'eth0',
      'eth1',
      'eth1\t00000000\t010013AC\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
      'eth1\t000013AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
      '',
    ]);
  });
});
