import { expect } from 'chai';
import { curlOf } from '../../../src/conformance/report/curl.js';

describe('an exchange as a command', () => {
  it('asks the same of the same daemon', () => {
    expect(curlOf({ request: 'GET /v1.55/images/json?all=1', requestHeaders: {} }, 'unix:///run/docker.sock')).to.equal(
      "curl -s -i --unix-socket /run/docker.sock 'http://localhost/v1.55/images/json?all=1'",
    );
    expect(curlOf({ request: 'HEAD /_ping', requestHeaders: {} }, 'tcp://box:2375')).to.equal(
      'curl -s -i -I http://box:2375/_ping',
    );
  });

  it('sends headers and a short body, quoted for a shell', () => {
    const exchange = {
      request: 'POST /v1.55/containers/create',
      requestHeaders: { 'Content-Type': 'application/json' },
      requestBody: { bytes: 18, sha256: '', text: '{"Cmd":["it\'s"]}' },
    };
    expect(curlOf(exchange, 'unix:///d.sock')).to.equal(
      `curl -s -i --unix-socket /d.sock -X POST -H 'Content-Type: application/json' --data-binary '{"Cmd":["it'\\''s"]}' http://localhost/v1.55/containers/create`,
    );
  });

  it('names a file for a body that the report does not hold', () => {
    const exchange = { request: 'POST /images/load', requestHeaders: {}, requestBody: { bytes: 9999, sha256: '' } };
    expect(curlOf(exchange, 'unix:///d.sock')).to.contain('--data-binary @FILE');
  });
});
