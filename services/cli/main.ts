#!/usr/bin/env node
import { runCli } from './run-cli.js'
import { watchProcess } from './terminal.js'

process.exitCode = await runCli(process.argv.slice(2), watchProcess(process))
