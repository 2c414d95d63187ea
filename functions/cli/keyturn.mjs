#!/usr/bin/env node
import { bundle } from './bundle.mjs';

await import(await bundle('functions/cli/main.ts'));
