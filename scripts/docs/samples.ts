/** Request samples of the reference: curl, dockerode, docker-py. */

import type { Description, Json, Parameter, Schema } from '../../src/spec/document.js';
import { exampleOf } from '../../src/spec/example.js';
import type { LocatedOperation } from '../../src/spec/operations.js';
import { type Html, html } from '../../src/support/foundation/html.js';
import { code } from './html.js';

/**
 * Methods of the two libraries by operation, with their objects: dockerode's after `docker.`, docker-py's after `client.` of an
 * APIClient. NAME, PATH and such stand for values. Operations that a library has no method for are sent by its connection.
 */
export const methods: Readonly<Record<string, readonly [dockerode: string, dockerPy: string]>> = {
  ContainerList: ['listContainers({ all: true })', 'containers(all=True)'],
  ContainerCreate: ["createContainer({ name: 'NAME', Image: 'IMAGE' })", "create_container('IMAGE', name='NAME')"],
  ContainerInspect: ["getContainer('ID').inspect()", "inspect_container('ID')"],
  ContainerTop: ["getContainer('ID').top()", "top('ID')"],
  ContainerLogs: ["getContainer('ID').logs({ stdout: true, stderr: true })", "logs('ID')"],
  ContainerChanges: ["getContainer('ID').changes()", "diff('ID')"],
  ContainerExport: ["getContainer('ID').export()", "export('ID')"],
  ContainerStats: ["getContainer('ID').stats({ stream: false })", "stats('ID', stream=False)"],
  ContainerResize: ["getContainer('ID').resize({ h: 24, w: 80 })", "resize('ID', 24, 80)"],
  ContainerStart: ["getContainer('ID').start()", "start('ID')"],
  ContainerStop: ["getContainer('ID').stop()", "stop('ID')"],
  ContainerRestart: ["getContainer('ID').restart()", "restart('ID')"],
  ContainerKill: ["getContainer('ID').kill()", "kill('ID')"],
  ContainerUpdate: ["getContainer('ID').update({ Memory: 67108864 })", "update_container('ID', mem_limit='64m')"],
  ContainerRename: ["getContainer('ID').rename({ name: 'NAME' })", "rename('ID', 'NAME')"],
  ContainerPause: ["getContainer('ID').pause()", "pause('ID')"],
  ContainerUnpause: ["getContainer('ID').unpause()", "unpause('ID')"],
  ContainerWait: ["getContainer('ID').wait()", "wait('ID')"],
  ContainerDelete: ["getContainer('ID').remove()", "remove_container('ID')"],
  ContainerArchive: ["getContainer('ID').getArchive({ path: 'PATH' })", "get_archive('ID', 'PATH')"],
  ContainerPrune: ['pruneContainers()', 'prune_containers()'],
  ContainerExec: ["getContainer('ID').exec({ Cmd: ['id'] })", "exec_create('ID', ['id'])"],
  ExecInspect: ["getExec('ID').inspect()", "exec_inspect('ID')"],
  ImageList: ['listImages()', 'images()'],
  ImageInspect: ["getImage('NAME').inspect()", "inspect_image('NAME')"],
  ImageHistory: ["getImage('NAME').history()", "history('NAME')"],
  ImagePush: ["getImage('NAME').push({})", "push('NAME')"],
  ImageTag: ["getImage('NAME').tag({ repo: 'REPOSITORY', tag: 'TAG' })", "tag('NAME', 'REPOSITORY', 'TAG')"],
  ImageDelete: ["getImage('NAME').remove()", "remove_image('NAME')"],
  ImageSearch: ["searchImages({ term: 'TERM' })", "search('TERM')"],
  ImagePrune: ['pruneImages()', 'prune_images()'],
  ImageGet: ["getImage('NAME').get()", "get_image('NAME')"],
  ImageLoad: ["loadImage('FILE.tar')", "load_image(open('FILE.tar', 'rb'))"],
  BuildPrune: ['pruneBuilder()', 'prune_builds()'],
  SystemInfo: ['info()', 'info()'],
  SystemVersion: ['version()', 'version()'],
  SystemPing: ['ping()', 'ping()'],
  SystemEvents: ['getEvents()', 'events(decode=True)'],
  SystemDataUsage: ['df()', 'df()'],
  DistributionInspect: ["getImage('NAME').distribution()", "inspect_distribution('NAME')"],
  VolumeList: ['listVolumes()', 'volumes()'],
  VolumeCreate: ["createVolume({ Name: 'NAME' })", "create_volume('NAME')"],
  VolumeInspect: ["getVolume('NAME').inspect()", "inspect_volume('NAME')"],
  VolumeDelete: ["getVolume('NAME').remove()", "remove_volume('NAME')"],
  VolumePrune: ['pruneVolumes()', 'prune_volumes()'],
  NetworkList: ['listNetworks()', 'networks()'],
  NetworkInspect: ["getNetwork('ID').inspect()", "inspect_network('ID')"],
  NetworkDelete: ["getNetwork('ID').remove()", "remove_network('ID')"],
  NetworkCreate: ["createNetwork({ Name: 'NAME' })", "create_network('NAME')"],
  NetworkPrune: ['pruneNetworks()', 'prune_networks()'],
};

