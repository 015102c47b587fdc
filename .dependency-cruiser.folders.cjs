const { options } = require('./.dependency-cruiser.cjs');

/**
 * Rules for folders. A check of its own, because it leaves out the specs: a spec may use a neighbouring folder to set
 * its scene, and the folders of the service are to be judged without it.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: 'no-folder-cycle',
      comment:
        'Folders that import each other cannot be understood or moved one without the other. Move the file that closes the cycle to the folder that it belongs to.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
  ],
  options: { ...options, exclude: { path: '\\.spec\\.ts$' } },
};
