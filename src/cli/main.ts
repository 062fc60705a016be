#!/usr/bin/env node
import { execute } from './program.js';
import { runMain } from './run-main.js';

runMain('attestd', () => execute(process.argv.slice(2)));