const placeholder = (name: string): string => name.toUpperCase();

/** The path with placeholders, and the parameters of the query that are required. */
function target({ path, operation }: LocatedOperation): string {
  const query = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name }) => `${name}=${placeholder(name)}`);
  const filled = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => placeholder(name));
  return `${filled}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** The body that a request needs: an example, a file, or none. */
function bodyOf({ operation }: LocatedOperation, description: Description): { json?: Json; file?: string } {
  const body: Parameter | undefined = operation.parameters?.find((parameter) => parameter.in === 'body');
  if (body === undefined || !body.required) return {};
  const schema: Schema = body.schema ?? {};
  if (schema.type === 'string') return { file: 'FILE' };
  return { json: exampleOf(schema, description.definitions) };
}

function curl(located: LocatedOperation, description: Description): string {
  const { method } = located;
  const { json, file } = bodyOf(located, description);
  const verb = method === 'get' ? [] : method === 'head' ? ['--head'] : [`--request ${method.toUpperCase()}`];
  const data =
    file !== undefined
      ? [`--data-binary @${file}`]
      : json === undefined
        ? []
        : ["--header 'Content-Type: application/json'", `--data '${JSON.stringify(json).replaceAll("'", "'\\''")}'`];
  const url = `'http://localhost${description.basePath ?? ''}${target(located)}'`;
  return ['curl --unix-socket /var/run/docker.sock', ...verb, ...data, url].join(' \\\n  ');
}

function dockerode(located: LocatedOperation): string {
  const known = methods[located.operation.operationId];
  const head = "import Docker from 'dockerode';\n\nconst docker = new Docker();\n";
  if (known) return `${head}console.log(await docker.${known[0]});`;
  const statuses = Object.keys(located.operation.responses).filter((status) => Number(status) < 400);
  const options = [
    `path: '${target(located)}${target(located).includes('?') ? '' : '?'}'`,
    `method: '${located.method.toUpperCase()}'`,
    `statusCodes: { ${statuses.map((status) => `${status}: true`).join(', ')} }`,
  ];
  return `${head}docker.modem.dial({ ${options.join(', ')} }, (error, answer) => console.log(error ?? answer));`;
}

function dockerPy(located: LocatedOperation, { basePath = '' }: Description): string {
  const known = methods[located.operation.operationId];
  const head = "import docker\n\nclient = docker.APIClient(version='auto')\n";
  if (known) return `${head}print(client.${known[1]})`;
  return `${head}print(client.${located.method}(client.base_url + '${basePath}${target(located)}').text)`;
}

/**
 * The samples of an operation, folded.
 *
 * @param located the operation
 * @param description what it is from
 */
export function samples(located: LocatedOperation, description: Description): Html {
  const id = located.operation.operationId;
  const all: [string, string][] = [
    ['curl', curl(located, description)],
    ['dockerode', dockerode(located)],
    ['docker-py', dockerPy(located, description)],
  ];
  return html`<details class="samples"><summary>Request samples</summary>${all.map(
    ([name, text]) => html`<p class="type">${name}</p>${code(text, `${id} with ${name}`)}`,
  )}</details>`;
}
