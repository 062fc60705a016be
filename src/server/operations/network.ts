import { parseFilters } from '../../engine/filters.js';
import { connectContainer, disconnectContainer } from '../../engine/networks/connect.js';
import { type EndpointSettings, endpointSettingsType } from '../../engine/networks/endpoint.js';
import { type CreateNetworkRequest, createNetworkType } from '../../engine/networks/network.js';
import {
  createNetwork,
  inspectNetwork,
  listNetworks,
  pruneNetworks,
  removeNetwork,
} from '../../engine/networks/operations.js';
import { isAtLeast } from '../../engine/versions.js';
import { zero } from '../../support/go/json/decode.js';
import { goBool, goString, pointer, struct } from '../../support/go/json.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers } from '../operation.js';

interface ConnectRequest {
  Container: string;
  EndpointConfig?: EndpointSettings;
}

const connectType = struct<ConnectRequest>('network.ConnectRequest', {
  Container: goString,
  'EndpointConfig?': pointer(endpointSettingsType),
});

interface DisconnectRequest {
  Container: string;
  Force: boolean;
}

const disconnectType = struct<DisconnectRequest>('network.DisconnectRequest', { Container: goString, Force: goBool });

/** Network operations (docs/reference/behavior/networks.md#networks). */
export const handlers = {
  async NetworkList(request, context) {
    const filters = parseFilters((await request.query()).filters);
    return { kind: 'json', value: await listNetworks(context, filters) };
  },

  async NetworkInspect(request, context) {
    const { scope } = await request.query();
    // dockerd refuses a malformed flag here, so the engine gets its text.
    const verbose = (await request.form()).get('verbose');
    const options = { apiVersion: request.apiVersion, verbose, scope };
    return { kind: 'json', value: inspectNetwork(context, request.params.id, options) };
  },

  async NetworkCreate(request, context) {
    const wanted = await readJson(request, createNetworkType, () => zero(createNetworkType) as CreateNetworkRequest);
    return { kind: 'json', status: 201, value: createNetwork(context, wanted, request.apiVersion) };
  },

  async NetworkDelete(request, context) {
    removeNetwork(context, request.params.id);
    return { kind: 'empty', status: 204 };
  },

  async NetworkConnect(request, context) {
    const wanted = await readJson(request, connectType, (): ConnectRequest => ({ Container: '' }));
    const { Container: name, EndpointConfig: endpoint } = wanted;
    if (endpoint !== undefined && !isAtLeast(request.apiVersion, '1.54')) endpoint.MacAddress = '';
    connectContainer(context, request.params.id, name, endpoint);
    return { kind: 'empty' };
  },

  async NetworkDisconnect(request, context) {
    const wanted = await readJson(request, disconnectType, () => ({ Container: '', Force: false }));
    disconnectContainer(context, request.params.id, wanted.Container, wanted.Force);
    return { kind: 'empty' };
  },

  async NetworkPrune(request, context) {
    const filters = parseFilters((await request.query()).filters);
    return { kind: 'json', value: pruneNetworks(context, filters) };
  },
} satisfies DescribedHandlers;
