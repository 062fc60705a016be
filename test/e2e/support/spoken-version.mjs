// Prints the API version in the last request that a client makes of a daemon that knows nothing:
// `node spoken-version.mjs CLIENT ARGUMENT…`, with HOST among the arguments for the daemon's address.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [client, ...args] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'attestd-version-'));
const socket = join(folder, 'docker.sock');
let version = '';
const server = createServer((request, response) => {
  version = /^\/v(\d+\.\d+)\//.exec(request.url)?.[1] ?? version;
  response.writeHead(request.url.endsWith('/_ping') ? 200 : 404, { 'Api-Version': '1.55', 'Content-Length': 0 });
  response.end();
});
server.listen(socket, () => {
  const end = () => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
    process.stdout.write(version);
  };
  const child = spawn(
    client,
    args.map((argument) => argument.replace('HOST', `unix://${socket}`)),
    { stdio: 'ignore', timeout: 15_000 },
  );
  child.once('error', end);
  child.once('exit', end);
});
