#!/usr/bin/env node
await import("@evercache/cli/main");
