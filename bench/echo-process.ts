/** Sends back what it receives over its channel: what a hop between two processes takes at least. */

process.on('message', (message) => process.send?.(message));
