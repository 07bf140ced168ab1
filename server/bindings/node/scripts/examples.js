#!/usr/bin/env node
'use strict'

/** Writes the examples of a page to files, so that they can be run: examples.js PAGE FOLDER. A line before each names its file. */

const fs = require('node:fs')
const path = require('node:path')

const [page, folder] = process.argv.slice(2)
const examples = [...fs.readFileSync(page, 'utf8').matchAll(/^`(\S+)`:\n\n```[jt]s\n(.*?)^```$/gms)]
if (examples.length === 0) throw new Error(`${page} has no examples`)
for (const [, name, code] of examples) fs.writeFileSync(path.join(folder, name), code, { flag: 'wx' })
console.log(`${examples.length} examples of ${path.basename(page)}`)
