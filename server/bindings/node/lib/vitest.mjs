import { afterAll, afterEach, beforeEach } from 'vitest'
import testing from './testing.js'

const framework = { beforeEach, afterEach: (hook) => afterEach(({ task }) => hook(task.result?.state === 'fail')), after: afterAll }

export const useServer = (options) => testing.useServer(framework, options)
