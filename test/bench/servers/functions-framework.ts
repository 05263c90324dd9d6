import { cloudEvent } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { announce } from './announce.ts'

// What it serves a function with, and no less: the server of its own tests is the one that it runs.
cloudEvent('bench', () => undefined)
announce(getTestServer('bench'))
