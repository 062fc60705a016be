#!/usr/bin/env node
import { runPlugin } from './plugin.js';
import { runMain } from './run-main.js';

runMain('docker', () => runPlugin(process.argv.slice(2)));
