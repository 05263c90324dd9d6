/** What the suite asks of the registries; nothing of it is kept in the repository. */

/** Of PyPI: the client of the API and the framework of synchronizers, as they were last released. */
export const pythonPackages = ['xosapi==4.0.4', 'xossynchronizer==4.0.4'] as const

/**
 * What has to be there before: the Twisted of that time is built with whichever `incremental` there is, and those from
 * 22 on do not run on Python 2.7.
 */
export const pythonFirst = ['incremental<22'] as const

/** The last one that makes environments of Python 2.7 while it runs on it. */
export const virtualenv = 'virtualenv<20.16'

export const goModule = 'github.com/opencord/cordctl'
export const goVersion = 'v1.1.5'
