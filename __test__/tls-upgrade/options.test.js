'use strict';

// Do the options of TLS decide what is offered, what is chosen, and who may come in?

const assert = require('node:assert/strict');
const { constants } = require('node:crypto');
const { test } = require('node:test');

const { TlsUpgrades } = require('../../lib/upgrades/tls');
const { askedProtocols } = require('../../lib/upgrades/asked');
const { CERTIFICATE, answer, ask, fixture, listen, secure } = require('./support');
const { chooseVersion, versionsOf } = require('../../lib/upgrades/tls-versions');

test('the versions that options allow', () => {
  const { SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3 } = constants;

  assert.deepEqual(versionsOf({}), ['TLS/1.3', 'TLS/1.2']);
  assert.deepEqual(versionsOf({ minVersion: 'TLSv1.3' }), ['TLS/1.3']);
  assert.deepEqual(versionsOf({ maxVersion: 'TLSv1.2' }), ['TLS/1.2']);
  assert.deepEqual(versionsOf({ minVersion: 'TLSv1' }), ['TLS/1.3', 'TLS/1.2', 'TLS/1.1', 'TLS/1.0']);
  assert.deepEqual(versionsOf({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }), ['TLS/1.1']);
  assert.deepEqual(versionsOf({ secureProtocol: 'TLSv1_2_method' }), ['TLS/1.2']);
  assert.deepEqual(versionsOf({ secureProtocol: 'TLSv1_server_method' }), ['TLS/1.0']);
  assert.equal(versionsOf({ secureProtocol: 'TLS_server_method' }).length, 4);
  assert.deepEqual(versionsOf({ secureOptions: SSL_OP_NO_TLSv1_3 }), ['TLS/1.2']);
  assert.deepEqual(versionsOf({ secureOptions: SSL_OP_NO_TLSv1_3 | SSL_OP_NO_TLSv1_2 }), []);
  assert.throws(() => new TlsUpgrades({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }), RangeError);
});

test('options without a certificate are wrong before a client finds out', () => {
  assert.throws(() => new TlsUpgrades({}), { name: 'TypeError', message: /"cert" and "key"/ });
  assert.throws(() => new TlsUpgrades({ minVersion: 'TLSv1.2' }), TypeError);
  assert.doesNotThrow(() => new TlsUpgrades({ SNICallback: (_name, done) => done(null, null) }));
});

test('the highest version in both', () => {
  const versions = ['TLS/1.3', 'TLS/1.2'];
  const cases = {
    'TLS/1.2': 'TLS/1.2',
    'tls/1.2, tls/1.3': 'TLS/1.3',
    'TLS/1.0,TLS/1.1,TLS/1.2': 'TLS/1.2',
    'TLS/1.2, TLS/1.2,, ,': 'TLS/1.2',
    'h2c, TLS/1.3': 'TLS/1.3',
    'TLS/1.0': undefined,
    'TLS/1.4': undefined,
    TLS: undefined,
    'TLS/': undefined,
    'TLS/1.3/1': undefined,
    'TLS /1.3': undefined,
    'TLS/1.30': undefined,
    '': undefined
  };

  const choose = (upgrade, connection = 'upgrade') =>
    chooseVersion(askedProtocols({ headers: { connection, upgrade }, httpVersionMinor: 1 }), versions);

  for (const [offered, chosen] of Object.entries(cases)) assert.equal(choose(offered), chosen, offered);
  assert.equal(choose(undefined), undefined);
  assert.equal(choose('TLS/1.2', 'keep-alive'), undefined);
  assert.equal(choose(`${'x/1, '.repeat(1000)}TLS/1.2`), undefined);
});

/** Asks for some versions. */
const asking = (versions) => `GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${versions}\r\n\r\n`;

test('the answer names the highest version, and what is not possible is ignored', async (t) => {
  const { port } = await listen(t, { maxVersion: 'TLSv1.2' });
  const { client, head } = await ask(t, port, asking('TLS/1.3, TLS/1.2, TLS/1.1'));

  assert.match(head, /\r\nUpgrade: TLS\/1\.2, HTTP\/1\.1\r\n/);
  assert.equal((await answer(await secure(client))).body.protocol, 'TLSv1.2');

  const { head: ordinary } = await ask(t, port, asking('TLS/1.3'));

  assert.match(ordinary, /^HTTP\/1\.1 200 /);
});

test('the handshake does not go above the version that was named', async (t) => {
  for (const options of [{}, { secureProtocol: 'TLS_method' }]) {
    const { port } = await listen(t, options);

    for (const [named, spoken] of [
      ['TLS/1.2', 'TLSv1.2'],
      ['TLS/1.3', 'TLSv1.3']
    ]) {
      const { client, head } = await ask(t, port, asking(named));

      assert.ok(head.includes(`\r\nUpgrade: ${named}, HTTP/1.1\r\n`));
      assert.equal((await answer(await secure(client))).body.protocol, spoken);
    }
  }

  assert.throws(() => new TlsUpgrades({ cert: 'none' }));
});

test('inside TLS it is not offered again', async (t) => {
  const { port } = await listen(t);
  const { client } = await ask(t, port);
  const secured = await secure(client);

  await answer(secured);
  secured.write(asking('TLS/1.3'));
  const { body, status } = await answer(secured);

  assert.equal(status, 200);
  assert.equal(body.encrypted, true);
});

test('client certificates', async (t) => {
  const ca = fixture('localhost-cert.pem');
  const { port: asks } = await listen(t, { ca, requestCert: true, rejectUnauthorized: false });
  const { body: known } = await answer(await secure((await ask(t, asks)).client, CERTIFICATE));

  assert.equal(known.authorized, true);
  assert.equal(known.peer, 'localhost');

  const { body: unknown } = await answer(await secure((await ask(t, asks)).client));

  assert.equal(unknown.authorized, false);
  assert.equal(unknown.encrypted, true);
  assert.equal(unknown.authorizationError, 'UNABLE_TO_GET_ISSUER_CERT');

  const { outcomes, port: insists } = await listen(t, { ca, requestCert: true, maxVersion: 'TLSv1.2' });
  const { body } = await answer(await secure((await ask(t, insists)).client, CERTIFICATE));

  assert.equal(body.authorized, true);
  const { client } = await ask(t, insists);

  await assert.rejects(secure(client));
  assert.ok((await outcomes[1]) instanceof Error);
});

test('server names and resumed sessions', async (t) => {
  const names = [];
  const { port } = await listen(t, {
    SNICallback(name, done) {
      names.push(name);
      done(null);
    }
  });
  const first = await secure((await ask(t, port)).client, { servername: 'a.test', maxVersion: 'TLSv1.2' });

  await answer(first);
  const session = first.socket.getSession();
  const second = await secure((await ask(t, port)).client, { servername: 'a.test', maxVersion: 'TLSv1.2', session });

  assert.equal((await answer(second)).status, 200);
  assert.equal(second.socket.isSessionReused(), true);
  assert.deepEqual([...new Set(names)], ['a.test']);
});
