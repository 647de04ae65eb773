'use strict';

// How much CPU time has the JS thread used? Exact where the system tells, otherwise the time the event loop was not idle.

const fs = require('fs');
const { performance } = require('perf_hooks');

const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;

/**
 * Linux counts nanoseconds per thread; newer Node versions ask the system themselves.
 *
 * @return {Number} Microseconds
 * @public
 */
function threadTime() {
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  }
  if (process.platform === 'linux') return Number(fs.readFileSync(SCHEDSTAT, 'latin1').split(' ')[0]) / 1000;
  return performance.eventLoopUtilization().active * 1000;
}

module.exports = threadTime;
